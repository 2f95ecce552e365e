#include "vm/base/status.h"

#include <stdarg.h>
#include <stdio.h>

bool status_fail(struct status *status, enum status_code code, const char *format, ...)
{
    if (status->code != STATUS_OK)
        return false;
    status->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(status->sentence, sizeof status->sentence, format, arguments);
    va_end(arguments);
    return false;
}
