/* test_request.c - targets, headers, addresses, routes and CSV without a server. */
#include "face/api.h"
#include "face/http.h"
#include "face/pages.h"
#include "face/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "read_json.h"

static int parse_status(const char *target, size_t len)
{
    struct request_error e = {0};
    struct request *r = request_parse(target, len, &e);
    request_free(r);
    return r ? 200 : e.status;
}

static void test_paths_that_could_mean_two_things_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "flows",     "http://x/", "/a/../b",
        "/..",       "/.",        "/a/.",      "/a//b",
        "//",        "/a%2fb",    "/a%2Fb",    "/a%5cb",
        "/a\\b",     "/a%00b",    "/a%0ab",    "/a%0d%0aSet-Cookie:x",
        "/a\x01",    "/a\x7f",    "/a b",      "/%zz",
        "/%",        "/%4",       "/\xc3\xa9", "/%2e%2e/x",
        "/a/%2e./b", "/a#b",      "/a%1fb",    "/?a=%zz",
        "/?a=%00",   "/?a=1&a=2", "/?%0a=1",   "/?a=%",
        "/?a=\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse_status(bad[i], strlen(bad[i])) != 400)
            fail_msg("'%s' was taken", bad[i]);
    }
    assert_int_equal(parse_status("/a\0b", 4), 400);
    assert_int_equal(parse_status("/?a\0b", 5), 400);
}

static void test_ordinary_paths_are_taken_and_decoded_once(void **state)
{
    (void)state;
    struct request_error e;
    const char *target = "/hosts/fe80%3A%3A1@0?q=app%3DTLS%20and+x&empty=&flag&&%63=%2525";
    struct request *r = request_parse(target, strlen(target), &e);
    assert_non_null(r);
    assert_string_equal(r->path, "/hosts/fe80::1@0");
    assert_int_equal(r->pairs, 4);
    assert_string_equal(request_find(r, "q")->value, "app=TLS and x");
    assert_string_equal(request_find(r, "empty")->value, "");
    assert_string_equal(request_find(r, "flag")->value, "");
    assert_string_equal(request_find(r, "c")->value, "%25");
    assert_memory_equal(request_find(r, "q")->raw, "app%3DTLS%20and+x", 17);
    assert_null(request_find(r, "none"));
    request_free(r);
    assert_int_equal(parse_status("/", 1), 200);
    assert_int_equal(parse_status("/flows/", 7), 200);
}

static void test_lengths_are_bounded(void **state)
{
    (void)state;
    static char target[20000];
    memset(target, 'a', sizeof target);
    target[0] = '/';
    assert_int_equal(parse_status(target, REQUEST_PATH), 200);
    assert_int_equal(parse_status(target, REQUEST_PATH + 1), 414);
    target[1] = '?';
    assert_int_equal(parse_status(target, 2 + REQUEST_QUERY), 200);
    assert_int_equal(parse_status(target, 3 + REQUEST_QUERY), 414);
    struct text many = {0};
    text_add(&many, "/?");
    for (unsigned i = 0; i <= REQUEST_PAIRS; i++)
        text_printf(&many, "p%u&", i);
    assert_int_equal(parse_status(many.data, many.len), 400);
    text_free(&many);
}

/* Ten thousand targets that differ a little from good ones: no status but these, no fault under
 * sanitizers. */
static void test_mutated_targets_are_taken_or_refused_cleanly(void **state)
{
    (void)state;
    static const char *const seeds[] = {"/api/v1/flows?q=app%3DTLS&sort=-bps&limit=40&offset=0",
                                        "/api/v1/hosts/192.168.1.10@0?if=0",
                                        "/lua/host_details.lua?host=1.2.3.4&page=x",
                                        "/assets/app-1234.js",
                                        "/../../etc/passwd",
                                        "/api/v1/stream?topics=a%2Cb,c"};
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 10000; i++) {
        char target[200];
        size_t len = strlen(seeds[i % 6]);
        memcpy(target, seeds[i % 6], len);
        for (int k = 0; k < 3; k++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            size_t at = seed % len;
            if (seed >> 60 < 5)
                memmove(target + at, target + at + 1, --len - at);
            else
                target[at] = (char)"%2f./?&=\0\n\x80@+az05"[(seed >> 32) % 18];
        }
        struct reply *problem = NULL;
        struct call *c = call_new(METHOD_GET, target, len, NULL, &problem);
        assert_true((c != NULL) != (problem != NULL));
        if (problem)
            assert_true(problem->status == 400 || problem->status == 404 || problem->status == 405);
        call_free(c);
        reply_put(problem);
    }
}

