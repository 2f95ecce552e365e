/* What commands print on standard output. */
#ifndef VIV_TOOLS_VIV_PRINTING_H
#define VIV_TOOLS_VIV_PRINTING_H

#include "tools/viv/commands.h"

#include <time.h>

enum { UTC_TEXT_SIZE = 32 };

/* Writes a string in JSON. Control characters and bytes that are not UTF-8 become escapes, so whatever is in a file comes out
 * well formed. */
void print_json_string(const char *text);
void print_json_bytes(const char *bytes, size_t size);

/* Writes a moment as 2026-03-01T14:30:00Z; "?" for one that no calendar has. Answers buffer. */
const char *utc_text(time_t moment, char buffer[UTC_TEXT_SIZE]);

/* Output that did not arrive is a failure of a command whose purpose is output. Answers the exit code. */
int flush_output(struct invocation *invocation);

#endif
