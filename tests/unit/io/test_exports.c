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
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool parse(struct export_target *t, const char *word, struct err *e)
{
    const struct export_defaults defaults = {.format = FLOW_NETFLOW9};
    return export_target_parse(t, word, strlen(word), &defaults, e);
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
    assert_true(parse(&t, "zmq+json://*:5557", &e));
    assert_true(t.is_json);
    assert_string_equal(t.endpoint, "tcp://*:5557");
    assert_true(parse(&t, "/var/flows/today.ipfix", &e));
    assert_int_equal(t.kind, EXPORT_TO_FILE);
    assert_string_equal(t.endpoint, "/var/flows/today.ipfix");
    assert_true(parse(&t, "ipfix+file://flows", &e));
    assert_string_equal(t.endpoint, "flows");
}

static void test_short_names_mean_what_nprobe_means_by_them(void **state)
{
    struct export_target t;
    struct err e = {""};
    assert_true(parse(&t, "collector.example", &e));
    assert_string_equal(t.port, "2055");
    assert_true(parse(&t, "9995", &e));
    assert_string_equal(t.host, "127.0.0.1");
    assert_string_equal(t.port, "9995");
    assert_true(parse(&t, "udp://[::1]", &e));
    assert_string_equal(t.host, "::1");
    assert_int_equal(t.format, FLOW_NETFLOW9);
    assert_true(parse(&t, "tcp://collector:4739", &e));
    assert_int_equal(t.kind, EXPORT_TO_COLLECTOR);
    assert_true(t.is_stream);
    const struct export_defaults of_zmq = {.is_zmq = true};
    assert_true(export_target_parse(&t, "tcp://*:5556", 12, &of_zmq, &e));
    assert_int_equal(t.kind, EXPORT_TO_ZMQ);
}

static void test_what_cannot_be_meant_is_told(void **state)
{
    struct export_target t;
    struct err e = {""};
    assert_false(parse(&t, "netflow7://h:1", &e));
    assert_non_null(strstr(e.text, "netflow9"));
    assert_false(parse(&t, ":2055", &e));
    assert_false(parse(&t, "ipfix+file://", &e));
    assert_false(parse(&t, "host:", &e));
    assert_false(parse(&t, "host:port", &e));
    assert_false(parse(&t, "2001:db8::1:2055", &e));
    assert_non_null(strstr(e.text, "brackets"));
}

/* A bound UDP socket; its port into *port. */
static void test_ports_are_told_when_there_are_none_such(void **state)
{
    static const char *const words[] = {"127.0.0.1:0", "127.0.0.1:70000", "70000", "0",
                                        "zmq+tcp://*:70000"};
    struct export_target t;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        struct err e = {""};
        assert_false(parse(&t, words[i], &e));
        assert_non_null(strstr(e.text, "ports are 1 to 65535"));
    }
    const struct export_defaults of_zmq = {.is_zmq = true};
    struct err e = {""};
    assert_false(export_target_parse(&t, "bad", 3, &of_zmq, &e));
}

/* The second name of a file is another path to it. */
static void test_a_file_is_written_once_and_only_where_there_is_a_directory(void **state)
{
    struct exports_config config = {.format = FLOW_IPFIX};
    char path[] = "/tmp/weir-export-XXXXXX", list[128], other[64];
    struct err e = {""};
    close(mkstemp(path));
    snprintf(other, sizeof other, "/tmp/./%s", path + 5);
    snprintf(list, sizeof list, "ipfix+file://%s,ipfix+file://%s", path, other);
    struct exports *x = exports_new(&config, &e);
    assert_false(exports_add(x, list, &e));
    assert_int_equal(exports_count(x), 1);
    assert_true(exports_write(x, other));
    assert_false(exports_write(x, path + 1));
    assert_false(exports_add(x, "ipfix+file:///no/such/directory/x", &e));
    exports_free(x);
    unlink(path);
}

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

static struct exports *open_all(const struct exports_config *config, const char *list)
{
    struct err e = {""};
    struct exports *x = exports_new(config, &e);
    assert_non_null(x);
    if (!exports_add(x, list, &e))
        fail_msg("%s", e.text);
    return x;
}

