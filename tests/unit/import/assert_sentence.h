/* How tests of the importer's rules look at a refusal. */
#ifndef VIV_TESTS_UNIT_IMPORT_ASSERT_SENTENCE_H
#define VIV_TESTS_UNIT_IMPORT_ASSERT_SENTENCE_H

#include "vm/base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* The image "tiny.image" is refused for the offset in the file, and the sentence says what was wanted. */
static inline void assert_sentence(const struct status *status, uint64_t offset, const char *wanted)
{
    char start[64];
    snprintf(start, sizeof start, "tiny.image: at offset %llu: ", (unsigned long long)offset);
    if (strncmp(status->sentence, start, strlen(start)) != 0 ||
        strstr(status->sentence, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s… %s\"", status->sentence, start, wanted);
    assert_int_equal(status->code, STATUS_IMAGE);
}

#endif
