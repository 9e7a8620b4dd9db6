/* fuzz_zmq.c - one ZMQ message of any bytes: the first says how long its header is.
 *
 * Every raw field of every record is read, so that the sanitizer sees what lies outside, and each
 * message is counted in exactly one place when it brings no record.
 */
#include "codec/zmq_take.h"

#include <stdlib.h>

static void touch(void *to, const char *name, uint32_t pen, uint16_t id, const uint8_t *value,
                  size_t len, bool is_text)
{
    uint64_t *sum = to;
    *sum += strlen(name);
    for (size_t i = 0; i < len; i++)
        *sum += value[i];
}

static void see_record(void *to, const char *topic, const struct flow_in *f,
                       const struct addr *from)
{
    f->raw.each(f->raw.context, touch, to);
    if (f->sampling != 1 || f->vlan > 4095)
        abort();
}

static void see_counters(void *to, const struct addr *device, const struct interface_counters *c)
{
    if (!memchr(c->name, 0, sizeof c->name))
        abort();
}

static void see_status(void *to, const struct zmq_status *s)
{
    *(uint64_t *)to += strlen(s->name) + strlen(s->version) + s->dropped_flows;
}

static void see_interface(void *to, const struct addr *device, uint32_t index, const uint8_t *text,
                          size_t len)
{
    *(uint64_t *)to += index + text[len - 1];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct zmq_ops ops = {see_record, see_counters, see_status, see_interface};
    uint64_t sum = 0;
    if (n < 1)
        return 0;
    size_t header = bytes[0] < n - 1 ? bytes[0] : n - 1;
    struct zmq_decoder *d = zmq_decoder_new(bytes[0] & 0x80 ? "key" : NULL, &ops, &sum);
    if (!d)
        abort();
    const struct datagram m = {.head = bytes + 1,
                               .head_len = header,
                               .bytes = bytes + 1 + header,
                               .len = n - 1 - header,
                               .received = SECOND};
    zmq_take(d, &m);
    const struct zmq_counts *c = zmq_decoder_counts(d);
    if (counter_get(&c->messages) != 1 || counter_get(&c->malformed) + counter_get(&c->ignored) > 1)
        abort();
    zmq_decoder_free(d);
    return 0;
}
