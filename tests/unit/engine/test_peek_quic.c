/* test_peek_quic.c - a hello inside encrypted Initial packets, in one piece and in several.
 *
 * The packets are sealed here with the keys printed in RFC 9001 A.1 for the connection id
 * 8394c8f03e515708, so that our derivation is held against the RFC's.
 */
#include "engine/peek.h"

#include "base/alloc.h"

#include "hellos.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { DATAGRAM = 1200, HEAD = 18, NUMBER = 4, TAG = 16, HELLO = sizeof client_hello - 1 - 5 };

static const uint8_t key[16] = {0x1f, 0x36, 0x96, 0x13, 0xdd, 0x76, 0xd5, 0x46,
                                0x77, 0x30, 0xef, 0xcb, 0xe3, 0xb1, 0xa2, 0x2d};
static const uint8_t iv[12] = {0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3,
                               0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c};
static const uint8_t mask_key[16] = {0x9f, 0x50, 0x44, 0x9e, 0x04, 0xa0, 0xe8, 0x10,
                                     0x28, 0x3a, 0x1e, 0x99, 0x33, 0xad, 0xed, 0xd2};

/* The handshake message without its TLS record. */
static const uint8_t *hello(void)
{
    return (const uint8_t *)client_hello + 5;
}

static size_t put_crypto(uint8_t *at, size_t offset, size_t len)
{
    at[0] = 6;
    at[1] = (uint8_t)(0x40 | offset >> 8);
    at[2] = (uint8_t)offset;
    at[3] = (uint8_t)(0x40 | len >> 8);
    at[4] = (uint8_t)len;
    memcpy(at + 5, hello() + offset, len);
    return 5 + len;
}

/* Seals frames (padded with zeros) as packet number n of a datagram. */
static void seal(uint8_t datagram[DATAGRAM], uint8_t n, const uint8_t *frames, size_t len)
{
    static const uint8_t cid[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
    uint8_t plain[DATAGRAM] = {0}, nonce[12], mask[16];
    size_t rest = DATAGRAM - HEAD, body = rest - NUMBER - TAG;
    memset(datagram, 0, DATAGRAM);
    datagram[0] = 0xc3;
    datagram[4] = 1;
    datagram[5] = sizeof cid;
    memcpy(datagram + 6, cid, sizeof cid);
    datagram[16] = (uint8_t)(0x40 | rest >> 8);
    datagram[17] = (uint8_t)rest;
    datagram[HEAD + 3] = n;
    memcpy(plain, frames, len);

    struct gcm_aes128_ctx gcm;
    gcm_aes128_set_key(&gcm, key);
    memcpy(nonce, iv, sizeof nonce);
    nonce[11] ^= n;
    gcm_aes128_set_iv(&gcm, sizeof nonce, nonce);
    gcm_aes128_update(&gcm, HEAD + NUMBER, datagram);
    gcm_aes128_encrypt(&gcm, body, datagram + HEAD + NUMBER, plain);
    gcm_aes128_digest(&gcm, TAG, datagram + HEAD + NUMBER + body);

    struct aes128_ctx aes;
    aes128_set_encrypt_key(&aes, mask_key);
    aes128_encrypt(&aes, sizeof mask, mask, datagram + HEAD + NUMBER);
    datagram[0] ^= mask[0] & 0x0f;
    for (int i = 0; i < NUMBER; i++)
        datagram[HEAD + i] ^= mask[1 + i];
}

static void read_datagram(struct peek *k, const uint8_t *bytes, size_t len)
{
    struct packet p = {.proto = 17,
                       .src_port = 40000,
                       .dst_port = 443,
                       .payload = bytes,
                       .payload_len = (uint32_t)len,
                       .payload_cap = (uint32_t)len};
    peek_read(k, &p, true);
}

static void assert_hello(const struct peek *k)
{
    size_t len;
    const uint8_t *sni = tail_get(&k->names, STRING_sni, &len);
    assert_non_null(sni);
    assert_int_equal(len, strlen("www.example.org"));
    assert_memory_equal(sni, "www.example.org", len);
    const uint8_t *ja4 = tail_get(&k->names, STRING_ja4, &len);
    assert_non_null(ja4);
    assert_int_equal(ja4[0], 'q');
    assert_memory_equal(ja4 + 1, client_ja4 + 1, len - 1);
}

static void test_a_hello_in_one_initial_is_read(void **state)
{
    struct peek k = {0};
    uint8_t datagram[DATAGRAM], frames[HELLO + 5];
    put_crypto(frames, 0, HELLO);
    seal(datagram, 2, frames, sizeof frames);
    read_datagram(&k, datagram, sizeof datagram);
    assert_hello(&k);
    assert_null(k.stream[0].bytes);
    peek_fini(&k);
}

static void test_frames_in_any_order_over_two_datagrams_are_put_together(void **state)
{
    struct peek k = {0};
    uint64_t before = mem_used(ACCOUNT_dpi);
    uint8_t datagram[DATAGRAM], frames[HELLO + 40] = {0};
    size_t used = put_crypto(frames, 90, HELLO - 90);
    frames[used++] = 1; /* PING */
    used += put_crypto(frames + used, 0, 30);
    seal(datagram, 0, frames, used);
    read_datagram(&k, datagram, sizeof datagram);
    assert_non_null(k.stream[0].bytes);
    used = put_crypto(frames, 20, 80);
    seal(datagram, 1, frames, used);
    read_datagram(&k, datagram, sizeof datagram);
    assert_hello(&k);
    peek_fini(&k);
    assert_int_equal(mem_used(ACCOUNT_dpi), before);
}

static void test_half_a_hello_still_names_the_server_at_the_end(void **state)
{
    struct peek k = {0};
    size_t len;
    uint8_t datagram[DATAGRAM], frames[HELLO + 5];
    put_crypto(frames, 0, 110);
    seal(datagram, 0, frames, 115);
    read_datagram(&k, datagram, sizeof datagram);
    assert_null(tail_get(&k.names, STRING_sni, &len));
    peek_fini(&k);
    assert_non_null(tail_get(&k.names, STRING_sni, &len));
    assert_null(tail_get(&k.names, STRING_ja4, &len));
}

static void test_damaged_or_cut_datagrams_say_nothing(void **state)
{
    uint8_t datagram[DATAGRAM], frames[HELLO + 5];
    put_crypto(frames, 0, HELLO);
    for (size_t at = 0; at < DATAGRAM; at += 7) {
        struct peek k = {0};
        seal(datagram, 0, frames, sizeof frames);
        datagram[at] ^= 0x10;
        read_datagram(&k, datagram, sizeof datagram);
        read_datagram(&k, datagram, at);
        assert_int_equal(k.names.used, 0);
        peek_fini(&k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hello_in_one_initial_is_read),
        cmocka_unit_test(test_frames_in_any_order_over_two_datagrams_are_put_together),
        cmocka_unit_test(test_half_a_hello_still_names_the_server_at_the_end),
        cmocka_unit_test(test_damaged_or_cut_datagrams_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
