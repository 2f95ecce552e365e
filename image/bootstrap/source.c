#include "image/bootstrap/source.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { SHOWN_MAX = 60 };

bool source_fail(struct source_error *error, size_t offset, const char *format, ...)
{
    if (error->failed)
        return false;
    error->failed = true;
    error->offset = offset;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->sentence, sizeof error->sentence, format, arguments);
    va_end(arguments);
    return false;
}

int source_shown_size(struct text name)
{
    size_t size = name.size < SHOWN_MAX ? name.size : SHOWN_MAX;
    while (size < name.size && size > 0 && ((uint8_t)name.bytes[size] & 0xC0) == 0x80)
        size--;
    return (int)size;
}

void source_position(struct text source, size_t offset, size_t *line, size_t *column)
{
    size_t lines = 1;
    size_t columns = 1;
    for (size_t i = 0; i < offset && i < source.size; i++) {
        char c = source.bytes[i];
        bool before_lf = c == '\r' && i + 1 < source.size && source.bytes[i + 1] == '\n';
        if (c == '\n' || (c == '\r' && !before_lf)) {
            lines++;
            columns = 1;
        } else if (((uint8_t)c & 0xC0) != 0x80) {
            columns++;
        }
    }
    *line = lines;
    *column = columns;
}
