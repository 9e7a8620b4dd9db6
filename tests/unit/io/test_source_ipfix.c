/* test_source_ipfix.c - exporters that connect by TCP, and files of IPFIX messages. */
#include "io/ipfix_stream.h"
#include "io/sources.h"
#include "io/udp_address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Last, because it has a macro fail(). */
#include <cmocka.h>

enum { LEN = 40, PATIENCE = 200 };

static struct burst burst;

static uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    getsockname(fd, (struct sockaddr *)&a, &len);
    close(fd);
    return ntohs(a.sin_port);
}

static struct source *open_spec(const char *spec)
{
    struct source_options options = {0};
    struct source *s;
    struct err e = {""};
    unsigned n;
    if (!source_open(spec, &options, 1, &s, &n, &e))
        fail_msg("%s", e.text);
    assert_int_equal(n, 1);
    assert_true(s->is_collector);
    return s;
}

static struct source *listen_on(uint16_t port)
{
    char spec[64];
    snprintf(spec, sizeof spec, "ipfix://127.0.0.1:%u", port);
    return open_spec(spec);
}

static int client(uint8_t host, uint16_t port)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | host)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* A message without sets, filled with a letter. */
static const uint8_t *message(char letter)
{
    static uint8_t bytes[LEN];
    memset(bytes, letter, sizeof bytes);
    memcpy(bytes, (const uint8_t[]){0, 10, 0, LEN, 0, 0, 0, 9}, 8);
    return bytes;
}

static void tell(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

/* Reads until there is a burst; how many datagrams it has, 0 when none came. */
static unsigned hear(struct source *s)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (s->ops->read(s, &burst, 10) == SOURCE_OK)
            return burst.n;
    }
    return 0;
}

static void assert_from(const struct datagram *d, const char *address, char letter)
{
    char text[ADDR_TEXT];
    addr_print(&d->from, text);
    assert_string_equal(text, address);
    assert_int_equal(d->len, LEN);
    assert_int_equal(d->bytes[LEN - 1], letter);
    assert_true(d->is_stream);
}

static void test_a_message_in_pieces_is_whole_for_its_exporter(void **state)
{
    uint16_t port = free_port();
    struct source *s = listen_on(port);
    int a = client(1, port), b = client(2, port);
    for (size_t cut = 1; cut < LEN; cut++) {
        tell(a, message('a'), cut);
        assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_IDLE);
        /* What another one sends meanwhile is its own. */
        tell(b, message('b'), LEN);
        assert_int_equal(hear(s), 1);
        assert_from(&burst.datagram[0], "127.0.0.2", 'b');
        tell(a, message('a') + cut, LEN - cut);
        assert_int_equal(hear(s), 1);
        assert_from(&burst.datagram[0], "127.0.0.1", 'a');
    }
    assert_int_equal(counter_get(&s->counts.received), 2 * (LEN - 1));
    assert_int_equal(counter_get(&s->counts.received_bytes), 2 * (LEN - 1) * LEN);
    close(a);
    assert_int_equal(hear(s), 1);
    assert_true(burst.datagram[0].is_end);
    assert_int_equal(burst.datagram[0].from.byte[15], 1);
    close(b);
    assert_int_equal(hear(s), 1);
    assert_true(burst.datagram[0].is_end);
    assert_int_equal(counter_get(&s->counts.received), 2 * (LEN - 1));
    assert_int_equal(counter_get(&s->counts.damaged), 0);
    s->ops->close(s);
}

static void wait_damaged(struct source *s, uint64_t n)
{
    for (unsigned i = 0; i < PATIENCE && counter_get(&s->counts.damaged) < n; i++)
        s->ops->read(s, &burst, 10);
    assert_int_equal(counter_get(&s->counts.damaged), n);
}

static void test_an_exporter_that_goes_away_inside_a_message_is_counted(void **state)
{
    uint16_t port = free_port();
    struct source *s = listen_on(port);
    int a = client(1, port);
    tell(a, message('a'), LEN);
    tell(a, message('a'), LEN - 1);
    assert_int_equal(hear(s), 1);
    close(a);
    wait_damaged(s, 1);
    /* The next session begins with a message. */
    a = client(1, port);
    tell(a, message('c'), LEN);
    assert_int_equal(hear(s), 1);
    assert_from(&burst.datagram[0], "127.0.0.1", 'c');
    close(a);
    s->ops->close(s);
}

