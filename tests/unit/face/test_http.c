/* test_http.c - the server itself: headers, limits, refusals, slow and many clients. */
#include "stage.h"

#include <zlib.h>

#include "face/assets.h"
#include "face/http.h"
#include "read_json.h"

static struct stage *stage;

static void check_security_headers(const struct got *g)
{
    char value[1024];
    got_header(g, "Content-Security-Policy", value, sizeof value);
    assert_non_null(strstr(value, "default-src 'none'; script-src 'self'; style-src 'self';"));
    assert_non_null(strstr(value, "require-trusted-types-for 'script'; trusted-types weir"));
    assert_null(strstr(value, "unsafe"));
    assert_string_equal(got_header(g, "X-Content-Type-Options", value, sizeof value), "nosniff");
    assert_string_equal(got_header(g, "Referrer-Policy", value, sizeof value), "no-referrer");
    assert_string_equal(got_header(g, "Cross-Origin-Opener-Policy", value, sizeof value),
                        "same-origin");
    assert_string_equal(got_header(g, "Cross-Origin-Resource-Policy", value, sizeof value),
                        "same-origin");
    assert_true(*got_header(g, "Permissions-Policy", value, sizeof value));
    assert_false(*got_header(g, "Access-Control-Allow-Origin", value, sizeof value));
}

static void test_every_kind_of_reply_has_the_security_headers(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target;
        int status;
    } replies[] = {
        {"GET", "/api/v1/health", 200},
        {"GET", "/api/v1/flows?limit=0", 400},
        {"GET", "/api/v1/none", 404},
        {"POST", "/api/v1/flows", 405},
        {"OPTIONS", "/api/v1/flows", 204},
        {"HEAD", "/api/v1/flows", 200},
        {"GET", "/lua/index.lua", 302},
        {"GET", "/none.js", 404},
        {"GET", "/metrics", 200},
        {"GET", "/a/../b", 400},
        {"DELETE", "/", 405},
        {"PUT", "/api/v1/health", 405},
        {"GET", "/api/v1/flows?format=csv", 200},
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct got g = stage_ask(stage->port, replies[i].method, replies[i].target, "");
        if (g.status != replies[i].status)
            fail_msg("%s %s: %d", replies[i].method, replies[i].target, g.status);
        check_security_headers(&g);
        got_free(&g);
    }
}

static void test_api_replies_are_not_stored_and_head_has_no_body(void **state)
{
    (void)state;
    char value[100];
    struct got g = stage_ask(stage->port, "HEAD", "/api/v1/flows", "");
    assert_int_equal(g.body.len, 0);
    assert_true(strtol(got_header(&g, "Content-Length", value, sizeof value), NULL, 10) > 100);
    assert_string_equal(got_header(&g, "Cache-Control", value, sizeof value), "no-store");
    got_free(&g);
    g = stage_ask(stage->port, "POST", "/api/v1/flows", "Content-Length: 0\r\n");
    assert_string_equal(got_header(&g, "Allow", value, sizeof value), "GET, HEAD, OPTIONS");
    got_free(&g);
}

static void test_foreign_host_names_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int status;
    } hosts[] = {
        {"evil.example", 403}, {"localhost", 200}, {"weir.example:80", 200}, {"10.0.0.1", 200}};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char request[200];
        int n = snprintf(request, sizeof request,
                         "GET /api/v1/health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                         hosts[i].host);
        struct got g = stage_raw(stage->port, request, (size_t)n);
        assert_int_equal(g.status, hosts[i].status);
        got_free(&g);
    }
}

static void test_ambiguous_requests_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "GET /api/v1/health HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: "
        "close\r\n\r\n",
        "POST /api/v1/stream/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: "
        "3\r\nConnection: close\r\n\r\nabc",
        "POST /api/v1/stream/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        "5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "GET http://evil.example/api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: "
        "close\r\n\r\n",
        "GET /api%2fv1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /api/v1/../v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /api/v1/health%00.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct got g = stage_raw(stage->port, bad[i], strlen(bad[i]));
        if (g.status != 400)
            fail_msg("%s: %d", bad[i], g.status);
        got_free(&g);
    }
}

static void test_too_long_targets_headers_and_bodies_are_refused(void **state)
{
    (void)state;
    struct text t = {0};
    text_add(&t, "/api/v1/flows?q=");
    for (int i = 0; i < 8200; i++)
        text_char(&t, 'a');
    struct got g = stage_get(stage->port, t.data);
    assert_int_equal(g.status, 414);
    got_free(&g);
    text_reset(&t);
    for (int i = 0; i < 70; i++)
        text_printf(&t, "X-%d: y\r\n", i);
    g = stage_ask(stage->port, "GET", "/api/v1/health", t.data);
    assert_int_equal(g.status, 431);
    got_free(&g);
    text_reset(&t);
    text_add(&t, "X-Long: ");
    for (int i = 0; i < 40000; i++)
        text_char(&t, 'a');
    text_add(&t, "\r\n");
    g = stage_ask(stage->port, "GET", "/api/v1/health", t.data);
    assert_true(g.status == 431 || g.status == 413 || g.status == 0);
    got_free(&g);
    text_reset(&t);
    text_add(&t, "POST /api/v1/stream/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                 "5000\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 5000; i++)
        text_char(&t, 'a');
    g = stage_raw(stage->port, t.data, t.len);
    assert_int_equal(g.status, 413);
    got_free(&g);
    text_free(&t);
}

