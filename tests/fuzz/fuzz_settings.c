/* fuzz_settings.c - a configuration file and an argument vector out of any bytes. */
#include "base/settings.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct settings s;
    struct err e = {""};
    settings_init(&s);
    settings_read_text(&s, "fuzz", (const char *)bytes, n, &e);

    char *copy = malloc(n + 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, n);
    copy[n] = 0;
    char *argv[MOST_ARGUMENTS];
    int argc = 0;
    for (char *at = copy; at && argc < MOST_ARGUMENTS;) {
        argv[argc++] = at;
        at = strchr(at, '\n');
        if (at)
            *at++ = 0;
    }
    settings_read_args(&s, argc, argv, 0, &e);
    free(copy);
    settings_free(&s);
    return 0;
}