static void test_who_speaks_something_else_is_disconnected_and_counted_once(void **state)
{
    uint16_t port = free_port();
    struct source *s = listen_on(port);
    int a = client(1, port);
    char rest;
    tell(a, message('a'), LEN);
    tell(a, "GET / HTTP/1.1\r\n\r\n", 18);
    assert_int_equal(hear(s), 1);
    wait_damaged(s, 1);
    for (unsigned i = 0; i < 5; i++)
        s->ops->read(s, &burst, 0);
    assert_int_equal(counter_get(&s->counts.damaged), 1);
    assert_true(recv(a, &rest, 1, 0) <= 0);
    close(a);
    s->ops->close(s);
}

/* A file of so many octets of messages. Its name. */
static const char *write_file(unsigned messages, size_t octets)
{
    static char path[32];
    snprintf(path, sizeof path, "/tmp/weir-ipfix-XXXXXX");
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    for (unsigned i = 0; i < messages; i++)
        assert_int_equal(write(fd, message((char)('a' + i % 26)), LEN), LEN);
    assert_int_equal(ftruncate(fd, (off_t)octets), 0);
    close(fd);
    return path;
}

static void test_a_file_is_read_to_its_end_with_its_own_times(void **state)
{
    enum { MESSAGES = 20000 };
    const char *path = write_file(MESSAGES, MESSAGES * LEN);
    struct source *s = open_spec(path);
    unsigned n = 0;
    enum source_result result;
    while ((result = s->ops->read(s, &burst, 0)) == SOURCE_OK) {
        for (unsigned i = 0; i < burst.n; i++, n++) {
            assert_int_equal(burst.datagram[i].bytes[LEN - 1], 'a' + n % 26);
            assert_int_equal(burst.datagram[i].received, 9 * SECOND);
        }
    }
    assert_int_equal(result, SOURCE_END);
    assert_int_equal(n, MESSAGES);
    assert_string_equal(s->damage, "");
    s->ops->close(s);
    unlink(path);
}

static void test_a_file_that_ends_inside_a_message_says_where(void **state)
{
    const char *path = write_file(3, 3 * LEN - 7);
    struct source *s = open_spec(path);
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_OK);
    assert_int_equal(burst.n, 2);
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_END);
    assert_non_null(strstr(s->damage, "byte 80"));
    assert_int_equal(counter_get(&s->counts.damaged), 1);
    s->ops->close(s);
    unlink(path);
}

static void test_several_workers_listen_on_one_port(void **state)
{
    struct source_options options = {0};
    struct source *s[3];
    struct err e = {""};
    char spec[64];
    unsigned n, got = 0;
    uint16_t port = free_port();
    snprintf(spec, sizeof spec, "ipfix://127.0.0.1:%u", port);
    if (!source_open(spec, &options, 3, s, &n, &e))
        fail_msg("%s", e.text);
    int fd = client(5, port);
    uint8_t message[16] = {0, 10, 0, 16};
    assert_int_equal(send(fd, message, sizeof message, 0), sizeof message);
    for (unsigned i = 0; i < PATIENCE && !got; i++) {
        for (unsigned k = 0; k < n; k++)
            got += s[k]->ops->read(s[k], &burst, 10) == SOURCE_OK;
    }
    assert_int_equal(got, 1);
    close(fd);
    for (unsigned k = 0; k < n; k++)
        s[k]->ops->close(s[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_in_pieces_is_whole_for_its_exporter),
        cmocka_unit_test(test_an_exporter_that_goes_away_inside_a_message_is_counted),
        cmocka_unit_test(test_who_speaks_something_else_is_disconnected_and_counted_once),
        cmocka_unit_test(test_a_file_is_read_to_its_end_with_its_own_times),
        cmocka_unit_test(test_a_file_that_ends_inside_a_message_says_where),
        cmocka_unit_test(test_several_workers_listen_on_one_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