static void test_garbage_does_not_end_the_server(void **state)
{
    (void)state;
    static const char *const garbage[] = {"\r\n\r\n",
                                          "GET\r\n\r\n",
                                          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                                          "GET / HTTP/9.9\r\n\r\n",
                                          "GET / HTTP/1.1\r\n: x\r\n\r\n",
                                          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        int fd = stage_connect(stage->port);
        send(fd, garbage[i], strlen(garbage[i]), MSG_NOSIGNAL);
        close(fd);
    }
    struct got g = stage_get(stage->port, "/api/v1/health");
    assert_int_equal(g.status, 200);
    got_free(&g);
}

static void test_large_json_is_compressed_when_asked_for(void **state)
{
    (void)state;
    char value[100];
    struct got plain = stage_get(stage->port, "/api/v1/openapi.json");
    struct got packed =
        stage_ask(stage->port, "GET", "/api/v1/openapi.json", "Accept-Encoding: gzip\r\n");
    assert_string_equal(got_header(&packed, "Content-Encoding", value, sizeof value), "gzip");
    assert_true(packed.body.len < plain.body.len / 3);
    uLongf size = (uLongf)plain.body.len + 100;
    char *out = malloc(size);
    z_stream z = {.next_in = (Bytef *)packed.body.data,
                  .avail_in = (uInt)packed.body.len,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)size};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, plain.body.len);
    assert_memory_equal(out, plain.body.data, plain.body.len);
    inflateEnd(&z);
    free(out);
    got_free(&packed);
    got_free(&plain);
    struct got small = stage_ask(stage->port, "GET", "/api/v1/health", "Accept-Encoding: gzip\r\n");
    assert_false(*got_header(&small, "Content-Encoding", value, sizeof value));
    got_free(&small);
}

static void test_pages_have_tags_and_are_not_sent_twice(void **state)
{
    (void)state;
    char value[200], line[300];
    if (!web_assets_count)
        skip();
    struct got g = stage_get(stage->port, "/");
    assert_int_equal(g.status, 200);
    check_security_headers(&g);
    assert_non_null(strstr(g.head.data, "text/html"));
    snprintf(line, sizeof line, "If-None-Match: %s\r\n",
             got_header(&g, "ETag", value, sizeof value));
    struct got again = stage_ask(stage->port, "GET", "/", line);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.body.len, 0);
    got_free(&again);
    struct got app = stage_get(stage->port, "/hosts/192.168.1.10@0");
    assert_int_equal(app.status, 200);
    assert_int_equal(app.body.len, g.body.len);
    got_free(&app);
    got_free(&g);
    for (size_t i = 0; i < web_assets_count; i++) {
        g = stage_ask(stage->port, "GET", web_assets[i].path, "Accept-Encoding: gzip\r\n");
        assert_int_equal(g.status, 200);
        assert_int_equal(g.body.len, web_assets[i].gz ? web_assets[i].gz_size : web_assets[i].size);
        got_header(&g, "Cache-Control", value, sizeof value);
        assert_int_equal(strstr(value, "immutable") != NULL, web_assets[i].immutable);
        got_free(&g);
    }
}

