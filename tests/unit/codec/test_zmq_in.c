/* test_zmq_in.c - headers of each layout, byte for byte, and payloads in each wrapping. */
#include "codec/zmq_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[n++] = (uint8_t)byte;
    return n;
}

static struct zmq_in header_of(const char *hex)
{
    uint8_t bytes[64];
    size_t n = unhex(hex, bytes);
    struct zmq_in h;
    assert_true(zmq_in_read(bytes, n, &h));
    assert_string_equal(h.topic, "flow");
    return h;
}

static void test_each_layout_is_told_by_its_size(void **state)
{
    struct zmq_in h = header_of("666c6f7700000000000000000000000000000000000000000000000000000000"
                                "000000007b000000");
    assert_int_equal(h.size, 123);
    assert_false(h.has_id);
    h = header_of("666c6f7700000000000000000000000002077b000000002a");
    assert_int_equal(h.version, 2);
    assert_int_equal(h.source_id, 7);
    assert_int_equal(h.size, 123);
    assert_int_equal(h.msg_id, 42);
    assert_false(h.is_tlv);
    h = header_of("666c6f7700000000000000000000000002007b000000002a07000000");
    assert_int_equal(h.msg_id, 42);
    assert_int_equal(h.source_id, 7);
    assert_int_equal(h.size, 123);
    h = header_of("666c6f77000000000000000000000000040200004e0000004e0000000000002a07000000");
    assert_int_equal(h.version, 4);
    assert_true(h.is_tlv);
    assert_false(h.is_compressed);
    assert_int_equal(h.size, 78);
    assert_int_equal(h.msg_id, 42);
    assert_int_equal(h.source_id, 7);
}

static void test_version_1_counts_in_host_order_and_3_is_tlv(void **state)
{
    assert_int_equal(header_of("666c6f7700000000000000000000000001077b002a000000").msg_id, 42);
    assert_true(header_of("666c6f7700000000000000000000000003077b000000002a").is_tlv);
}

static void test_other_sizes_and_versions_are_refused(void **state)
{
    struct zmq_in h;
    uint8_t bytes[64] = "flow";
    for (size_t n = 0; n <= sizeof bytes; n++)
        assert_int_equal(zmq_in_read(bytes, n, &h), n == 24 || n == 28 || n == 36 || n == 40);
    bytes[16] = 5;
    assert_false(zmq_in_read(bytes, 24, &h));
    assert_false(zmq_in_read(bytes, 36, &h));
}

static void assert_opens(const struct zmq_in *h, const uint8_t *bytes, size_t n,
                         const char *password, const char *expected)
{
    struct zmq_scratch scratch = {0};
    const uint8_t *out;
    size_t len;
    assert_int_equal(zmq_payload_open(h, bytes, n, password, &scratch, &out, &len), ZMQ_PAYLOAD_OK);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
    zmq_scratch_free(&scratch);
}

static void test_payloads_come_plain_compressed_and_with_a_password(void **state)
{
    static const char text[] = "{\"8\":\"10.0.0.1\"}";
    size_t n = sizeof text - 1;
    struct zmq_in plain = {.version = 2}, flagged = {.version = 4, .is_compressed = true};
    assert_opens(&plain, (const uint8_t *)text, n, NULL, text);

    uint8_t packed[128] = {0}, secret[64];
    uLongf packed_len = sizeof packed - 1;
    assert_int_equal(compress(packed + 1, &packed_len, (const Bytef *)text, n), Z_OK);
    assert_opens(&plain, packed, packed_len + 1, NULL, text);
    assert_opens(&flagged, packed + 1, packed_len, NULL, text);

    for (size_t i = 0; i < n; i++)
        secret[i] = (uint8_t)text[i] ^ (uint8_t) "key"[i % 3];
    assert_opens(&plain, secret, n, "key", text);
    packed_len = sizeof packed - 1;
    assert_int_equal(compress(packed + 1, &packed_len, secret, n), Z_OK);
    assert_opens(&plain, packed, packed_len + 1, "key", text);
}

static void test_a_bomb_ends_at_16_megabytes_and_damage_is_told(void **state)
{
    static uint8_t zeros[ZMQ_INFLATE_MAX + 1], packed[1 << 16];
    uLongf n = sizeof packed;
    assert_int_equal(compress2(packed, &n, zeros, sizeof zeros, 9), Z_OK);
    struct zmq_in h = {.version = 4, .is_compressed = true};
    struct zmq_scratch scratch = {0};
    const uint8_t *out;
    size_t len;
    assert_int_equal(zmq_payload_open(&h, packed, n, NULL, &scratch, &out, &len),
                     ZMQ_PAYLOAD_TOO_LARGE);
    assert_int_equal(zmq_payload_open(&h, packed, 100, NULL, &scratch, &out, &len),
                     ZMQ_PAYLOAD_BAD_ZLIB);
    assert_int_equal(zmq_payload_open(&h, packed, 0, NULL, &scratch, &out, &len),
                     ZMQ_PAYLOAD_BAD_ZLIB);
    assert_int_equal(
        zmq_payload_open(&h, (const uint8_t *)"\0nonsense", 9, NULL, &scratch, &out, &len),
        ZMQ_PAYLOAD_BAD_ZLIB);
    zmq_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_layout_is_told_by_its_size),
        cmocka_unit_test(test_version_1_counts_in_host_order_and_3_is_tlv),
        cmocka_unit_test(test_other_sizes_and_versions_are_refused),
        cmocka_unit_test(test_payloads_come_plain_compressed_and_with_a_password),
        cmocka_unit_test(test_a_bomb_ends_at_16_megabytes_and_damage_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