static void test_host_headers_that_a_foreign_page_could_use_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = {"localhost", "localhost:3000", "LOCALHOST", "127.0.0.1:3000",
                                       "127.0.0.1", "[::1]:3000",     "[::1]",     "192.168.1.5:80",
                                       "weir.lan",  "Weir.Lan:3000"};
    static const char *const bad[] = {"",
                                      "evil.com",
                                      "evil.com:3000",
                                      "localhost.evil.com",
                                      "127.0.0.1.evil.com",
                                      "localhost:",
                                      "localhost:x",
                                      "localhost:3000x",
                                      "[::1",
                                      "::1",
                                      "[127.0.0.1]",
                                      ":3000",
                                      "localhost@evil.com",
                                      "weir.lan.evil.com",
                                      "localhost:999999"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(host_is_allowed(good[i], "weir.lan"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (host_is_allowed(bad[i], "weir.lan"))
            fail_msg("'%s' was allowed", bad[i]);
    }
    assert_false(host_is_allowed("weir.lan", NULL));
}

static void test_accept_headers_are_weighed(void **state)
{
    (void)state;
    assert_true(header_accepts("gzip, deflate, br", "gzip"));
    assert_true(header_accepts("br;q=1.0, GZIP;q=0.5", "gzip"));
    assert_false(header_accepts("gzip;q=0", "gzip"));
    assert_false(header_accepts("gzip; q=0.000", "gzip"));
    assert_true(header_accepts("gzip;q=0.001", "gzip"));
    assert_false(header_accepts("xgzip", "gzip"));
    assert_false(header_accepts(NULL, "gzip"));
}

static void test_only_loopback_addresses_are_listened_on(void **state)
{
    (void)state;
    struct http_address a;
    struct err e;
    static const char *const good[] = {"3000",           ":3000",      "127.0.0.1:3000",
                                       "127.9.9.9:3000", "[::1]:3000", "localhost:3000"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(http_parse_address(good[i], &a, &e));
        assert_int_equal(a.port, 3000);
    }
    static const char *const far[] = {"0.0.0.0:3000", "192.168.1.5:3000", "[::]:3000",
                                      "[fe80::1]:3000"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        assert_false(http_parse_address(far[i], &a, &e));
        assert_non_null(strstr(e.text, "no users to log in yet"));
    }
    static const char *const bad[] = {"",
                                      "x",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:x",
                                      "127.0.0.1:65536",
                                      "::1:3000",
                                      "example.org:3000",
                                      "[::1:3000",
                                      "-1",
                                      "3000 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (http_parse_address(bad[i], &a, &e))
            fail_msg("'%s' was taken", bad[i]);
        assert_non_null(strstr(e.text, "[address:]port"));
    }
    assert_true(face_is_off("0"));
    assert_false(face_is_off("3000"));
}

static void test_routes_are_found_by_whole_segments(void **state)
{
    (void)state;
    const char *slot;
    unsigned allowed;
    assert_non_null(route_find(METHOD_GET, "/api/v1/flows", &slot, &allowed));
    assert_non_null(route_find(METHOD_HEAD, "/api/v1/flows", &slot, &allowed));
    assert_null(route_find(METHOD_POST, "/api/v1/flows", &slot, &allowed));
    assert_int_equal(allowed, 1u << METHOD_GET | 1u << METHOD_HEAD);
    assert_non_null(route_find(METHOD_GET, "/api/v1/hosts/::1@0", &slot, &allowed));
    assert_string_equal(slot, "::1@0");
    assert_null(route_find(METHOD_GET, "/api/v1/hosts/", &slot, &allowed));
    assert_null(route_find(METHOD_GET, "/api/v1/flowsx", &slot, &allowed));
    assert_null(route_find(METHOD_GET, "/api/v1/hosts/a/b", &slot, &allowed));
    assert_non_null(route_find(METHOD_PATCH, "/api/v1/stream/x", &slot, &allowed));
}

/* GET must not change anything: no route that does has that method. */
static void test_only_stream_changes_are_not_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        const struct route *r = &route_table[i];
        assert_true(r->method == METHOD_GET || !strcmp(r->path, "/api/v1/stream/{sid}"));
        assert_true(strlen(r->text) > 10);
    }
}