/* Records in the datagrams of NetFlow v5 that wait at a socket. */
static unsigned count_v5(int fd)
{
    uint8_t bytes[2000];
    unsigned n = 0;
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        n += load_be16(bytes + 2);
    return n;
}

static void test_flows_are_shared_out_and_none_is_told_twice(void **state)
{
    unsigned port[2], told[2];
    int fd[2] = {listen_udp(&port[0]), listen_udp(&port[1])};
    char list[128];
    snprintf(list, sizeof list, "127.0.0.1:%u,127.0.0.1:%u", port[0], port[1]);
    const struct exports_config config = {.format = FLOW_NETFLOW5,
                                          .packet_time = true,
                                          .queue_bytes = 1 << 20,
                                          .queue_time = SECOND,
                                          .shares_out = true};
    struct err e = {""};
    struct exports *x = open_all(&config, list);
    struct sink *sink = exports_feed(x, true, &e);
    assert_true(exports_start(x, &e));
    for (unsigned i = 0; i < 1000; i++) {
        const uint8_t client[4] = {10, 0, 0, (uint8_t)(i % 100)}, server[4] = {10, 1, 0, 1};
        struct record r = {.sent_packets = 1, .sent_bytes = 60, .first = SECOND, .last = SECOND};
        r.client = addr_v4(i % 200 < 100 ? client : server);
        r.server = addr_v4(i % 200 < 100 ? server : client);
        sink->record(sink, &r);
    }
    exports_stop(x, 10 * SECOND);
    for (unsigned i = 0; i < 2; i++) {
        struct export_state s;
        assert_true(exports_state(x, i, &s));
        assert_int_equal(s.sent, s.offered);
        told[i] = count_v5(fd[i]);
        assert_int_equal(told[i], s.sent);
        /* Both directions of a flow go the same way, so each client is there ten times or never. */
        assert_int_equal(told[i] % 10, 0);
        assert_true(told[i] > 200);
        close(fd[i]);
    }
    assert_int_equal(told[0] + told[1], 1000);
    exports_free(x);
}

static void test_datagrams_come_from_the_address_that_was_chosen(void **state)
{
    unsigned port, own;
    int fd = listen_udp(&port), reserved = listen_udp(&own);
    char list[64], from[64];
    close(reserved);
    snprintf(list, sizeof list, "netflow5://127.0.0.1:%u", port);
    snprintf(from, sizeof from, "127.0.0.1:%u", own);
    struct exports_config config = {
        .queue_bytes = 65536, .queue_time = SECOND, .from = from, .in_if = 7, .out_if = 9};
    struct err e = {""};
    struct exports *x = open_all(&config, list);
    struct sink *sink = exports_feed(x, true, &e);
    assert_true(exports_start(x, &e));
    static const uint8_t one[4] = {10, 0, 0, 1};
    struct record r = {.sent_packets = 1, .sent_bytes = 60};
    r.client = r.server = addr_v4(one);
    sink->record(sink, &r);
    r.exporter = r.client;
    r.in_if = 3;
    sink->record(sink, &r);
    exports_stop(x, 10 * SECOND);
    uint8_t bytes[2000];
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    assert_int_equal(recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&peer, &len), 120);
    assert_int_equal(ntohs(peer.sin_port), own);
    assert_int_equal(load_be16(bytes + 24 + 12), 7);
    assert_int_equal(load_be16(bytes + 24 + 14), 9);
    assert_int_equal(load_be16(bytes + 72 + 12), 3);
    exports_free(x);
    close(fd);
    config.from = "here";
    x = exports_new(&config, &e);
    assert_false(exports_add(x, list, &e));
    assert_non_null(strstr(e.text, "--export-from"));
    exports_free(x);
}

