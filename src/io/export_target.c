/* export_target.c - what one word of --export means. */
#include "io/export_target.h"

#include <stdio.h>
#include <string.h>

struct scheme {
    const char *name;
    enum export_kind kind;
    enum flow_format format; /* 0: the one that was chosen */
    bool is_stream;
    const char *transport; /* ZeroMQ's name of it */
};

static const struct scheme schemes[] = {
    {"netflow5", EXPORT_TO_COLLECTOR, FLOW_NETFLOW5, false, ""},
    {"netflow9", EXPORT_TO_COLLECTOR, FLOW_NETFLOW9, false, ""},
    {"ipfix", EXPORT_TO_COLLECTOR, FLOW_IPFIX, false, ""},
    {"ipfix+udp", EXPORT_TO_COLLECTOR, FLOW_IPFIX, false, ""},
    {"ipfix+tcp", EXPORT_TO_COLLECTOR, FLOW_IPFIX, true, ""},
    {"udp", EXPORT_TO_COLLECTOR, 0, false, ""},
    {"zmq", EXPORT_TO_ZMQ, 0, false, "tcp"},
    {"zmq+tcp", EXPORT_TO_ZMQ, 0, false, "tcp"},
    {"zmq+ipc", EXPORT_TO_ZMQ, 0, false, "ipc"},
    {"tcp", EXPORT_TO_ZMQ, 0, false, "tcp"},
    {"ipc", EXPORT_TO_ZMQ, 0, false, "ipc"},
};

static const struct scheme *find_scheme(const char *word, size_t len)
{
    for (unsigned i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strlen(schemes[i].name) == len && !memcmp(schemes[i].name, word, len))
            return &schemes[i];
    }
    return NULL;
}

/* host:port, [v6]:port. */
static bool split(struct export_target *t, const char *rest, struct err *e)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || colon == rest || !colon[1])
        return fail(e, "%s: a collector is named HOST:PORT", t->name);
    size_t len = (size_t)(colon - rest);
    if (*rest == '[' && colon[-1] == ']') {
        rest++;
        len -= 2;
    } else if (memchr(rest, ':', len)) {
        return fail(e, "%s: an IPv6 address stands in brackets: [::1]:2055", t->name);
    }
    size_t digits = strspn(colon + 1, "0123456789");
    if (colon[1 + digits] || digits > 5 || !len || len >= sizeof t->host)
        return fail(e, "%s: a collector is named HOST:PORT", t->name);
    snprintf(t->host, sizeof t->host, "%.*s", (int)len, rest);
    snprintf(t->port, sizeof t->port, "%s", colon + 1);
    return true;
}

bool export_target_parse(struct export_target *t, const char *word, size_t len,
                         enum flow_format format, struct err *e)
{
    *t = (struct export_target){.kind = EXPORT_TO_COLLECTOR, .format = format};
    if (!len || len >= sizeof t->name - 8)
        return fail(e, "--export: a collector's name is 1 to 247 letters");
    snprintf(t->name, sizeof t->name, "%.*s", (int)len, word);
    const char *mark = strstr(t->name, "://");
    if (!mark)
        return split(t, t->name, e);
    const struct scheme *scheme = find_scheme(t->name, (size_t)(mark - t->name));
    if (!scheme)
        return fail(e,
                    "%s: the word before :// is one of netflow5, netflow9, ipfix, ipfix+tcp, "
                    "zmq+tcp, zmq+ipc",
                    t->name);
    t->kind = scheme->kind;
    t->is_stream = scheme->is_stream;
    t->format = scheme->format ? scheme->format : format;
    if (t->kind == EXPORT_TO_COLLECTOR)
        return split(t, mark + 3, e);
    snprintf(t->endpoint, sizeof t->endpoint, "%s://%.240s", scheme->transport, mark + 3);
    return true;
}
