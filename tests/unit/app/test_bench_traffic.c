/* test_bench_traffic.c - generated packets are packets, and go on from pass to pass. */
#include "app/bench_traffic.h"

#include "base/cursor.h"
#include "net/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FLOWS = 100, PACKETS = 4096 };

static uint32_t seq_at(const struct bench_traffic *t, uint32_t i)
{
    return load_be32(t->frames + (size_t)i * BENCH_FRAME + 38);
}

static void test_all_frames_decode_and_flows_open_with_a_handshake(void **state)
{
    (void)state;
    static struct bench_traffic t;
    static struct decoder decoder;
    static struct burst b;
    struct err e = {""};
    struct bench_config config = {.flows = FLOWS, .hosts = FLOWS, .packets = PACKETS, .measure = 1};
    assert_true(bench_traffic_init(&t, &config, &e));
    assert_true(decoder_init(&decoder, true, &e));
    struct source *s = bench_source(&t, &e);
    assert_non_null(s);

    unsigned syn = 0, syn_ack = 0, tcp = 0, udp = 0, n = 0;
    nsec_t last = 0;
    while (n < 3 * FLOWS + PACKETS && s->ops->read(s, &b, 0) == SOURCE_OK) {
        for (unsigned i = 0; i < b.n; i++, n++) {
            struct packet p;
            assert_int_equal(packet_decode(&decoder, &b.frame[i], &p), REASON_ipv4);
            assert_true(p.ts > last);
            last = p.ts;
            tcp += p.is_tcp;
            udp += p.proto == 17;
            syn += p.is_tcp && p.tcp_flags == TCP_SYN;
            syn_ack += p.is_tcp && p.tcp_flags == (TCP_SYN | TCP_ACK);
        }
    }
    assert_int_equal(syn, FLOWS * 3 / 4);
    assert_int_equal(syn_ack, FLOWS * 3 / 4);
    assert_int_equal(tcp + udp, n);
    assert_in_range(tcp, n * 70 / 100, n * 80 / 100);
    s->ops->close(s);
    decoder_fini(&decoder);
    bench_traffic_fini(&t);
}

static void test_a_second_pass_is_no_retransmission_and_rewinding_goes_back(void **state)
{
    (void)state;
    static struct bench_traffic t;
    static struct burst b;
    struct err e = {""};
    struct bench_config config = {
        .flows = FLOWS, .hosts = FLOWS, .packets = PACKETS, .measure = HOUR};
    assert_true(bench_traffic_init(&t, &config, &e));
    struct source *s = bench_source(&t, &e);
    uint32_t at = 0;
    while ((t.flow_of[at] >> 1) % 4 == 3)
        at++;
    uint32_t first = seq_at(&t, at),
             advance = t.advance[2 * (t.flow_of[at] >> 1) + (t.flow_of[at] & 1)];
    while (t.passes < 2)
        assert_int_equal(s->ops->read(s, &b, 0), SOURCE_OK);
    assert_int_equal(seq_at(&t, at), first + 2 * advance);
    assert_true(advance > 0);
    bench_traffic_rewind(&t);
    assert_int_equal(seq_at(&t, at), first);
    s->ops->close(s);
    bench_traffic_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_frames_decode_and_flows_open_with_a_handshake),
        cmocka_unit_test(test_a_second_pass_is_no_retransmission_and_rewinding_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