static void test_a_file_holds_whole_messages_of_ipfix(void **state)
{
    char path[] = "/tmp/weir-export-XXXXXX", list[64];
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    snprintf(list, sizeof list, "ipfix+file://%s", path);
    const struct exports_config config = {.queue_bytes = 65536, .queue_time = SECOND};
    struct err e = {""};
    struct exports *x = open_all(&config, list);
    struct sink *sink = exports_feed(x, true, &e);
    assert_true(exports_start(x, &e));
    struct record r = {.sent_packets = 1, .sent_bytes = 60};
    for (unsigned i = 0; i < 5000; i++)
        sink->record(sink, &r);
    exports_stop(x, 10 * SECOND);
    struct export_state s;
    assert_true(exports_state(x, 0, &s));
    assert_int_equal(s.sent, 5000);
    static uint8_t bytes[1 << 20];
    ssize_t len = read(fd, bytes, sizeof bytes);
    assert_int_equal(len, s.bytes);
    ssize_t at = 0;
    unsigned messages = 0;
    for (; at + 16 <= len; at += load_be16(bytes + at + 2), messages++)
        assert_int_equal(load_be16(bytes + at), 10);
    assert_int_equal(at, len);
    assert_int_equal(messages, s.messages);
    exports_free(x);
    close(fd);
    unlink(path);
}

/* A listener that accepts nothing and reads nothing. */
static int listen_deaf(unsigned *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    int size = 4096, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&in, &len);
    *port = ntohs(in.sin_port);
    return fd;
}

static uint64_t gone(const struct export_state *s)
{
    uint64_t n = s->sent;
    for (unsigned d = 0; d < EXPORT_DROPS; d++)
        n += s->dropped[d];
    return n;
}

static void test_a_deaf_collector_does_not_hold_the_others(void **state)
{
    enum { ROUNDS = 150, ROUND = 1000 };
    unsigned deaf_port, port;
    int deaf = listen_deaf(&deaf_port), fd = listen_udp(&port);
    char list[128];
    snprintf(list, sizeof list, "ipfix+tcp://127.0.0.1:%u,ipfix://127.0.0.1:%u", deaf_port, port);
    const struct exports_config config = {.queue_bytes = 1 << 20, .queue_time = SECOND};
    struct err e = {""};
    struct exports *x = open_all(&config, list);
    struct sink *sink = exports_feed(x, false, &e);
    assert_true(exports_start(x, &e));
    struct record r = {.sent_packets = 1, .sent_bytes = 60};
    struct export_state s;
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned k = 0; k < ROUND; k++)
            sink->record(sink, &r);
        /* Until the good one has taken all but what waits for its message to become full. */
        for (unsigned tries = 0; tries < 5000; tries++) {
            assert_true(exports_state(x, 1, &s));
            if (s.sent + 100 >= s.offered)
                break;
            usleep(1000);
        }
        assert_int_equal(s.dropped[EXPORT_DROP_queue_full], 0);
    }
    exports_stop(x, SECOND);
    assert_true(exports_state(x, 1, &s));
    assert_int_equal(s.sent, ROUNDS * ROUND);
    assert_true(exports_state(x, 0, &s));
    assert_true(s.dropped[EXPORT_DROP_queue_full] > 0);
    assert_int_equal(gone(&s), ROUNDS * ROUND);
    exports_free(x);
    close(deaf);
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
    assert_int_equal(s.offered, 1000);
    assert_int_equal(gone(&s), 1000);
    assert_true(s.dropped[EXPORT_DROP_queue_full] > 0);
    assert_true(s.dropped[EXPORT_DROP_not_connected] > 0);
    exports_free(x);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_name_format_and_place),
        cmocka_unit_test(test_short_names_mean_what_nprobe_means_by_them),
        cmocka_unit_test(test_what_cannot_be_meant_is_told),
        cmocka_unit_test(test_ports_are_told_when_there_are_none_such),
        cmocka_unit_test(test_a_file_is_written_once_and_only_where_there_is_a_directory),
        cmocka_unit_test(test_offered_is_sent_and_arrives),
        cmocka_unit_test(test_flows_are_shared_out_and_none_is_told_twice),
        cmocka_unit_test(test_datagrams_come_from_the_address_that_was_chosen),
        cmocka_unit_test(test_a_file_holds_whole_messages_of_ipfix),
        cmocka_unit_test(test_a_deaf_collector_does_not_hold_the_others),
        cmocka_unit_test(test_without_a_connection_everything_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
