#include "tools/viv/printing.h"

#include "vm/base/utf8.h"

#include <stdio.h>
#include <string.h>

void print_json_bytes(const char *bytes, size_t size)
{
    putchar('"');
    while (size > 0) {
        uint32_t code_point = 0;
        size_t taken = utf8_decode(bytes, size, &code_point);
        unsigned char byte = (unsigned char)*bytes;
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (taken == 0 || code_point < 0x20 || code_point == 0x7F)
            printf("\\u%04x", byte);
        else
            fwrite(bytes, 1, taken, stdout);
        taken += taken == 0;
        bytes += taken;
        size -= taken;
    }
    putchar('"');
}

void print_json_string(const char *text)
{
    print_json_bytes(text, strlen(text));
}

const char *utc_text(time_t moment, char buffer[UTC_TEXT_SIZE])
{
    struct tm parts;
    if (gmtime_r(&moment, &parts) == NULL ||
        strftime(buffer, UTC_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(buffer, UTC_TEXT_SIZE, "?");
    return buffer;
}

int flush_output(struct invocation *invocation)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_OK;
    status_fail(&invocation->status, STATUS_FAILURE, "standard output cannot be written");
    return STATUS_FAILURE;
}
