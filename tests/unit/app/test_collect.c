/* test_collect.c - what is kept comes back whole, in an order that no thread can change. */
#include "app/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct record record_of(unsigned i)
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {10, 0, 0, 2};
    struct record r;
    memset(&r, 0, sizeof r);
    r.client = addr_v4(client);
    r.server = addr_v4(server);
    r.client_port = (uint16_t)(1000 + i);
    r.server_port = 80;
    r.proto = 6;
    r.version = 4;
    r.first = r.flow_first = (nsec_t)(i / 2) * SECOND;
    r.sent_bytes = (i * 7919) % 101;
    r.worker = i % 3;
    r.slot = i;
    return r;
}

static void test_a_record_comes_back_as_it_was_without_its_place(void **state)
{
    (void)state;
    struct keeper c;
    struct collection all;
    struct order order = {0};
    struct record in = record_of(3), out;
    static const char name[] = "www.example.org";
    tail_set(&in.tail, STRING_sni, name, sizeof name - 1);
    in.risk = 1ULL << 63;

    keeper_init(&c, NULL);
    c.sink.record(&c.sink, &in);
    assert_true(collection_gather(&all, &c, 1, &order, NULL));
    assert_int_equal(all.n, 1);
    memset(&out, 0xff, sizeof out);
    collection_get(&all, 0, &out);

    in.worker = in.slot = in.generation = 0;
    assert_memory_equal(&in, &out, offsetof(struct record, tail));
    size_t len;
    const uint8_t *sni = tail_get(&out.tail, STRING_sni, &len);
    assert_int_equal(len, sizeof name - 1);
    assert_memory_equal(sni, name, len);
    collection_free(&all);
    keeper_fini(&c);
}

/* Gathers n records spread over some workers and returns the client ports in order. */
static void ports_in_order(unsigned n, unsigned workers, const struct order *order, uint16_t *port)
{
    struct keeper c[4];
    struct collection all;
    for (unsigned w = 0; w < workers; w++)
        keeper_init(&c[w], NULL);
    for (unsigned k = 0; k < n; k++) {
        struct record r = record_of((k * 31) % n);
        c[k % workers].sink.record(&c[k % workers].sink, &r);
    }
    assert_true(collection_gather(&all, c, workers, order, NULL));
    assert_int_equal(all.n, n);
    for (unsigned i = 0; i < n; i++) {
        struct record r;
        collection_get(&all, i, &r);
        port[i] = r.client_port;
    }
    collection_free(&all);
    for (unsigned w = 0; w < workers; w++)
        keeper_fini(&c[w]);
}

static void test_the_order_is_the_same_for_any_number_of_workers(void **state)
{
    (void)state;
    enum { N = 100 };
    uint16_t one[N], three[N];
    struct order order = {0};
    ports_in_order(N, 1, &order, one);
    ports_in_order(N, 3, &order, three);
    assert_memory_equal(one, three, sizeof one);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(one[i], 1000 + i);
}

static void test_a_field_orders_and_ties_keep_the_natural_order(void **state)
{
    (void)state;
    enum { N = 100 };
    uint16_t port[N], again[N];
    struct order order = {.by = field_find("c2s_bytes"), .largest_first = true};
    assert_non_null(order.by);
    ports_in_order(N, 1, &order, port);
    ports_in_order(N, 4, &order, again);
    assert_memory_equal(port, again, sizeof port);
    for (unsigned i = 1; i < N; i++) {
        uint64_t before = record_of(port[i - 1] - 1000U).sent_bytes;
        uint64_t now = record_of(port[i] - 1000U).sent_bytes;
        assert_true(before > now || (before == now && port[i - 1] < port[i]));
    }
}

static void test_text_fields_order_too(void **state)
{
    (void)state;
    enum { N = 10 };
    uint16_t port[N];
    struct order order = {.by = field_find("cli.ip")};
    ports_in_order(N, 2, &order, port);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(port[i], 1000 + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_comes_back_as_it_was_without_its_place),
        cmocka_unit_test(test_the_order_is_the_same_for_any_number_of_workers),
        cmocka_unit_test(test_a_field_orders_and_ties_keep_the_natural_order),
        cmocka_unit_test(test_text_fields_order_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
