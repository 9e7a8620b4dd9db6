/* test_zmq_subscriber.c - real ZMQ sockets on loopback: merged, bound, encrypted, gone and back. */
#include "io/zmq_subscriber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>
#include <cmocka.h>

enum { PATIENCE = 200, STEP_MS = 50 }; /* ten seconds, which a busy machine may need */

/* A probe: PUB socket that binds or connects. */
struct probe {
    void *context, *socket;
    char endpoint[128];
};

static struct probe probe_on(const char *endpoint, bool connects, const char *server_key)
{
    struct probe p = {.context = zmq_ctx_new()};
    int linger = 0;
    p.socket = zmq_socket(p.context, ZMQ_PUB);
    zmq_setsockopt(p.socket, ZMQ_LINGER, &linger, sizeof linger);
    if (server_key) {
        char public_key[41], secret_key[41];
        assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
        zmq_setsockopt(p.socket, ZMQ_CURVE_SERVERKEY, server_key, 41);
        zmq_setsockopt(p.socket, ZMQ_CURVE_PUBLICKEY, public_key, 41);
        zmq_setsockopt(p.socket, ZMQ_CURVE_SECRETKEY, secret_key, 41);
    }
    assert_int_equal(connects ? zmq_connect(p.socket, endpoint) : zmq_bind(p.socket, endpoint), 0);
    size_t n = sizeof p.endpoint;
    zmq_getsockopt(p.socket, ZMQ_LAST_ENDPOINT, p.endpoint, &n);
    return p;
}

static void probe_close(struct probe *p)
{
    zmq_close(p->socket);
    zmq_ctx_term(p->context);
}

static void publish(struct probe *p, const char *topic, const char *payload)
{
    char header[28] = {0};
    memcpy(header, topic, strlen(topic));
    zmq_send(p->socket, header, sizeof header, ZMQ_SNDMORE);
    zmq_send(p->socket, payload, strlen(payload), 0);
}

/* Publishes until it is received: subscriptions take their time. */
static bool hears(struct zmq_subscriber *s, struct probe *p, const char *payload)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        struct zmq_message m[ZMQ_BATCH];
        publish(p, "flow", payload);
        unsigned n = zmq_subscriber_read(s, m, ZMQ_BATCH, STEP_MS);
        for (unsigned k = 0; k < n; k++)
            if (m[k].header_len == 28 && m[k].payload_len == strlen(payload) &&
                !memcmp(m[k].payload, payload, m[k].payload_len))
                return true;
    }
    return false;
}

static struct zmq_subscriber *open_on(const char *endpoints, const struct zmq_keys *keys)
{
    struct err e = {""};
    struct zmq_subscriber_config config = {.endpoints = endpoints, .keys = keys};
    struct zmq_subscriber *s = zmq_subscriber_open(&config, &e);
    if (!s)
        fail_msg("%s", e.text);
    return s;
}

static void test_a_list_of_endpoints_is_merged(void **state)
{
    struct probe a = probe_on("tcp://127.0.0.1:*", false, NULL);
    struct probe b = probe_on("tcp://127.0.0.1:*", false, NULL);
    char list[300];
    snprintf(list, sizeof list, "%s,zmq%s", a.endpoint, b.endpoint + 3);
    struct zmq_subscriber *s = open_on(list, NULL);
    assert_true(hears(s, &a, "from a"));
    assert_true(hears(s, &b, "from b"));
    assert_true(zmq_subscriber_received(s) >= 2);
    assert_int_equal(zmq_subscriber_malformed(s), 0);
    zmq_subscriber_close(s);
    probe_close(&a);
    probe_close(&b);
}

static void test_a_probe_that_comes_back_is_heard_again(void **state)
{
    struct probe p = probe_on("tcp://127.0.0.1:*", false, NULL);
    char endpoint[128];
    memcpy(endpoint, p.endpoint, sizeof endpoint);
    struct zmq_subscriber *s = open_on(endpoint, NULL);
    assert_true(hears(s, &p, "before"));
    probe_close(&p);
    p = probe_on(endpoint, false, NULL);
    assert_true(hears(s, &p, "after"));
    zmq_subscriber_close(s);
    probe_close(&p);
}