static void test_unknown_parameters_are_ignored_and_known_ones_checked(void **state)
{
    (void)state;
    struct reply *problem = NULL;
    const char *target = "/api/v1/flows?nothing=1&limit=7";
    struct call *c = call_new(METHOD_GET, target, strlen(target), NULL, &problem);
    assert_non_null(c);
    assert_int_equal(c->value[PARAM_limit].number, 7);
    assert_int_equal(c->value[PARAM_offset].number, 0);
    call_free(c);
    target = "/api/v1/flows?limit=2000&format=csv";
    c = call_new(METHOD_GET, target, strlen(target), NULL, &problem);
    assert_non_null(c);
    assert_int_equal(c->format, FORMAT_CSV);
    call_free(c);
    target = "/api/v1/flows";
    c = call_new(METHOD_OTHER, target, strlen(target), NULL, &problem);
    assert_null(c);
    assert_int_equal(problem->status, 405);
    assert_string_equal(problem->allow, "GET, HEAD, OPTIONS");
    reply_put(problem);
}

static void test_topics_are_split_before_they_are_decoded(void **state)
{
    (void)state;
    char *topics[4], *memory;
    const char *raw = "totals%3Fif%3D0,flows%3Fq%3Da%252Cb,,hosts";
    assert_int_equal(stream_topics(raw, strlen(raw), topics, 4, &memory), 3);
    assert_string_equal(topics[0], "totals?if=0");
    assert_string_equal(topics[1], "flows?q=a%2Cb");
    assert_string_equal(topics[2], "hosts");
    free(memory);
    assert_int_equal(stream_topics("a,b,c,d,e", 9, topics, 4, &memory), -1);
    free(memory);
    assert_int_equal(stream_topics("a%0Aevent:x", 11, topics, 4, &memory), -1);
    free(memory);
    assert_int_equal(stream_topics("", 0, topics, 4, &memory), 0);
    free(memory);
}

static struct reply *page(const char *target, bool json)
{
    struct request_error e;
    struct request *r = request_parse(target, strlen(target), &e);
    assert_non_null(r);
    struct reply *reply = pages_find(r, json);
    request_free(r);
    return reply;
}

static void test_old_addresses_lead_to_the_new_ones(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        bool json;
    } moves[] = {
        {"/lua/index.lua", "/", false},
        {"/lua/flows_stats.lua", "/flows", false},
        {"/lua/flows_stats.lua", "/api/v1/flows", true},
        {"/lua/host_details.lua?host=192.168.1.10@0&page=ports", "/hosts/192.168.1.10@0?tab=ports",
         false},
        {"/lua/host_details.lua?host=192.168.1.10", "/api/v1/hosts/192.168.1.10", true},
        {"/lua/host_details.lua", "/hosts", false},
        {"/lua/host_details.lua?host=a%20b/c", "/hosts/a%20b%2Fc", false},
        {"/lua/get_host_data.lua?host=1.2.3.4", "/api/v1/hosts/1.2.3.4", false},
    };
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        struct reply *r = page(moves[i].from, moves[i].json);
        assert_int_equal(r->status, 302);
        assert_string_equal(r->location, moves[i].to);
        reply_put(r);
    }
    struct reply *r = page("/api/v9/x", false);
    assert_int_equal(r->status, 404);
    reply_put(r);
    r = page("/nothing.js", false);
    assert_int_equal(r->status, 404);
    reply_put(r);
    r = reply_redirect("/x\r\nSet-Cookie: a");
    assert_int_equal(r->status, 400);
    reply_put(r);
}

