/* collector_save.c - templates and sampling in a file, so that a restart need not wait for them.
 *
 *     file:     | "WEIRTPL3" | exporter ... |
 *     exporter: | address, 16 | domain, 4 | protocol, 1 | port, 2 | started ms, 8 | heard, hours, 4 | samplers, 2 | templates, 2 | ... |
 *     sampler:  | known by id, 1 | id, 8 | rate, 4 |
 *     template: | id, 2 | is options, 1 | fields, 2 | then of each: enterprise, 4 | id, 2 | octets, 2 | scope, 1 |
 *
 * Numbers are big-endian. It is written beside the old file and then put in its place.
 */
#include "base/text.h"
#include "codec/collector_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 8, EXPORTER_HEAD = 39, SAMPLER_SIZE = 13, TEMPLATE_HEAD = 5, FIELD_SIZE = 9 };

static const char magic[MAGIC + 1] = "WEIRTPL3";
static const off_t FILE_MOST = 64 << 20;

static void put(struct text *t, uint64_t v, unsigned octets)
{
    for (unsigned i = octets; i-- > 0;)
        text_char(t, (char)(uint8_t)(v >> (8 * i)));
}

static void put_template(struct text *t, const struct template *layout)
{
    put(t, layout->id, 2);
    put(t, layout->is_options, 1);
    put(t, layout->fields, 2);
    for (size_t i = 0; i < layout->fields; i++) {
        const struct template_field *f = &layout->field[i];
        put(t, f->pen, 4);
        put(t, f->id, 2);
        put(t, f->octets, 2);
        put(t, f->is_scope, 1);
    }
}

static void put_exporter(struct text *t, const struct exporter *x)
{
    bool has_rate = x->whole.rate && x->whole.source != SAMPLING_CONFIG;
    text_add_n(t, x->addr.byte, sizeof x->addr.byte);
    put(t, x->domain, 4);
    put(t, x->telemetry, 1);
    put(t, x->port, 2);
    put(t, (uint64_t)(x->boot / MILLISECOND), 8);
    put(t, (uint64_t)(x->last / HOUR), 4);
    put(t, x->sampler_count + has_rate, 2);
    put(t, x->template_count, 2);
    if (has_rate) {
        put(t, 0, 9);
        put(t, x->whole.rate, 4);
    }
    for (uint32_t i = 0; i < x->sampler_count; i++) {
        put(t, 1, 1);
        put(t, x->samplers[i].id, 8);
        put(t, x->samplers[i].told.rate, 4);
    }
    for (uint32_t i = 0; i < x->template_count; i++)
        put_template(t, x->templates[i]);
}

static bool has_templates(const struct exporter *x)
{
    return x->template_count && !x->is_stream &&
           (x->telemetry == TELEMETRY_NETFLOW9 || x->telemetry == TELEMETRY_IPFIX);
}

static bool write_all(int fd, const struct text *t)
{
    for (size_t at = 0; at < t->len;) {
        ssize_t n = write(fd, t->data + at, t->len - at);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return fsync(fd) == 0;
}

static bool replace_file(const char *path, const struct text *t, struct err *e)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return fail(e, "%s: the name is too long", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd == -1)
        return fail(e, "%s: %s", beside, strerror(errno));
    bool good = write_all(fd, t);
    good = close(fd) == 0 && good;
    if (good && rename(beside, path) == 0)
        return true;
    fail(e, "%s: %s", path, strerror(errno));
    unlink(beside);
    return false;
}

bool collector_pack(const struct collector *c, unsigned i, struct text *to)
{
    if (i >= c->exporter_count || !has_templates(c->exporters[i]))
        return false;
    put_exporter(to, c->exporters[i]);
    return !to->failed;
}

bool collector_write(const struct text *packed, const char *path, struct err *e)
{
    struct text t = {0};
    text_add(&t, magic);
    text_add_n(&t, packed->data, packed->len);
    bool good = t.failed || packed->failed ? fail(e, "%s: no memory to write templates", path)
                                           : replace_file(path, &t, e);
    text_free(&t);
    return good;
}

