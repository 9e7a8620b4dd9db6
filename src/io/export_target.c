/* export_target.c - what one word of --export means. */
#include "io/export_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORT = 2055 };

enum way { OVER_UDP, OVER_TCP, OVER_FILE, OVER_ZMQ };

struct scheme {
    const char *name;
    enum way way;
    enum flow_format format; /* 0: the one that was chosen */
    const char *transport;   /* ZeroMQ's name of it */
    bool is_json, is_tlv;    /* neither: what was chosen */
};

static const struct scheme schemes[] = {
    {"netflow5", OVER_UDP, FLOW_NETFLOW5, "", false, false},
    {"netflow9", OVER_UDP, FLOW_NETFLOW9, "", false, false},
    {"ipfix", OVER_UDP, FLOW_IPFIX, "", false, false},
    {"ipfix+udp", OVER_UDP, FLOW_IPFIX, "", false, false},
    {"ipfix+tcp", OVER_TCP, FLOW_IPFIX, "", false, false},
    {"ipfix+file", OVER_FILE, FLOW_IPFIX, "", false, false},
    {"file", OVER_FILE, FLOW_IPFIX, "", false, false},
    {"udp", OVER_UDP, 0, "", false, false},
    {"tcp", OVER_TCP, FLOW_IPFIX, "", false, false},
    {"zmq", OVER_ZMQ, 0, "tcp", false, false},
    {"zmq+tcp", OVER_ZMQ, 0, "tcp", false, false},
    {"zmq+json", OVER_ZMQ, 0, "tcp", true, false},
    {"zmq+tlv", OVER_ZMQ, 0, "tcp", false, true},
    {"zmq+ipc", OVER_ZMQ, 0, "ipc", false, false},
};

/* Where endpoints stand. */
static const struct scheme endpoints[] = {
    {"tcp", OVER_ZMQ, 0, "tcp", false, false},
    {"ipc", OVER_ZMQ, 0, "ipc", false, false},
};

static const struct scheme *find_in(const struct scheme *list, unsigned n, const char *word,
                                    size_t len)
{
    for (unsigned i = 0; i < n; i++) {
        if (strlen(list[i].name) == len && !memcmp(list[i].name, word, len))
            return &list[i];
    }
    return NULL;
}

static const struct scheme *find_scheme(const char *word, size_t len, bool is_zmq)
{
    const struct scheme *s =
        is_zmq ? find_in(endpoints, sizeof endpoints / sizeof *endpoints, word, len) : NULL;
    return s ? s : find_in(schemes, sizeof schemes / sizeof *schemes, word, len);
}

static bool fail_name(const struct export_target *t, struct err *e)
{
    return fail(e, "%s: a collector is named HOST:PORT", t->name);
}

static bool is_number(const char *word)
{
    size_t digits = strspn(word, "0123456789");
    return digits && digits <= 5 && !word[digits];
}

static bool set_port(struct export_target *t, const char *digits, struct err *e)
{
    unsigned long port = strtoul(digits, NULL, 10);
    if (!port || port > UINT16_MAX)
        return fail(e, "%s: ports are 1 to 65535", t->name);
    snprintf(t->port, sizeof t->port, "%lu", port);
    return true;
}

/* host:port, [v6]:port, host or port. */
static bool split(struct export_target *t, const char *rest, struct err *e)
{
    snprintf(t->port, sizeof t->port, "%d", DEFAULT_PORT);
    const char *colon = strrchr(rest, ':'), *bracket = strrchr(rest, ']');
    bool has_port = colon && (!bracket || colon > bracket);
    if (is_number(rest)) {
        snprintf(t->host, sizeof t->host, "127.0.0.1");
        return set_port(t, rest, e);
    }
    size_t len = has_port ? (size_t)(colon - rest) : strlen(rest);
    if (has_port && !is_number(colon + 1))
        return fail_name(t, e);
    if (has_port && !set_port(t, colon + 1, e))
        return false;
    if (len > 2 && *rest == '[' && rest[len - 1] == ']') {
        rest++;
        len -= 2;
    } else if (memchr(rest, ':', len)) {
        return fail(e, "%s: an IPv6 address stands in brackets: [::1]:2055", t->name);
    }
    if (!len || len >= sizeof t->host)
        return fail_name(t, e);
    snprintf(t->host, sizeof t->host, "%.*s", (int)len, rest);
    return true;
}

static bool name_file(struct export_target *t, const char *path, struct err *e)
{
    t->kind = EXPORT_TO_FILE;
    t->format = FLOW_IPFIX;
    t->is_stream = true;
    snprintf(t->endpoint, sizeof t->endpoint, "%s", path);
    return *path || fail(e, "%s: which file?", t->name);
}

static bool is_ipfix_path(const char *name)
{
    static const char ending[] = ".ipfix";
    size_t len = strlen(name), end = sizeof ending - 1;
    return len > end && !strcmp(name + len - end, ending);
}

bool export_target_parse(struct export_target *t, const char *word, size_t len,
                         const struct export_defaults *defaults, struct err *e)
{
    *t = (struct export_target){
        .kind = EXPORT_TO_COLLECTOR, .format = defaults->format, .is_json = defaults->is_json};
    if (!len || len >= sizeof t->name - 8)
        return fail(e, "--export: a collector's name is 1 to 247 letters");
    snprintf(t->name, sizeof t->name, "%.*s", (int)len, word);
    const char *mark = strstr(t->name, "://");
    if (!mark && defaults->is_zmq)
        return fail(e, "--zmq %s: an endpoint is written as in tcp://*:5556", t->name);
    if (!mark)
        return is_ipfix_path(t->name) ? name_file(t, t->name, e) : split(t, t->name, e);
    const struct scheme *scheme = find_scheme(t->name, (size_t)(mark - t->name), defaults->is_zmq);
    if (!scheme)
        return fail(e,
                    "%s: the word before :// is one of netflow5, netflow9, ipfix, ipfix+tcp, "
                    "ipfix+file, zmq+tcp, zmq+json, zmq+ipc",
                    t->name);
    t->format = scheme->format ? scheme->format : t->format;
    t->is_stream = scheme->way == OVER_TCP;
    t->is_json = scheme->is_json || (t->is_json && !scheme->is_tlv);
    if (scheme->way == OVER_FILE)
        return name_file(t, mark + 3, e);
    if (scheme->way != OVER_ZMQ)
        return split(t, mark + 3, e);
    t->kind = EXPORT_TO_ZMQ;
    snprintf(t->endpoint, sizeof t->endpoint, "%s://%.240s", scheme->transport, mark + 3);
    const char *colon = strrchr(mark + 3, ':');
    /* ZMQ would take the lowest 16 bits of it. */
    if (colon && strspn(colon + 1, "0123456789") && strtoul(colon + 1, NULL, 10) > UINT16_MAX)
        return fail(e, "%s: ports are 1 to 65535", t->name);
    return true;
}
