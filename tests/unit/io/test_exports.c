/* test_exports.c - what --export names, and that each record is sent or counted. */
#include "base/cursor.h"
#include "io/exports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool parse(struct export_target *t, const char *word, struct err *e)
{
    return export_target_parse(t, word, strlen(word), FLOW_NETFLOW9, e);
}

static void test_words_name_format_and_place(void **state)
{
    struct export_target t;
    struct err e = {""};
    assert_true(parse(&t, "collector.example:2055", &e));
    assert_int_equal(t.format, FLOW_NETFLOW9);
    assert_string_equal(t.host, "collector.example");
    assert_string_equal(t.port, "2055");
    assert_true(parse(&t, "ipfix+tcp://[2001:db8::1]:4739", &e));
    assert_int_equal(t.format, FLOW_IPFIX);
    assert_true(t.is_stream);
    assert_string_equal(t.host, "2001:db8::1");
    assert_true(parse(&t, "zmq+tcp://*:5556", &e));
    assert_int_equal(t.kind, EXPORT_TO_ZMQ);
    assert_string_equal(t.endpoint, "tcp://*:5556");
    assert_true(parse(&t, "netflow5://10.0.0.1:9", &e));
    assert_int_equal(t.format, FLOW_NETFLOW5);
}

static void test_what_cannot_be_meant_is_told(void **state)
{
    struct export_target t;
    struct err e = {""};
    assert_false(parse(&t, "netflow7://h:1", &e));
    assert_non_null(strstr(e.text, "netflow9"));
    assert_false(parse(&t, "host", &e));
    assert_false(parse(&t, "host:", &e));
    assert_false(parse(&t, "host:port", &e));
    assert_false(parse(&t, "2001:db8::1:2055", &e));
    assert_non_null(strstr(e.text, "brackets"));
}

/* A bound UDP socket; its port into *port. */
static int listen_udp(unsigned *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    struct timeval most = {.tv_sec = 5};
    int size = 4 << 20;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_not_equal(fd, -1);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    getsockname(fd, (struct sockaddr *)&in, &len);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    *port = ntohs(in.sin_port);
    return fd;
}

static void test_offered_is_sent_and_arrives(void **state)
{
    unsigned port;
    int fd = listen_udp(&port);
    char list[64];
    snprintf(list, sizeof list, "none,netflow5://127.0.0.1:%u", port);
    struct err e = {""};
    struct exports_config config = {.format = FLOW_IPFIX,
                                    .packet_time = true,
                                    .mtu = FLOW_OUT_MTU,
                                    .queue_bytes = 65536,
                                    .queue_time = SECOND};
    struct exports *x = exports_new(&config, &e);
    assert_non_null(x);
    assert_true(exports_add(x, list, &e));
    assert_int_equal(exports_count(x), 1);
    struct sink *sink = exports_feed(x, true, &e);
    assert_non_null(sink);
    assert_true(exports_start(x, &e));
    struct record r = {.sent_packets = 1, .sent_bytes = 60, .first = SECOND, .last = SECOND};
    static const uint8_t one[4] = {10, 0, 0, 1};
    r.client = r.server = addr_v4(one);
    for (unsigned i = 0; i < 290; i++)
        sink->record(sink, &r);
    memset(&r.client, 0x20, sizeof r.client);
    sink->record(sink, &r);
    exports_stop(x, 10 * SECOND);
    struct export_state s;
    assert_true(exports_state(x, 0, &s));
    assert_int_equal(s.offered, 291);
    assert_int_equal(s.sent, 290);
    assert_int_equal(s.dropped[EXPORT_DROP_not_expressible], 1);
    unsigned arrived = 0;
    for (unsigned i = 0; i < s.messages; i++) {
        uint8_t bytes[2000];
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        assert_true(n >= 24);
        assert_int_equal(load_be32(bytes + 16), arrived);
        arrived += load_be16(bytes + 2);
    }
    assert_int_equal(arrived, 290);
    exports_free(x);
    close(fd);
}

static void test_without_a_connection_everything_is_counted(void **state)
{
    unsigned port;
    int fd = listen_udp(&port);
    char list[64];
    snprintf(list, sizeof list, "ipfix+tcp://127.0.0.1:%u", port);
    struct err e = {""};
    struct exports_config config = {
        .format = FLOW_IPFIX, .queue_bytes = 65536, .queue_time = SECOND};
    struct exports *x = exports_new(&config, &e);
    assert_true(exports_add(x, list, &e));
    struct sink *sink = exports_feed(x, false, &e);
    assert_true(exports_start(x, &e));
    struct record r = {.sent_packets = 1, .sent_bytes = 60};
    for (unsigned i = 0; i < 1000; i++)
        sink->record(sink, &r);
    exports_stop(x, 10 * SECOND);
    struct export_state s;
    assert_true(exports_state(x, 0, &s));
    uint64_t gone = 0;
    for (unsigned d = 0; d < EXPORT_DROPS; d++)
        gone += s.dropped[d];
    assert_int_equal(s.offered, 1000);
    assert_int_equal(gone, 1000);
    assert_true(s.dropped[EXPORT_DROP_queue_full] > 0);
    assert_true(s.dropped[EXPORT_DROP_not_connected] > 0);
    exports_free(x);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_name_format_and_place),
        cmocka_unit_test(test_what_cannot_be_meant_is_told),
        cmocka_unit_test(test_offered_is_sent_and_arrives),
        cmocka_unit_test(test_without_a_connection_everything_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
