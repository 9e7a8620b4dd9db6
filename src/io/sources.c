/* sources.c - from what the user wrote behind -i to opened sources. */
#include "io/sources.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

static const struct kind {
    const char *name;
    bool (*takes)(const char *spec);
    bool (*open)(const char *spec, const struct source_options *options, unsigned workers,
                 struct source **out, unsigned *n, struct err *e);
} kinds[] = {
#define SOURCE(name, sentence) {#name, source_##name##_takes, source_##name##_open},
#include "io/sources.def"
#undef SOURCE
};

static const struct kind *kind_of(const char *spec)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].takes(spec))
            return &kinds[i];
    return NULL;
}

void sources_close(struct source **out, unsigned *n)
{
    for (unsigned i = 0; i < *n; i++)
        out[i]->ops->close(out[i]);
    *n = 0;
}

bool source_is_file(const char *spec)
{
    return !strstr(spec, "://") && source_pcap_takes(spec);
}

bool source_file_open(const char *name, const struct source_options *options, unsigned workers,
                      struct source **out, unsigned *n, struct err *e)
{
    struct stat st;
    if (strcmp(name, "-") != 0) {
        if (stat(name, &st) == -1)
            return fail(e, "%s: %s", name, strerror(errno));
        if (S_ISDIR(st.st_mode))
            return fail(e, "%s is a directory; name the capture files in it, as in %s/*.pcap", name,
                        name);
        if (source_ipfix_takes(name))
            return source_ipfix_open(name, options, workers, out, n, e);
    }
    return source_pcap_open(name, options, workers, out, n, e);
}

void source_list_interfaces(struct text *out)
{
    struct if_nameindex *list = if_nameindex();
    if (!list) {
        text_add(out, "none that can be listed");
        return;
    }
    for (const struct if_nameindex *i = list; i->if_index != 0; i++)
        text_printf(out, "%s%u %s", i == list ? "" : ", ", i->if_index, i->if_name);
    if_freenameindex(list);
}

bool source_no_interface(const char *spec, struct err *e)
{
    struct text list = {0};
    source_list_interfaces(&list);
    fail(e, "%s%s: no such interface or file; interfaces are: %s, any",
         spec[0] == '\0' ? "-i ''" : "", spec, list.data ? list.data : "none");
    text_free(&list);
    return false;
}

const char *source_bare_name(const char *spec)
{
    if (!strncmp(spec, "pcap:", 5))
        return spec + 5;
    return strncmp(spec, "xdp:", 4) ? spec : spec + 4;
}

bool source_open(const char *spec, const struct source_options *options, unsigned workers,
                 struct source **out, unsigned *n, struct err *e)
{
    *n = 0;
    if (workers == 0 || workers > SOURCE_WORKERS_MAX)
        return fail(e, "%s: between 1 and %d workers can share it", spec, SOURCE_WORKERS_MAX);
    const struct kind *kind = kind_of(spec);
    if (kind) {
        if (!kind->open(spec, options, workers, out, n, e))
            return false;
        if (*n < workers)
            log_info("%s: read by %u worker%s of %u", spec, *n, *n == 1 ? "" : "s", workers);
        return true;
    }
    return source_no_interface(spec, e);
}
