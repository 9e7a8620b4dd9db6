/* test_bench_mix.c - the made-up traffic has the flows and hosts that it says. */
#include "app/bench_mix.h"

#include "model/key.h"
#include "net/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FLOWS = 200, PACKETS = 20000, SET = 4096 };

/* Different values seen, by linear probing; 0 never occurs. */
struct set {
    uint64_t value[SET];
    unsigned n;
};

static void set_add(struct set *s, uint64_t value)
{
    unsigned at = (unsigned)(frame_mix(value) % SET);
    while (s->value[at] && s->value[at] != value)
        at = (at + 1) % SET;
    s->n += !s->value[at];
    s->value[at] = value;
}

struct seen {
    struct set flows, hosts;
    unsigned syn, syn_ack, tcp;
};

static void look_at(struct bench_mix *m, uint64_t first, uint64_t n, struct seen *seen)
{
    static struct decoder decoder;
    uint8_t bytes[256];
    struct err e = {""};
    assert_true(decoder_init(&decoder, true, &e));
    for (uint64_t i = first; i < first + n; i++) {
        uint32_t len = mix_packet(m, i, bytes);
        struct frame f = {.bytes = bytes, .ts = SECOND, .cap_len = len, .wire_len = len, .link = 1};
        struct packet p;
        enum reason why = packet_decode(&decoder, &f, &p);
        assert_int_equal(why, m->form.ipv6 ? REASON_ipv6 : REASON_ipv4);
        set_add(&seen->flows, hash_bytes(&p.src, 16) + hash_bytes(&p.dst, 16) +
                                  p.src_port * p.dst_port * 31u + p.proto);
        set_add(&seen->hosts, hash_bytes(&p.src, 16));
        set_add(&seen->hosts, hash_bytes(&p.dst, 16));
        seen->tcp += p.is_tcp;
        seen->syn += p.is_tcp && p.tcp_flags == TCP_SYN;
        seen->syn_ack += p.is_tcp && p.tcp_flags == (TCP_SYN | TCP_ACK);
    }
    decoder_fini(&decoder);
}

static void test_the_opening_makes_each_flow_once_and_the_rest_makes_no_more(void **state)
{
    (void)state;
    static struct seen seen;
    for (unsigned form = 0; form < 8; form++) {
        memset(&seen, 0, sizeof seen);
        struct bench_mix m = {
            .flows = FLOWS, .hosts = FLOWS, .form = {.bytes = 64, form & 1, form & 2, form & 4}};
        struct err e = {""};
        assert_true(mix_init(&m, &e));
        look_at(&m, 0, MIX_OPENING * FLOWS, &seen);
        assert_int_equal(seen.flows.n, FLOWS);
        assert_int_equal(seen.hosts.n, FLOWS);
        assert_int_equal(seen.syn, FLOWS * 3 / 4);
        assert_int_equal(seen.syn_ack, FLOWS * 3 / 4);
        look_at(&m, MIX_OPENING * FLOWS, PACKETS, &seen);
        assert_int_equal(seen.flows.n, FLOWS);
        assert_int_equal(seen.hosts.n, FLOWS);
        assert_int_equal(seen.syn, FLOWS * 3 / 4);
        assert_in_range(seen.tcp, PACKETS * 70 / 100, PACKETS * 80 / 100);
        mix_fini(&m);
    }
}

static void test_sequence_numbers_go_on_but_for_the_few_that_are_repeated_or_skipped(void **state)
{
    (void)state;
    static struct decoder decoder;
    struct bench_mix m = {.flows = 1, .hosts = 2, .form = {.bytes = 64}};
    struct err e = {""};
    uint8_t bytes[256];
    assert_true(mix_init(&m, &e));
    assert_true(decoder_init(&decoder, true, &e));
    uint32_t next[2] = {0};
    unsigned same = 0, repeated = 0, skipped = 0;
    for (uint64_t i = 0; i < PACKETS; i++) {
        uint32_t len = mix_packet(&m, i, bytes);
        struct frame f = {.bytes = bytes, .ts = SECOND, .cap_len = len, .wire_len = len, .link = 1};
        struct packet p;
        packet_decode(&decoder, &f, &p);
        unsigned side = p.src_port < p.dst_port;
        if (i >= MIX_OPENING) {
            same += p.tcp_seq == next[side];
            repeated += p.tcp_seq < next[side];
            skipped += p.tcp_seq > next[side];
        }
        uint32_t after = p.tcp_seq + p.payload_len + !!(p.tcp_flags & TCP_SYN);
        if (after > next[side])
            next[side] = after;
    }
    decoder_fini(&decoder);
    mix_fini(&m);
    assert_in_range(repeated, PACKETS / 400, PACKETS / 100);
    assert_in_range(skipped, PACKETS / 1000, PACKETS / 200);
    assert_int_equal(same + repeated + skipped, PACKETS - MIX_OPENING);
}

static void test_zipf_gives_the_first_flow_its_share(void **state)
{
    (void)state;
    struct bench_mix m = {.flows = 1000, .hosts = 1000, .form = {.bytes = 64}, .zipf = true};
    struct err e = {""};
    uint8_t bytes[256];
    assert_true(mix_init(&m, &e));
    unsigned first = 0;
    uint8_t client[4];
    mix_any(&m, 0, bytes); /* share 0 is flow 0, by the client */
    memcpy(client, bytes + 26, sizeof client);
    for (uint64_t i = 0; i < PACKETS; i++) {
        mix_any(&m, frame_mix(i) & ~UINT64_C(1), bytes);
        first += !memcmp(client, bytes + 26, sizeof client);
    }
    mix_fini(&m);
    /* ln 2 / ln 1001 = 10 % for flow 0. */
    assert_in_range(first, PACKETS * 8 / 100, PACKETS * 12 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_opening_makes_each_flow_once_and_the_rest_makes_no_more),
        cmocka_unit_test(test_sequence_numbers_go_on_but_for_the_few_that_are_repeated_or_skipped),
        cmocka_unit_test(test_zipf_gives_the_first_flow_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
