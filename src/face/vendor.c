/* vendor.c - a sorted table of 24-bit prefixes out of whatever list is installed.
 *
 * Three forms are read: "001122  Name" (nmap), "001122<TAB>Name" (arp-scan) and the IEEE's own
 * "00-11-22   (hex)<TAB><TAB>Name". Other lines are skipped.
 */
#include "face/vendor.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VENDOR_NAME = 44, VENDORS_MAX = 100000 };

struct vendor {
    uint32_t prefix;
    char name[VENDOR_NAME];
};

/* Written once by vendor_load(), then constant. */
static struct vendor *vendors;
static size_t vendor_count;

static bool hex6(const char **at, bool dashes, uint32_t *prefix)
{
    const char *p = *at;
    *prefix = 0;
    for (int i = 0; i < 6; i++) {
        if (dashes && i && i % 2 == 0 && *p++ != '-')
            return false;
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *d = *p ? strchr(digits, *p) : NULL;
        if (!d)
            return false;
        *prefix = *prefix << 4 | (uint32_t)((d - digits) & 15);
        p++;
    }
    *at = p;
    return true;
}

static bool parse_line(char *line, struct vendor *v)
{
    const char *p = line;
    line[strcspn(line, "\r\n")] = 0;
    bool dashes = strlen(line) > 3 && line[2] == '-';
    if (!hex6(&p, dashes, &v->prefix) || (*p != ' ' && *p != '\t'))
        return false;
    p += strspn(p, " \t");
    if (!strncmp(p, "(hex)", 5))
        p += 5;
    p += strspn(p, " \t");
    snprintf(v->name, sizeof v->name, "%.*s", VENDOR_NAME - 1, p);
    return *p && *p != '(';
}

static int compare_vendors(const void *a, const void *b)
{
    uint32_t x = ((const struct vendor *)a)->prefix, y = ((const struct vendor *)b)->prefix;
    return (x > y) - (x < y);
}

static void read_list(FILE *file)
{
    char line[512];
    size_t room = 0;
    while (vendor_count < VENDORS_MAX && fgets(line, sizeof line, file)) {
        if (vendor_count == room) {
            room = room ? room * 2 : 4096;
            struct vendor *more = realloc(vendors, room * sizeof *more);
            if (!more)
                return;
            vendors = more;
        }
        if (parse_line(line, &vendors[vendor_count]))
            vendor_count++;
    }
}

static void load_first_list(void)
{
    static const char *const lists[] = {
        "/usr/share/ieee-data/oui.txt", "/var/lib/ieee-data/oui.txt",
        "/usr/share/arp-scan/ieee-oui.txt", "/usr/share/nmap/nmap-mac-prefixes"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !vendor_count; i++) {
        FILE *file = fopen(lists[i], "re");
        if (!file)
            continue;
        read_list(file);
        fclose(file);
    }
    if (vendor_count)
        qsort(vendors, vendor_count, sizeof *vendors, compare_vendors);
}

void vendor_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_first_list);
}

const char *vendor_find(uint64_t mac)
{
    struct vendor wanted = {.prefix = (uint32_t)(mac >> 24) & 0xffffff};
    bool made_up = mac >> 41 & 1; /* the locally administered bit */
    if (!vendor_count || made_up)
        return "";
    const struct vendor *v =
        bsearch(&wanted, vendors, vendor_count, sizeof *vendors, compare_vendors);
    return v ? v->name : "";
}