static void test_a_connection_serves_many_requests(void **state)
{
    (void)state;
    char request[200], buf[65536];
    int fd = stage_connect(stage->port);
    int n = snprintf(request, sizeof request,
                     "GET /api/v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n");
    nsec_t begin = clock_mono();
    for (int i = 0; i < 300; i++) {
        assert_int_equal(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
        ssize_t got = recv(fd, buf, sizeof buf, 0);
        assert_true(got > 0);
        assert_memory_equal(buf, "HTTP/1.1 200", 12);
    }
    assert_true(clock_mono() - begin < 20 * SECOND);
    close(fd);
}

/* One answer of a second is the answer of all who ask in it. */
static void test_equal_questions_are_answered_once_a_second(void **state)
{
    (void)state;
    struct got before = stage_get(stage->port, "/api/v1/system");
    double asked = json_number(before.body.data, "data.questions.answered");
    for (int i = 0; i < 50; i++) {
        struct got g = stage_get(stage->port, "/api/v1/flows?sort=-bps&limit=17");
        assert_int_equal(g.status, 200);
        got_free(&g);
    }
    clock_sleep(1200 * MILLISECOND);
    struct got after = stage_get(stage->port, "/api/v1/system");
    assert_true(json_number(after.body.data, "data.questions.answered") - asked < 15);
    got_free(&after);
    got_free(&before);
}

static void test_foreign_pages_cannot_change_streams(void **state)
{
    (void)state;
    static const char *const foreign[] = {"Origin: http://evil.example\r\n",
                                          "Sec-Fetch-Site: cross-site\r\n", "Origin: null\r\n"};
    for (size_t i = 0; i < 3; i++) {
        char lines[100];
        snprintf(lines, sizeof lines, "%sContent-Length: 0\r\n", foreign[i]);
        struct got g = stage_ask(stage->port, "POST", "/api/v1/stream/x?topics=totals", lines);
        assert_int_equal(g.status, 403);
        got_free(&g);
    }
    struct got g =
        stage_ask(stage->port, "POST", "/api/v1/stream/x?topics=totals", "Content-Length: 0\r\n");
    assert_int_equal(g.status, 404);
    got_free(&g);
}

/* A short slowloris: more connections than there are places, each with half a request. Others are
 * still answered at once, and the slow ones lose their places. */
static void test_slow_connections_do_not_keep_others_out(void **state)
{
    (void)state;
    enum { SLOW = 2000 };
    static const char half[] = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    static int fd[SLOW];
    nsec_t worst = 0;
    int open = 0;
    for (int i = 0; i < SLOW; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd[i] == -1)
            break;
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)stage->port),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
        assert_int_equal(connect(fd[i], (struct sockaddr *)&to, sizeof to), 0);
        send(fd[i], half, sizeof half - 1, MSG_NOSIGNAL);
        open++;
        if (i % 100)
            continue;
        nsec_t begin = clock_mono();
        struct got g = stage_get(stage->port, "/api/v1/version");
        nsec_t took = clock_mono() - begin;
        assert_int_equal(g.status, 200);
        worst = took > worst ? took : worst;
        got_free(&g);
    }
    print_message("%d slow connections, slowest answer to others %d ms\n", open,
                  (int)(worst / MILLISECOND));
    assert_true(open > 500);
    assert_true(worst < 8 * SECOND); /* less than the deadline of a slow connection's header */
    char buf[16];
    if (open > HTTP_CONNECTIONS)
        assert_true(recv(fd[0], buf, sizeof buf, 0) <= 0); /* the first made room */
    for (int i = 0; i < open; i++)
        close(fd[i]);
}

static void test_a_taken_port_and_a_foreign_address_are_refused_in_words(void **state)
{
    (void)state;
    char address[40];
    struct err e = {""};
    snprintf(address, sizeof address, "127.0.0.1:%u", stage->port);
    struct face_config config = {.address = address, .name = ""};
    assert_null(face_start(&config, stage->engine, &stage->settings, &e));
    assert_non_null(strstr(e.text, "in use by another program"));
    config.address = "0.0.0.0:3000";
    assert_null(face_start(&config, stage->engine, &stage->settings, &e));
    assert_non_null(strstr(e.text, "no users to log in yet"));
}

static void test_ipv6_loopback_serves_too(void **state)
{
    (void)state;
    struct err e = {""};
    struct face_config config = {.address = "[::1]:0", .name = ""};
    struct face *face = face_start(&config, stage->engine, &stage->settings, &e);
    if (!face) {
        print_message("no IPv6 here: %s\n", e.text);
        skip();
    }
    assert_int_equal(strncmp(face_url(face), "http://[::1]:", 13), 0);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)face_port(face)),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    static const char ask[] =
        "GET /api/v1/version HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n";
    char buf[64];
    send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL);
    assert_true(recv(fd, buf, sizeof buf, 0) > 12);
    assert_memory_equal(buf, "HTTP/1.1 200", 12);
    close(fd);
    face_stop(face);
}

static int set_up(void **state)
{
    (void)state;
    stage = stage_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close_all(stage);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_reply_has_the_security_headers),
        cmocka_unit_test(test_api_replies_are_not_stored_and_head_has_no_body),
        cmocka_unit_test(test_foreign_host_names_are_refused),
        cmocka_unit_test(test_ambiguous_requests_are_refused),
        cmocka_unit_test(test_too_long_targets_headers_and_bodies_are_refused),
        cmocka_unit_test(test_garbage_does_not_end_the_server),
        cmocka_unit_test(test_large_json_is_compressed_when_asked_for),
        cmocka_unit_test(test_pages_have_tags_and_are_not_sent_twice),
        cmocka_unit_test(test_a_connection_serves_many_requests),
        cmocka_unit_test(test_equal_questions_are_answered_once_a_second),
        cmocka_unit_test(test_foreign_pages_cannot_change_streams),
        cmocka_unit_test(test_slow_connections_do_not_keep_others_out),
        cmocka_unit_test(test_a_taken_port_and_a_foreign_address_are_refused_in_words),
        cmocka_unit_test(test_ipv6_loopback_serves_too),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
