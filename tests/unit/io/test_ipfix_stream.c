/* test_ipfix_stream.c - whole messages come out of a stream wherever it is cut. */
#include "io/ipfix_stream.h"

#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t buffer[IPFIX_STREAM_BYTES];

/* A message of so many octets, sent at this second and filled with a letter. Where it ends. */
static uint8_t *put_message(uint8_t *at, unsigned len, unsigned seconds, char letter)
{
    const uint8_t head[8] = {0, 10, (uint8_t)(len >> 8),     (uint8_t)len,
                             0, 0,  (uint8_t)(seconds >> 8), (uint8_t)seconds};
    memset(at, letter, len);
    memcpy(at, head, sizeof head);
    return at + len;
}

static void feed(struct ipfix_stream *s, const uint8_t *bytes, size_t len)
{
    size_t room;
    uint8_t *to = ipfix_stream_room(s, &room);
    assert_true(room >= len);
    memcpy(to, bytes, len);
    s->used += len;
}

static void test_a_cut_at_any_octet_changes_nothing(void **state)
{
    static const unsigned lengths[] = {16, 17, 40, 16, 700};
    enum { MESSAGES = sizeof lengths / sizeof *lengths };
    uint8_t sent[1000];
    uint8_t *end = sent;
    for (unsigned i = 0; i < MESSAGES; i++)
        end = put_message(end, lengths[i], i + 1, (char)('a' + i));
    size_t all = (size_t)(end - sent);
    for (size_t cut = 0; cut <= all; cut++) {
        struct ipfix_stream s = {.bytes = buffer};
        unsigned n = 0;
        for (unsigned part = 0; part < 2; part++) {
            const uint8_t *message;
            size_t len;
            nsec_t exported;
            feed(&s, part ? sent + cut : sent, part ? all - cut : cut);
            while (ipfix_stream_next(&s, &message, &len, &exported)) {
                assert_int_equal(len, lengths[n]);
                assert_int_equal(exported, (n + 1) * SECOND);
                assert_int_equal(message[len - 1], len > 8 ? 'a' + n : 0);
                n++;
            }
        }
        assert_int_equal(n, MESSAGES);
        assert_int_equal(s.position, all);
        assert_false(s.is_broken);
    }
}

static void test_the_largest_message_has_room_behind_a_rest(void **state)
{
    static uint8_t sent[UINT16_MAX];
    struct ipfix_stream s = {.bytes = buffer};
    const uint8_t *message;
    size_t len, room;
    nsec_t exported;
    put_message(sent, UINT16_MAX, 1, 'x');
    for (unsigned i = 0; i < 3; i++)
        feed(&s, sent, UINT16_MAX);
    feed(&s, sent, 1000);
    for (unsigned i = 0; i < 3; i++)
        assert_true(ipfix_stream_next(&s, &message, &len, &exported));
    assert_false(ipfix_stream_next(&s, &message, &len, &exported));
    ipfix_stream_room(&s, &room);
    assert_true(room >= UINT16_MAX - 1000);
    feed(&s, sent + 1000, UINT16_MAX - 1000);
    assert_true(ipfix_stream_next(&s, &message, &len, &exported));
    assert_int_equal(len, UINT16_MAX);
}

static void test_what_is_no_message_breaks_the_stream_for_good(void **state)
{
    static const uint8_t bad[][16] = {
        {0, 9, 0, 16}, {0, 10, 0, 15}, {0, 10, 0, 0}, {'G', 'E', 'T'}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ipfix_stream s = {.bytes = buffer};
        uint8_t good[32];
        const uint8_t *message;
        size_t len;
        nsec_t exported;
        put_message(good, 32, 1, 'g');
        feed(&s, good, 32);
        feed(&s, bad[i], 16);
        feed(&s, good, 0);
        assert_true(ipfix_stream_next(&s, &message, &len, &exported));
        assert_false(ipfix_stream_next(&s, &message, &len, &exported));
        assert_true(s.is_broken);
        assert_int_equal(s.position, 32);
        feed(&s, good, 32);
        assert_false(ipfix_stream_next(&s, &message, &len, &exported));
        assert_false(ipfix_stream_is(bad[i], 16));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cut_at_any_octet_changes_nothing),
        cmocka_unit_test(test_the_largest_message_has_room_behind_a_rest),
        cmocka_unit_test(test_what_is_no_message_breaks_the_stream_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
