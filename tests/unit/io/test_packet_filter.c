/* test_packet_filter.c - one expression put to frames of several link types. */
#include "io/packet_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/* Last, because it has a macro fail(). */
#include <cmocka.h>

/* An IPv4 packet to UDP port 53. */
static const uint8_t packet[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0,  0, 10,
                                   0,    0, 1, 10, 0, 0, 2, 1, 0,  0,  53, 0, 8};

/* It behind a link header of n bytes that ends with the protocol. */
static struct frame behind(uint8_t *room, size_t n, const char *end, size_t end_len, uint16_t link)
{
    memset(room, 0, n);
    memcpy(room + n - end_len, end, end_len);
    memcpy(room + n, packet, sizeof packet);
    uint32_t len = (uint32_t)(n + sizeof packet);
    return (struct frame){.bytes = room, .cap_len = len, .wire_len = len, .link = link};
}

static void test_one_expression_fits_many_link_types(void **state)
{
    (void)state;
    struct err e = {""};
    struct packet_filter *yes = packet_filter_new("udp dst port 53 and host 10.0.0.1", &e);
    struct packet_filter *no = packet_filter_new("udp dst port 54", &e);
    assert_non_null(yes);
    assert_non_null(no);
    uint8_t room[128];
    static const struct {
        uint16_t link;
        size_t header;
        const char *end;
        size_t end_len;
    } cases[] = {
        {1, 14, "\x08\0", 2},  {101, 0, "", 0},           {113, 16, "\x08\0", 2},
        {0, 4, "\2\0\0\0", 4}, {9, 4, "\xff\3\0\x21", 4},
    };
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct frame f =
                behind(room, cases[i].header, cases[i].end, cases[i].end_len, cases[i].link);
            assert_true(packet_filter_match(yes, &f));
            assert_false(packet_filter_match(no, &f));
        }
    }
    packet_filter_free(yes);
    packet_filter_free(no);
}

static void test_what_means_nothing_to_a_link_type_matches_nothing_there(void **state)
{
    (void)state;
    struct err e = {""};
    struct packet_filter *f = packet_filter_new("ether host 02:00:00:00:00:01", &e);
    assert_non_null(f);
    struct frame raw = {
        .bytes = packet, .cap_len = sizeof packet, .wire_len = sizeof packet, .link = 101};
    assert_false(packet_filter_match(f, &raw));
    uint8_t room[64];
    struct frame ether = behind(room, 14, "\2\0\0\0\0\1\x08\0", 8, 1);
    assert_true(packet_filter_match(f, &ether));
    packet_filter_free(f);
}

static void test_more_link_types_than_places_still_work(void **state)
{
    (void)state;
    struct err e = {""};
    struct packet_filter *f = packet_filter_new("len > 10", &e);
    assert_non_null(f);
    for (unsigned round = 0; round < 2; round++) {
        for (uint16_t link = 0; link < 300; link++) {
            struct frame frame = {
                .bytes = packet, .cap_len = sizeof packet, .wire_len = sizeof packet, .link = link};
            packet_filter_match(f, &frame);
        }
        struct frame frame = {
            .bytes = packet, .cap_len = sizeof packet, .wire_len = sizeof packet, .link = 101};
        assert_true(packet_filter_match(f, &frame));
        frame.wire_len = 10;
        assert_false(packet_filter_match(f, &frame));
    }
    packet_filter_free(f);
}

static void test_a_bad_expression_is_refused_with_its_text(void **state)
{
    (void)state;
    struct err e = {""};
    assert_null(packet_filter_new("tcp prt 80", &e));
    assert_non_null(strstr(e.text, "'tcp prt 80'"));
    assert_null(packet_filter_new("host 10.0.0.256", &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_expression_fits_many_link_types),
        cmocka_unit_test(test_what_means_nothing_to_a_link_type_matches_nothing_there),
        cmocka_unit_test(test_more_link_types_than_places_still_work),
        cmocka_unit_test(test_a_bad_expression_is_refused_with_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