static void test_problems_are_rfc_9457(void **state)
{
    (void)state;
    struct reply *r = reply_problem(400, "filter", "Bad filter", "a \"quoted\"\n<b>", 6);
    assert_string_equal(r->type, "application/problem+json");
    assert_true(json_is_valid(r->body.data));
    assert_int_equal(json_number(r->body.data, "status"), 400);
    assert_int_equal(json_number(r->body.data, "at"), 6);
    assert_true(json_says(r->body.data, "type", "/docs/errors#filter"));
    reply_put(r);
}

static void test_filter_terms_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    struct text t = {0};
    api_filter_term(&t, "app", "TLS.Google");
    text_char(&t, ' ');
    api_filter_term(&t, "info", "a \"b\" \\c");
    text_char(&t, ' ');
    api_filter_term(&t, "net", "");
    assert_string_equal(t.data, "app=TLS.Google info=\"a \\\"b\\\" \\\\c\" net=\"\"");
    text_free(&t);
}

static void test_host_ids_are_read_strictly(void **state)
{
    (void)state;
    struct addr a;
    uint16_t vlan;
    assert_true(api_host_id("10.0.0.1@7", &a, &vlan));
    assert_int_equal(vlan, 7);
    assert_true(api_host_id("fe80::1", &a, &vlan));
    static const char *const bad[] = {
        "", "@", "x@1", "10.0.0.1@", "10.0.0.1@x", "10.0.0.1@12345", "10.0.0.1@1@2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(api_host_id(bad[i], &a, &vlan));
}

static void test_compressed_bytes_are_smaller_and_made_once(void **state)
{
    (void)state;
    size_t size;
    bool gzip;
    struct reply *r = reply_json();
    for (int i = 0; i < 200; i++)
        text_add(&r->body, "{\"same\":\"again\"},");
    const void *first = reply_bytes(r, true, &size, &gzip);
    assert_true(gzip && size < r->body.len / 4);
    assert_ptr_equal(reply_bytes(r, true, &size, &gzip), first);
    reply_bytes(r, false, &size, &gzip);
    assert_false(gzip);
    assert_int_equal(size, r->body.len);
    reply_put(r);
    r = reply_json();
    text_add(&r->body, "{}");
    reply_bytes(r, true, &size, &gzip);
    assert_false(gzip);
    reply_put(r);
}

static void test_a_second_of_the_desk_begins_a_little_late(void **state)
{
    (void)state;
    assert_int_equal(desk_second(10 * SECOND + 50 * MILLISECOND), 9);
    assert_int_equal(desk_second(10 * SECOND + 100 * MILLISECOND), 10);
    assert_int_equal(desk_next(10 * SECOND + 50 * MILLISECOND), 10 * SECOND + 100 * MILLISECOND);
    assert_int_equal(desk_next(10 * SECOND + 100 * MILLISECOND), 11 * SECOND + 100 * MILLISECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_that_could_mean_two_things_are_refused),
        cmocka_unit_test(test_ordinary_paths_are_taken_and_decoded_once),
        cmocka_unit_test(test_lengths_are_bounded),
        cmocka_unit_test(test_mutated_targets_are_taken_or_refused_cleanly),
        cmocka_unit_test(test_host_headers_that_a_foreign_page_could_use_are_refused),
        cmocka_unit_test(test_accept_headers_are_weighed),
        cmocka_unit_test(test_only_loopback_addresses_are_listened_on),
        cmocka_unit_test(test_routes_are_found_by_whole_segments),
        cmocka_unit_test(test_only_stream_changes_are_not_reads),
        cmocka_unit_test(test_unknown_parameters_are_ignored_and_known_ones_checked),
        cmocka_unit_test(test_topics_are_split_before_they_are_decoded),
        cmocka_unit_test(test_old_addresses_lead_to_the_new_ones),
        cmocka_unit_test(test_problems_are_rfc_9457),
        cmocka_unit_test(test_filter_terms_are_quoted_where_they_must_be),
        cmocka_unit_test(test_host_ids_are_read_strictly),
        cmocka_unit_test(test_compressed_bytes_are_smaller_and_made_once),
        cmocka_unit_test(test_a_second_of_the_desk_begins_a_little_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