bool collector_save(const struct collector *c, const char *path, struct err *e)
{
    struct text t = {0};
    for (uint32_t i = 0; i < c->exporter_count; i++)
        collector_pack(c, i, &t);
    bool good = collector_write(&t, path, e);
    text_free(&t);
    return good;
}

static uint64_t get(const uint8_t *p, unsigned octets)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < octets; i++)
        v = v << 8 | p[i];
    return v;
}

static bool get_template(struct exporter *x, struct cursor *file)
{
    const uint8_t *h = cur_take(file, TEMPLATE_HEAD);
    size_t n = h ? load_be16(h + 3) : 0;
    if (!h || n > TEMPLATE_FIELDS)
        return false;
    struct template_field fields[TEMPLATE_FIELDS];
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = cur_take(file, FIELD_SIZE);
        if (!p)
            return false;
        fields[i] = (struct template_field){.pen = load_be32(p),
                                            .id = load_be16(p + 4),
                                            .octets = load_be16(p + 6),
                                            .is_scope = p[8] != 0};
    }
    enum template_fault fault;
    struct template *t =
        template_new(load_be16(h), fields, n, h[2] != 0, x->telemetry == TELEMETRY_IPFIX, &fault);
    bool evicted;
    return t && exporter_take_template(x, t, &evicted);
}

static bool get_exporter(struct collector *c, struct cursor *file)
{
    const uint8_t *h = cur_take(file, EXPORTER_HEAD);
    if (!h || (h[20] != TELEMETRY_NETFLOW9 && h[20] != TELEMETRY_IPFIX))
        return false;
    struct exporter *x =
        collector_remember(c, addr_v6(h), load_be32(h + 16), h[20], load_be16(h + 21));
    if (!x)
        return false;
    uint64_t boot = get(h + 23, 8);
    x->boot = boot < (uint64_t)(INT64_MAX / MILLISECOND) ? (nsec_t)boot * MILLISECOND : 0;
    /* In this run it was not heard yet: an exporter that is, has datagrams, too. */
    nsec_t hours = load_be32(h + 31);
    if (!x->datagrams)
        x->last = hours < INT64_MAX / HOUR ? hours * HOUR : 0;
    for (unsigned n = load_be16(h + 35); n; n--) {
        const uint8_t *p = cur_take(file, SAMPLER_SIZE);
        if (!p)
            return false;
        const struct sampling_told told = {
            .rate = load_be32(p + 9), .has_id = p[0] != 0, .id = get(p + 1, 8)};
        sampling_set(c, x, &told);
    }
    for (unsigned n = load_be16(h + 37); n; n--)
        if (!get_template(x, file))
            return false;
    return true;
}

/* The whole file; NULL with a sentence. The caller frees it. */
static uint8_t *read_whole(const char *path, size_t *len, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat s;
    uint8_t *bytes = NULL;
    if (fd == -1 || fstat(fd, &s) == -1)
        fail(e, "%s: %s", path, strerror(errno));
    else if (s.st_size > FILE_MOST || !(bytes = malloc((size_t)s.st_size + 1)))
        fail(e, "%s: too large", path);
    *len = 0;
    for (ssize_t n = 1; bytes && n > 0 && *len<(size_t)s.st_size; *len += n> 0 ? (size_t)n : 0)
        n = read(fd, bytes + *len, (size_t)s.st_size - *len);
    if (fd != -1)
        close(fd);
    return bytes;
}

bool collector_load(struct collector *c, const char *path, struct err *e)
{
    size_t len;
    uint8_t *bytes = read_whole(path, &len, e);
    if (!bytes)
        return false;
    struct cursor file = cur_over(bytes, len);
    const uint8_t *h = cur_take(&file, MAGIC);
    bool good = h && !memcmp(h, magic, MAGIC);
    while (good && cur_left(&file))
        good = get_exporter(c, &file);
    free(bytes);
    return good || fail(e, "%s: damaged; templates come again by themselves", path);
}
