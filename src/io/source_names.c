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

/* A number from a file of one line; false when there is none. */
static bool read_number(const char *name, const char *what, uint64_t *value)
{
    char path[128], line[64] = "";
    snprintf(path, sizeof path, "/sys/class/net/%s/%s", name, what);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool good = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (good)
        *value = strtoull(line, NULL, 10);
    return good;
}

bool source_card_drops(const char *name, unsigned ifindex, uint64_t *drops)
{
    uint64_t index;
    /* In a network namespace of its own a process may still see the files of another. */
    return read_number(name, "ifindex", &index) && index == ifindex &&
           read_number(name, "statistics/rx_missed_errors", drops);
}
