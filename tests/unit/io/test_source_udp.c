/* test_source_udp.c - datagrams of exporters over loopback, counted to the last one. */
#include "io/sources.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/udp_address.h"

/* Last, because it has a macro fail(). */
#include <cmocka.h>

enum { FLOOD = 20000, WORKERS = 4 };

static struct burst burst;

/* A port of loopback that is free now. */
static uint16_t free_port(int family)
{
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    uint16_t port = 0;
    int fd = socket(family, SOCK_DGRAM, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, len) == -1)
        return 0;
    len = sizeof a;
    getsockname(fd, (struct sockaddr *)&a, &len);
    udp_address_of(&a, &port);
    close(fd);
    return port;
}

/* A socket of 127.0.0.host that sends to the port. */
static int sender(uint8_t host, uint16_t port)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | host)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void open_on(const char *words, uint16_t port, uint64_t buffer, struct source **out,
                    unsigned workers)
{
    char spec[64];
    struct source_options options = {.ring_bytes = buffer};
    struct err e = {""};
    unsigned n;
    snprintf(spec, sizeof spec, "udp://%s:%u", words, port);
    if (!source_open(spec, &options, workers, out, &n, &e))
        fail_msg("%s", e.text);
    assert_int_equal(n, workers);
}

static void test_a_datagram_keeps_its_bytes_and_its_sender(void **state)
{
    struct source *s;
    uint16_t port = free_port(AF_INET);
    open_on("127.0.0.1", port, 0, &s, 1);
    int fd = sender(5, port);
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    assert_int_equal(s->ops->read(s, &burst, 1000), SOURCE_OK);
    assert_int_equal(burst.n, 1);
    const struct datagram *d = &burst.datagram[0];
    char text[ADDR_TEXT];
    addr_print(&d->from, text);
    assert_string_equal(text, "127.0.0.5");
    assert_int_equal(d->len, 5);
    assert_memory_equal(d->bytes, "hello", 5);
    assert_int_equal(d->to_port, port);
    assert_true(d->received > 0 && d->received <= burst.now);
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_IDLE);
    close(fd);
    s->ops->close(s);
}

static void test_what_was_received_and_what_was_dropped_is_what_was_sent(void **state)
{
    struct source *s;
    uint16_t port = free_port(AF_INET);
    open_on("127.0.0.1", port, 4096, &s, 1);
    int fd = sender(1, port);
    char bytes[1000] = "";
    uint64_t sent = 0;
    for (unsigned i = 0; i < FLOOD; i++) {
        sent += send(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes;
        if (i % 1000 == 0)
            s->ops->read(s, &burst, 0);
    }
    while (s->ops->read(s, &burst, 50) == SOURCE_OK) {
    }
    uint64_t received = counter_get(&s->counts.received);
    uint64_t dropped = counter_get(&s->counts.kernel_dropped);
    assert_true(received > 0 && dropped > 0);
    assert_int_equal(received + dropped, sent);
    assert_int_equal(counter_get(&s->counts.received_bytes), received * sizeof bytes);
    close(fd);
    s->ops->close(s);
}

static void test_an_exporter_stays_with_one_worker_whatever_port_it_sends_from(void **state)
{
    struct source *s[WORKERS];
    uint16_t port = free_port(AF_INET);
    unsigned used = 0;
    open_on("127.0.0.1", port, 0, s, WORKERS);
    for (uint8_t host = 1; host <= 40; host++) {
        for (unsigned i = 0; i < 3; i++) {
            int fd = sender(host, port);
            assert_int_equal(send(fd, "x", 1, 0), 1);
            close(fd);
        }
        unsigned workers = 0;
        for (unsigned w = 0; w < WORKERS; w++) {
            if (s[w]->ops->read(s[w], &burst, 0) != SOURCE_OK)
                continue;
            assert_int_equal(burst.n, 3);
            workers++;
            used |= 1u << w;
        }
        assert_int_equal(workers, 1);
    }
    assert_int_equal(used, (1 << WORKERS) - 1);
    for (unsigned w = 0; w < WORKERS; w++)
        s[w]->ops->close(s[w]);
}

static void test_all_addresses_take_both_families(void **state)
{
    struct source *s;
    uint16_t port = free_port(AF_INET6);
    if (!port)
        skip(); /* a machine without IPv6 */
    open_on("", port, 0, &s, 1);
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int six = socket(AF_INET6, SOCK_DGRAM, 0), four = sender(7, port);
    bool has_six = sendto(six, "6", 1, 0, (struct sockaddr *)&to, sizeof to) == 1;
    assert_int_equal(send(four, "4", 1, 0), 1);
    unsigned got = 0;
    while (got < 1u + has_six && s->ops->read(s, &burst, 1000) == SOURCE_OK)
        for (unsigned i = 0; i < burst.n; i++, got++)
            assert_int_equal(addr_is_v4(&burst.datagram[i].from), *burst.datagram[i].bytes == '4');
    assert_int_equal(got, 1 + has_six);
    close(six);
    close(four);
    s->ops->close(s);
}

static void check_refused(const char *spec, const char *words)
{
    struct source_options options = {0};
    struct source *out[2];
    struct err e = {""};
    unsigned n = 7;
    assert_false(source_open(spec, &options, 2, out, &n, &e));
    assert_int_equal(n, 0);
    if (!strstr(e.text, words))
        fail_msg("'%s' is not in '%s'", words, e.text);
}

static void test_what_is_no_address_is_told(void **state)
{
    check_refused("udp://nowhere", "there is no port");
    check_refused("udp://:70000", "70000 is no port");
    check_refused("udp://:20x5", "20x5 is no port");
    check_refused("udp://nowhere:2055", "nowhere is no address");
    check_refused("udp://[::1]", "there is no port");
    check_refused("udp://192.0.2.1:2055", "port 2055: ");
}

static void test_several_ports_are_one_source(void **state)
{
    struct udp_address a;
    struct err e = {""};
    assert_true(udp_address_parse("[2001:db8::1]:2055,6343,9995", "x", &a, &e));
    assert_int_equal(a.ports, 3);
    assert_int_equal(a.port[1], 6343);
    assert_false(a.any);
    assert_true(udp_address_parse("*:4739", "x", &a, &e) && a.any);
    assert_true(udp_address_parse("0.0.0.0:0", "x", &a, &e));
}

static void test_a_port_is_not_shared_with_whoever_listens_there(void **state)
{
    char spec[64];
    struct source *first, *second;
    struct source_options options = {0};
    struct err e = {""};
    unsigned n;
    uint16_t port = free_port(AF_INET);
    open_on("127.0.0.1", port, 0, &first, 1);
    snprintf(spec, sizeof spec, "udp://127.0.0.1:%u", port);
    assert_false(source_open(spec, &options, 1, &second, &n, &e));
    assert_non_null(strstr(e.text, "in use"));
    first->ops->close(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_datagram_keeps_its_bytes_and_its_sender),
        cmocka_unit_test(test_what_was_received_and_what_was_dropped_is_what_was_sent),
        cmocka_unit_test(test_an_exporter_stays_with_one_worker_whatever_port_it_sends_from),
        cmocka_unit_test(test_all_addresses_take_both_families),
        cmocka_unit_test(test_what_is_no_address_is_told),
        cmocka_unit_test(test_several_ports_are_one_source),
        cmocka_unit_test(test_a_port_is_not_shared_with_whoever_listens_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
