/* err.c - one sentence for a person about what could not be set up. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

bool fail(struct err *e, const char *format, ...)
{
    if (!e)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    return false;
}
