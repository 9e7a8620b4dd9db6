/* source_no_xdp.c - what stands for source_xdp.c where libxdp was not there when Weir was built. */
#include <string.h>

#include "io/sources.h"

bool source_xdp_takes(const char *spec)
{
    return !strncmp(spec, "xdp:", 4);
}

bool source_xdp_open(const char *spec, const struct source_options *options, unsigned workers,
                     struct source **out, unsigned *n, struct err *e)
{
    (void)options, (void)workers, (void)out, (void)n;
    return fail(e,
                "%s: this weir was built without AF_XDP; install libxdp-dev and libbpf-dev and "
                "build again, or capture with -i %s",
                spec, spec + 4);
}