static void test_a_final_c_makes_the_collector_bind(void **state)
{
    char endpoint[64], bound[70];
    snprintf(endpoint, sizeof endpoint, "ipc:///tmp/weir-test-%d.zmq", (int)getpid());
    snprintf(bound, sizeof bound, "%sc", endpoint);
    struct zmq_subscriber *s = open_on(bound, NULL);
    struct probe p = probe_on(endpoint, true, NULL);
    assert_true(hears(s, &p, "hello"));
    zmq_subscriber_close(s);
    probe_close(&p);
    unlink(endpoint + 6);
}

static void test_only_probes_with_our_key_are_heard(void **state)
{
    char dir[] = "/tmp/weir-keys-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    struct err e = {""};
    struct zmq_keys keys, again;
    assert_true(zmq_keys_load(dir, &keys, &e));
    assert_true(zmq_keys_load(dir, &again, &e));
    assert_memory_equal(&keys, &again, sizeof keys);
    struct stat st;
    snprintf(path, sizeof path, "%s/zmq-key.priv", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    struct probe good = probe_on("tcp://127.0.0.1:*", false, keys.public_key);
    struct probe plain = probe_on("tcp://127.0.0.1:*", false, NULL);
    char list[300];
    snprintf(list, sizeof list, "%s,%s", good.endpoint, plain.endpoint);
    struct zmq_subscriber *s = open_on(list, &keys);
    assert_true(hears(s, &good, "secret"));
    struct zmq_message m[ZMQ_BATCH];
    while (zmq_subscriber_read(s, m, ZMQ_BATCH, STEP_MS))
        continue;
    for (unsigned i = 0; i < 6; i++) {
        publish(&plain, "flow", "plain");
        assert_int_equal(zmq_subscriber_read(s, m, ZMQ_BATCH, STEP_MS), 0);
    }
    zmq_subscriber_close(s);
    probe_close(&good);
    probe_close(&plain);
    unlink(path);
    assert_false(zmq_keys_load(dir, &again, &e));
    snprintf(path, sizeof path, "%s/zmq-key.pub", dir);
    unlink(path);
    rmdir(dir);
}

static void test_a_message_of_one_or_three_parts_is_counted(void **state)
{
    struct probe p = probe_on("tcp://127.0.0.1:*", false, NULL);
    struct zmq_subscriber *s = open_on(p.endpoint, NULL);
    assert_true(hears(s, &p, "fine"));
    zmq_send(p.socket, "flow", 4, 0);
    zmq_send(p.socket, "flow", 4, ZMQ_SNDMORE);
    zmq_send(p.socket, "two", 3, ZMQ_SNDMORE);
    zmq_send(p.socket, "three", 5, 0);
    assert_true(hears(s, &p, "still fine"));
    assert_int_equal(zmq_subscriber_malformed(s), 2);
    zmq_subscriber_close(s);
    probe_close(&p);
}

static void test_a_wake_ends_the_wait_and_nonsense_is_refused(void **state)
{
    struct zmq_subscriber *s = open_on("tcp://127.0.0.1:1", NULL);
    struct zmq_message m[1];
    zmq_subscriber_wake(s);
    assert_int_equal(zmq_subscriber_read(s, m, 1, 600000), 0);
    zmq_subscriber_close(s);
    struct err e = {""};
    struct zmq_subscriber_config config = {.endpoints = "tcp://127.0.0.1:5556,nonsense"};
    assert_null(zmq_subscriber_open(&config, &e));
    assert_non_null(strstr(e.text, "nonsense"));
    assert_false(zmq_is_endpoint("eth0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_of_endpoints_is_merged),
        cmocka_unit_test(test_a_probe_that_comes_back_is_heard_again),
        cmocka_unit_test(test_a_final_c_makes_the_collector_bind),
        cmocka_unit_test(test_only_probes_with_our_key_are_heard),
        cmocka_unit_test(test_a_message_of_one_or_three_parts_is_counted),
        cmocka_unit_test(test_a_wake_ends_the_wait_and_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
