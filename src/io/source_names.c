/* source_names.c - names and numbers of interfaces, as the kinds of sources ask for them. */
#include "io/source_names.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned source_interface(const char *spec, char *name)
{
    size_t len = strlen(spec);
    if (len == 0 || strchr(spec, '/'))
        return 0;
    unsigned index = len < IF_NAMESIZE ? if_nametoindex(spec) : 0;
    if (index != 0) {
        memcpy(name, spec, len + 1);
        return index;
    }
    char *end;
    errno = 0;
    unsigned long number = strtoul(spec, &end, 10);
    if (spec[0] < '0' || spec[0] > '9' || *end || errno || number == 0 || number > INT32_MAX)
        return 0;
    return if_indextoname((unsigned)number, name) ? (unsigned)number : 0;
}

bool source_card_drops(const char *name, uint64_t *drops)
{
    FILE *file = fopen("/proc/net/dev", "re");
    if (!file)
        return false;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *colon = strrchr(line, ':');
        if (!colon)
            continue;
        *colon = '\0';
        if (strcmp(line + strspn(line, " "), name) != 0)
            continue;
        /* bytes packets errors drop ... of the receiving side */
        char *at = colon + 1;
        for (int column = 0; column < 4; column++)
            *drops = strtoull(at, &at, 10);
        found = true;
    }
    fclose(file);
    return found;
}
