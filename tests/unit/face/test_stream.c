/* test_stream.c - server-sent events: frames, changes, sharing, slow readers, the end. */
#include "stage.h"

#include <zlib.h>

#include "face/stream.h"
#include "read_json.h"

static struct stage *stage;

/* A listener: its socket and what has come, unchunked and decompressed. */
/* How long a busy machine may take to do what a quiet one does at once. */
static const nsec_t long_enough = 20 * SECOND;

struct listener {
    int fd;
    bool gzip, head_done;
    z_stream z;
    struct text raw, seen;
};

static void listener_open(struct listener *l, const char *topics, bool gzip)
{
    struct text request = {0};
    *l = (struct listener){.gzip = gzip, .fd = stage_connect(stage->port)};
    if (gzip)
        assert_int_equal(inflateInit2(&l->z, 15 + 16), Z_OK);
    text_printf(&request, "GET /api/v1/stream?topics=%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                topics, gzip ? "Accept-Encoding: gzip\r\n" : "");
    assert_int_equal(send(l->fd, request.data, request.len, MSG_NOSIGNAL), (ssize_t)request.len);
    text_free(&request);
}

static void listener_close(struct listener *l)
{
    close(l->fd);
    if (l->gzip)
        inflateEnd(&l->z);
    text_free(&l->raw);
    text_free(&l->seen);
}

static void take_chunk(struct listener *l, const char *bytes, size_t n)
{
    if (!l->gzip) {
        text_add_n(&l->seen, bytes, n);
        return;
    }
    l->z.next_in = (Bytef *)(uintptr_t)bytes;
    l->z.avail_in = (uInt)n;
    while (l->z.avail_in) {
        char out[65536];
        l->z.next_out = (Bytef *)out;
        l->z.avail_out = sizeof out;
        assert_true(inflate(&l->z, Z_SYNC_FLUSH) >= Z_OK);
        text_add_n(&l->seen, out, sizeof out - l->z.avail_out);
    }
}

static void take_bytes(struct listener *l)
{
    if (!l->head_done) {
        char *end = l->raw.data ? strstr(l->raw.data, "\r\n\r\n") : NULL;
        if (!end)
            return;
        assert_non_null(strstr(l->raw.data, "text/event-stream"));
        assert_non_null(strstr(l->raw.data, "Content-Security-Policy"));
        l->head_done = true;
        size_t head = (size_t)(end - l->raw.data) + 4;
        memmove(l->raw.data, l->raw.data + head, l->raw.len - head);
        l->raw.len -= head;
        l->raw.data[l->raw.len] = 0;
    }
    for (;;) {
        char *end = NULL;
        size_t n = l->raw.len ? strtoul(l->raw.data, &end, 16) : 0;
        size_t head = end ? (size_t)(end - l->raw.data) + 2 : 0;
        if (!n || l->raw.len < head + n + 2)
            return;
        take_chunk(l, l->raw.data + head, n);
        memmove(l->raw.data, l->raw.data + head + n + 2, l->raw.len - head - n - 2);
        l->raw.len -= head + n + 2;
        l->raw.data[l->raw.len] = 0;
    }
}

/* Reads until `what` has been seen `times` times, or the time is over. */
static bool listener_wait(struct listener *l, const char *what, int times, nsec_t patience)
{
    nsec_t deadline = clock_mono() + patience;
    char buf[65536];
    for (;;) {
        int n = 0;
        for (const char *p = l->seen.data; p && (p = strstr(p, what)); p++)
            n++;
        if (n >= times)
            return true;
        struct pollfd p = {.fd = l->fd, .events = POLLIN};
        nsec_t left = deadline - clock_mono();
        if (left <= 0 || poll(&p, 1, (int)(left / MILLISECOND) + 1) < 1)
            return false;
        ssize_t got = recv(l->fd, buf, sizeof buf, 0);
        if (got <= 0)
            return false;
        text_add_n(&l->raw, buf, (size_t)got);
        take_bytes(l);
    }
}

static void listener_sid(struct listener *l, char *sid)
{
    assert_true(listener_wait(l, "event: hello\ndata: {\"sid\":\"", 1, long_enough));
    const char *p = strstr(l->seen.data, "\"sid\":\"") + 7;
    snprintf(sid, 33, "%.32s", p);
    assert_int_equal(strspn(sid, "0123456789abcdef"), 32);
}

/* The data of the last frame of a topic. */
static void last_data(struct listener *l, const char *topic, struct text *data)
{
    char event[200];
    const char *last = NULL;
    snprintf(event, sizeof event, "\nevent: %s\ndata: ", topic);
    for (const char *p = l->seen.data; (p = strstr(p, event)); p++)
        last = p;
    assert_non_null(last);
    last += strlen(event);
    text_reset(data);
    text_add_n(data, last, strcspn(last, "\n"));
}

static void test_frames_come_at_once_and_every_second(void **state)
{
    (void)state;
    struct listener l;
    struct text data = {0};
    nsec_t begin = clock_mono();
    listener_open(&l, "totals%3Fif%3D0,flows%3Fq%3Dsrv.port%253D80%26limit%3D1", false);
    assert_true(listener_wait(&l, "event: totals?if=0\n", 1, long_enough));
    assert_true(listener_wait(&l, "event: flows?q=srv.port%3D80&limit=1\n", 1, long_enough));
    assert_true(listener_wait(&l, "event: totals?if=0\n", 3, long_enough));
    assert_true(clock_mono() - begin > SECOND);
    last_data(&l, "flows?q=srv.port%3D80&limit=1", &data);
    assert_true(json_is_valid(data.data));
    assert_true(json_says(data.data, "data.0.cli.ip", "192.168.1.10"));
    last_data(&l, "totals?if=0", &data);
    assert_true(json_number(data.data, "data.ip_packets") == 14);
    const char *id = strstr(l.seen.data, "\nid: ");
    assert_true(strtod(id + 5, NULL) > 1.5e12);
    text_free(&data);
    listener_close(&l);
}

static void test_a_compressed_stream_says_the_same_in_less(void **state)
{
    (void)state;
    struct listener l;
    struct text data = {0};
    listener_open(&l, "flows,hosts", true);
    assert_true(listener_wait(&l, "event: hosts\n", 3, long_enough));
    last_data(&l, "hosts", &data);
    assert_true(json_is_valid(data.data));
    print_message("%lu bytes came for %lu\n", l.z.total_in, l.z.total_out);
    assert_true(l.z.total_in * 3 < l.z.total_out);
    text_free(&data);
    listener_close(&l);
}

static void test_topics_change_without_a_new_connection(void **state)
{
    (void)state;
    struct listener l;
    char sid[33], target[200];
    listener_open(&l, "totals", false);
    listener_sid(&l, sid);
    assert_true(listener_wait(&l, "event: totals\n", 1, long_enough));
    snprintf(target, sizeof target, "/api/v1/stream/%s?topics=summary,hosts%%3Flimit%%3D2", sid);
    struct got g = stage_ask(stage->port, "PATCH", target, "Content-Length: 0\r\n");
    assert_int_equal(g.status, 200);
    assert_true(json_is_valid(g.body.data));
    assert_int_equal(json_count(g.body.data, "data.topics"), 2);
    got_free(&g);
    assert_true(listener_wait(&l, "event: hosts?limit=2\n", 1, long_enough));
    text_reset(&l.seen);
    assert_true(listener_wait(&l, "event: summary\n", 2, long_enough));
    assert_null(strstr(l.seen.data, "event: totals\n"));
    listener_close(&l);
}

static void test_a_bad_topic_is_told_in_its_frame(void **state)
{
    (void)state;
    struct listener l;
    struct text data = {0};
    listener_open(&l, "flows%3Fq%3Dapp%253D,nothing,flows%3Fformat%3Dcsv,stream", false);
    assert_true(listener_wait(&l, "event: stream\n", 1, long_enough));
    assert_true(listener_wait(&l, "event: nothing\n", 1, long_enough));
    assert_true(listener_wait(&l, "event: flows?q=app%3D\n", 1, long_enough));
    assert_true(listener_wait(&l, "event: flows?format=csv\n", 1, long_enough));
    last_data(&l, "flows?q=app%3D", &data);
    assert_int_equal(json_number(data.data, "status"), 400);
    assert_true(json_at(data.data, "at") != NULL);
    last_data(&l, "nothing", &data);
    assert_int_equal(json_number(data.data, "status"), 404);
    last_data(&l, "flows?format=csv", &data);
    assert_int_equal(json_number(data.data, "status"), 400);
    text_free(&data);
    listener_close(&l);
    struct got g = stage_get(stage->port, "/api/v1/stream?topics=a%0Ab");
    assert_int_equal(g.status, 400);
    got_free(&g);
}

static double questions(void)
{
    struct got g = stage_get(stage->port, "/api/v1/system");
    double n = json_number(g.body.data, "data.questions.answered");
    got_free(&g);
    return n;
}

/* Fifty browsers cost what one does. */
static void test_fifty_listeners_ask_the_engine_once(void **state)
{
    (void)state;
    enum { MANY = 50 };
    static struct listener l[MANY];
    for (int i = 0; i < MANY; i++)
        listener_open(&l[i], "flows%3Flimit%3D20,hosts%3Flimit%3D20", i % 2);
    for (int i = 0; i < MANY; i++)
        assert_true(listener_wait(&l[i], "event: hosts?limit=20\n", 1, long_enough));
    double before = questions();
    nsec_t begin = clock_mono();
    clock_sleep(3 * SECOND);
    double rate = (questions() - before) / ((double)(clock_mono() - begin) / 1e9);
    print_message("%.1f questions a second for %d listeners\n", rate, MANY);
    assert_true(rate < 8);
    for (int i = 0; i < MANY; i++) {
        assert_true(listener_wait(&l[i], "event: hosts?limit=20\n", 3, long_enough));
        listener_close(&l[i]);
    }
}

static void test_what_cost_workers_much_is_shared_for_longer(void **state)
{
    (void)state;
    assert_int_equal(desk_stay(0), 1);
    assert_int_equal(desk_stay(9 * MILLISECOND), 1);
    assert_int_equal(desk_stay(35 * MILLISECOND), 4);
    assert_int_equal(desk_stay(10 * SECOND), 10);
}

/* Reads without taking chunks apart until the bytes have been seen. */
static bool raw_has(int fd, const char *what, nsec_t patience)
{
    static char buf[1 << 20];
    size_t keep = 0, n = strlen(what);
    nsec_t deadline = clock_mono() + patience;
    while (clock_mono() < deadline) {
        ssize_t got = recv(fd, buf + keep, sizeof buf - keep, 0);
        if (got <= 0)
            return false;
        if (memmem(buf, keep + (size_t)got, what, n))
            return true;
        size_t all = keep + (size_t)got;
        keep = all < n ? all : n;
        memmove(buf, buf + all - keep, keep);
    }
    return false;
}

/* A new listener's first frames are his alone. */
static void test_newcomers_do_not_cost_the_others_frames(void **state)
{
    (void)state;
    struct listener first, more[10];
    listener_open(&first, "hosts", false);
    assert_true(listener_wait(&first, "event: hosts\n", 2, long_enough));
    text_reset(&first.seen);
    for (int i = 0; i < 10; i++) {
        listener_open(&more[i], "hosts", false);
        assert_true(listener_wait(&more[i], "event: hosts\n", 1, long_enough));
    }
    assert_true(listener_wait(&first, "event: hosts\n", 1, long_enough));
    assert_false(listener_wait(&first, "event: hosts\n", 5, SECOND));
    for (int i = 0; i < 10; i++)
        listener_close(&more[i]);
    listener_close(&first);
}

/* One who does not read loses frames and is told; one who reads gets all of his. */
static void test_a_slow_reader_loses_frames_and_nobody_else_does(void **state)
{
    (void)state;
    struct listener slow, quick;
    char sid[33];
    int small = 128 * 1024;
    struct text topics = {0};
    for (int i = 0; i < 30; i++)
        text_printf(&topics, "%sopenapi.json%%3Fn%%3D%d", i ? "," : "", i);
    slow = (struct listener){.fd = stage_connect(stage->port)};
    setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct text request = {0};
    text_printf(&request, "GET /api/v1/stream?topics=%s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                topics.data);
    send(slow.fd, request.data, request.len, MSG_NOSIGNAL);
    listener_open(&quick, "totals", false);
    listener_sid(&quick, sid);
    for (int i = 2; i <= 8; i++)
        assert_true(listener_wait(&quick, "event: totals\n", i, long_enough));
    assert_null(strstr(quick.seen.data, "event: lag"));
    assert_true(raw_has(slow.fd, "event: lag\ndata: {\"lost\":", 15 * SECOND));
    text_free(&request);
    text_free(&topics);
    listener_close(&slow);
    listener_close(&quick);
}

static void test_a_stream_that_has_gone_is_forgotten(void **state)
{
    (void)state;
    struct listener l;
    char sid[33], target[80];
    listener_open(&l, "totals", false);
    listener_sid(&l, sid);
    listener_close(&l);
    clock_sleep(2500 * MILLISECOND);
    snprintf(target, sizeof target, "/api/v1/stream/%s?topics=hosts", sid);
    struct got g = stage_ask(stage->port, "PATCH", target, "Content-Length: 0\r\n");
    assert_int_equal(g.status, 404);
    got_free(&g);
}

static void test_streams_are_bounded(void **state)
{
    (void)state;
    static struct listener l[STREAM_LISTENERS];
    for (int i = 0; i < STREAM_LISTENERS; i++)
        listener_open(&l[i], "totals", false);
    /* All of them: the loops take connections in their own order, and one place left would do. */
    for (int i = 0; i < STREAM_LISTENERS; i++)
        assert_true(listener_wait(&l[i], "event: hello", 1, long_enough));
    struct got g = stage_get(stage->port, "/api/v1/stream?topics=totals");
    assert_int_equal(g.status, 503);
    assert_non_null(strstr(g.head.data, "Retry-After"));
    got_free(&g);
    for (int i = 0; i < STREAM_LISTENERS; i++)
        listener_close(&l[i]);
    clock_sleep(2500 * MILLISECOND);
    listener_open(&l[0], "totals", false);
    assert_true(
        listener_wait(&l[0], "event: hello", 1, long_enough)); /* the places are free again */
    listener_close(&l[0]);
}

static int set_up(void **state)
{
    (void)state;
    stage = stage_open();
    return 0;
}

/* The face stops while a listener listens: the stream ends and nothing hangs. */
static int tear_down(void **state)
{
    (void)state;
    struct listener l;
    char buf[65536];
    listener_open(&l, "totals", false);
    assert_true(listener_wait(&l, "event: totals\n", 1, long_enough));
    nsec_t begin = clock_mono();
    stage_close_all(stage);
    assert_true(clock_mono() - begin < long_enough);
    while (recv(l.fd, buf, sizeof buf, 0) > 0)
        ;
    listener_close(&l);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_at_once_and_every_second),
        cmocka_unit_test(test_a_compressed_stream_says_the_same_in_less),
        cmocka_unit_test(test_topics_change_without_a_new_connection),
        cmocka_unit_test(test_a_bad_topic_is_told_in_its_frame),
        cmocka_unit_test(test_fifty_listeners_ask_the_engine_once),
        cmocka_unit_test(test_what_cost_workers_much_is_shared_for_longer),
        cmocka_unit_test(test_newcomers_do_not_cost_the_others_frames),
        cmocka_unit_test(test_a_slow_reader_loses_frames_and_nobody_else_does),
        cmocka_unit_test(test_a_stream_that_has_gone_is_forgotten),
        cmocka_unit_test(test_streams_are_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
