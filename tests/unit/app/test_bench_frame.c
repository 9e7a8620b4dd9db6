/* test_bench_frame.c - frames that are made up decode to what was meant, in every form. */
#include "app/bench_frame.h"

#include "base/cursor.h"
#include "net/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct packet decoded(const uint8_t *bytes, uint32_t n, enum reason expected)
{
    static struct decoder decoder;
    struct err e = {""};
    struct packet p;
    struct frame f = {.bytes = bytes, .ts = SECOND, .cap_len = n, .wire_len = n, .link = 1};
    assert_true(decoder_init(&decoder, true, &e));
    assert_int_equal(packet_decode(&decoder, &f, &p), expected);
    decoder_fini(&decoder);
    return p;
}

static uint32_t written(const struct frame_form *form, bool is_tcp, uint8_t *to)
{
    struct frame_plan plan = {.client = 7,
                              .server = 70000,
                              .client_port = 5000,
                              .server_port = 443,
                              .is_tcp = is_tcp,
                              .flags = TCP_ACK,
                              .seq = 0x01020304,
                              .payload_len = frame_room(form, is_tcp)};
    return frame_write(form, &plan, to);
}

static void test_each_form_decodes_with_all_lengths_in_order(void **state)
{
    (void)state;
    static uint8_t bytes[2048];
    static const uint32_t sizes[] = {64, 128, 512, 1500};
    for (unsigned i = 0; i < 4 * 16; i++) {
        struct frame_form form = {
            .bytes = sizes[i >> 4], .ipv6 = i & 1, .vlan = i & 2, .tunnel = i & 4};
        bool tcp = i & 8;
        uint32_t n = written(&form, tcp, bytes);
        assert_int_equal(n, frame_bytes(&form));
        struct packet p = decoded(bytes, n, form.ipv6 ? REASON_ipv6 : REASON_ipv4);
        assert_int_equal(p.is_tcp, tcp);
        assert_int_equal(p.src_port, 5000);
        assert_int_equal(p.dst_port, 443);
        assert_int_equal(p.vlan, form.vlan ? 42 : 0);
        assert_int_equal(p.tunnels_seen, form.tunnel ? TUNNEL_VXLAN : 0);
        assert_int_equal(p.payload_len, frame_room(&form, tcp));
        assert_int_equal(p.payload_cap, p.payload_len);
        /* Nothing of the frame is padding: the innermost IP packet reaches its end. */
        assert_ptr_equal(p.ip + p.ip_bytes, bytes + n);
    }
}

static void test_the_checksum_of_an_ipv4_header_sums_to_ones(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct frame_form form = {.bytes = 64};
    written(&form, true, bytes);
    uint32_t sum = 0;
    for (unsigned i = 14; i < 34; i += 2)
        sum += load_be16(bytes + i);
    assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
}

static void test_a_short_frame_is_padded_and_the_padding_is_no_payload(void **state)
{
    (void)state;
    uint8_t bytes[256] = {0};
    struct frame_form form = {.bytes = 64};
    struct frame_plan plan = {.client = 1,
                              .server = 2,
                              .client_port = 9,
                              .server_port = 80,
                              .is_tcp = true,
                              .flags = TCP_SYN};
    assert_int_equal(frame_write(&form, &plan, bytes), 64);
    struct packet p = decoded(bytes, 64, REASON_ipv4);
    assert_int_equal(p.ip_bytes, 40);
    assert_int_equal(p.payload_len, 0);
}

static void test_the_answer_swaps_both_ends(void **state)
{
    (void)state;
    uint8_t bytes[256] = {0};
    struct frame_form form = {.bytes = 64};
    struct frame_plan plan = {.client = 1, .server = 5000, .client_port = 9, .server_port = 53};
    frame_write(&form, &plan, bytes);
    struct packet there = decoded(bytes, 64, REASON_ipv4);
    plan.by_server = true;
    frame_write(&form, &plan, bytes);
    struct packet back = decoded(bytes, 64, REASON_ipv4);
    assert_memory_equal(&there.src, &back.dst, sizeof there.src);
    assert_memory_equal(&there.dst, &back.src, sizeof there.dst);
    assert_int_equal(there.src_port, back.dst_port);
    /* Host 1 is local, 5000 is not. */
    assert_int_equal(there.src.byte[12], 10);
    assert_int_not_equal(there.dst.byte[12], 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_form_decodes_with_all_lengths_in_order),
        cmocka_unit_test(test_the_checksum_of_an_ipv4_header_sums_to_ones),
        cmocka_unit_test(test_a_short_frame_is_padded_and_the_padding_is_no_payload),
        cmocka_unit_test(test_the_answer_swaps_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
