/* test_source_pcap.c - files and pipes as sources: what they deliver, count, refuse and wait for. */
#include "capture_bytes.h"
#include "io/sources.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Last, because it has a macro fail(). */
#include <cmocka.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/weir-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const struct bytes *b)
{
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    if (b->len > 0)
        assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
    assert_int_equal(fclose(f), 0);
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a.pcap", "b.pcap", "pipe", "empty", "text", "locked"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    return rmdir(folder);
}

/* n UDP packets over Ethernet, every other to port 53, `step` microseconds apart. */
static struct bytes packets(unsigned n, unsigned step)
{
    struct bytes b = {0};
    put_pcap_header(&b, 0xa1b2c3d4, 2, 4, 1);
    for (unsigned i = 0; i < n; i++) {
        uint8_t frame[60] = {
            [12] = 0x08, [14] = 0x45, [17] = 46, [22] = 64, [23] = 17, [37] = i % 2 ? 53 : 80};
        uint64_t at = (uint64_t)i * step;
        put32(&b, 1700000000 + (uint32_t)(at / 1000000));
        put32(&b, (uint32_t)(at % 1000000));
        put32(&b, sizeof frame);
        put32(&b, sizeof frame);
        put(&b, frame, sizeof frame);
    }
    return b;
}

static void test_each_worker_reads_the_whole_file(void **state)
{
    (void)state;
    struct bytes b = packets(1000, 10);
    write_file("a.pcap", &b);
    struct err e = {""};
    struct source *s[3];
    unsigned n;
    assert_true(source_open(path_of("a.pcap"), &(struct source_options){0}, 3, s, &n, &e));
    assert_int_equal(n, 3);
    static struct burst burst;
    for (unsigned i = 0; i < n; i++) {
        assert_true(s[i]->sees_all && s[i]->is_file);
        assert_string_equal(s[i]->name, "a.pcap");
        assert_int_equal(counter_get(&s[i]->counts.size), b.len);
        unsigned frames = 0;
        while (s[i]->ops->read(s[i], &burst, 0) == SOURCE_OK) {
            assert_true(burst.n > 0 && burst.n <= BURST_FRAMES);
            assert_int_equal(burst.now, 0);
            frames += burst.n;
        }
        assert_int_equal(frames, 1000);
        assert_int_equal(counter_get(&s[i]->counts.received), 1000);
        assert_int_equal(counter_get(&s[i]->counts.received_bytes), 60000);
        assert_int_equal(counter_get(&s[i]->counts.position), b.len);
        assert_int_equal(counter_get(&s[i]->counts.damaged), 0);
        assert_string_equal(s[i]->damage, "");
        /* The end stays the end. */
        assert_int_equal(s[i]->ops->read(s[i], &burst, 0), SOURCE_END);
        s[i]->ops->close(s[i]);
    }
    free(b.data);
}

static void test_a_cut_file_is_counted_as_damaged_once(void **state)
{
    (void)state;
    struct bytes b = packets(10, 10);
    b.len -= 5;
    write_file("b.pcap", &b);
    struct err e = {""};
    struct source *s;
    unsigned n;
    assert_true(source_open(path_of("b.pcap"), &(struct source_options){0}, 1, &s, &n, &e));
    static struct burst burst;
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_OK);
    assert_int_equal(burst.n, 9);
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_END);
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_END);
    assert_int_equal(counter_get(&s->counts.damaged), 1);
    assert_non_null(strstr(s->damage, "packet 10"));
    s->ops->close(s);
    free(b.data);
}

static void test_the_filter_counts_what_it_takes_out(void **state)
{
    (void)state;
    struct bytes b = packets(1001, 10);
    write_file("a.pcap", &b);
    struct err e = {""};
    struct source *s;
    unsigned n;
    assert_true(source_open(path_of("a.pcap"), &(struct source_options){.bpf = "udp dst port 53"},
                            1, &s, &n, &e));
    static struct burst burst;
    while (s->ops->read(s, &burst, 0) == SOURCE_OK)
        for (unsigned i = 0; i < burst.n; i++)
            assert_int_equal(burst.frame[i].bytes[37], 53);
    assert_int_equal(counter_get(&s->counts.received), 500);
    assert_int_equal(counter_get(&s->counts.filtered), 501);
    s->ops->close(s);
    assert_false(source_open(path_of("a.pcap"), &(struct source_options){.bpf = "udp prt 53"}, 1,
                             &s, &n, &e));
    assert_non_null(strstr(e.text, "udp prt 53"));
    assert_non_null(strstr(e.text, "syntax"));
    free(b.data);
}

static void test_original_speed_keeps_the_gaps(void **state)
{
    (void)state;
    struct bytes b = packets(5, 50000);
    write_file("a.pcap", &b);
    struct err e = {""};
    struct source *s;
    unsigned n, frames = 0;
    assert_true(source_open(path_of("a.pcap"), &(struct source_options){.original_speed = true}, 1,
                            &s, &n, &e));
    static struct burst burst;
    nsec_t start = clock_mono();
    enum source_result r;
    while ((r = s->ops->read(s, &burst, 20)) != SOURCE_END) {
        nsec_t now = clock_mono() - start;
        assert_true(r == SOURCE_IDLE || r == SOURCE_OK);
        assert_int_equal(r == SOURCE_OK, burst.n > 0);
        for (unsigned i = 0; i < burst.n; i++, frames++)
            assert_true(now >= frames * 50 * MILLISECOND - MILLISECOND);
    }
    nsec_t took = clock_mono() - start;
    assert_int_equal(frames, 5);
    assert_true(took >= 199 * MILLISECOND); /* how much later is up to how busy the machine is */
    s->ops->close(s);
    free(b.data);
}

static void test_a_wake_ends_a_wait_at_original_speed(void **state)
{
    (void)state;
    struct bytes b = packets(2, 600 * 1000000u);
    write_file("a.pcap", &b);
    struct err e = {""};
    struct source *s;
    unsigned n;
    assert_true(source_open(path_of("a.pcap"), &(struct source_options){.original_speed = true}, 1,
                            &s, &n, &e));
    static struct burst burst;
    assert_int_equal(s->ops->read(s, &burst, 0), SOURCE_OK);
    assert_int_equal(burst.n, 1);
    nsec_t start = clock_mono();
    assert_int_equal(s->ops->read(s, &burst, 50), SOURCE_IDLE);
    assert_true(clock_mono() - start >= 45 * MILLISECOND);
    s->ops->close(s);
    free(b.data);
}

static void test_a_pipe_is_waited_for_but_not_for_ever(void **state)
{
    (void)state;
    struct bytes b = packets(3, 10);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    /* Reading and writing, so that opening it does not wait for anybody. */
    int fd = open(path_of("pipe"), O_RDWR | O_CLOEXEC);
    assert_true(fd != -1);
    assert_int_equal(write(fd, b.data, 24 + 76 + 10), 24 + 76 + 10);
    struct err e = {""};
    struct source *s[4];
    unsigned n;
    assert_true(source_open(path_of("pipe"), &(struct source_options){0}, 4, s, &n, &e));
    assert_int_equal(n, 1);
    static struct burst burst;
    assert_int_equal(s[0]->ops->read(s[0], &burst, 0), SOURCE_OK);
    assert_int_equal(burst.n, 1);
    nsec_t start = clock_mono();
    assert_int_equal(s[0]->ops->read(s[0], &burst, 60), SOURCE_IDLE);
    nsec_t took = clock_mono() - start;
    assert_true(took >= 50 * MILLISECOND && took < 5 * SECOND);
    assert_int_equal(write(fd, b.data + 110, b.len - 110), b.len - 110);
    assert_int_equal(s[0]->ops->read(s[0], &burst, 1000), SOURCE_OK);
    assert_int_equal(burst.n, 2);
    close(fd);
    assert_int_equal(s[0]->ops->read(s[0], &burst, 1000), SOURCE_END);
    assert_string_equal(s[0]->damage, "");
    s[0]->ops->close(s[0]);
    free(b.data);
}

static void expect_refusal(const char *spec, const char *reason)
{
    struct err e = {""};
    struct source *s[2];
    unsigned n = 7;
    assert_false(source_open(spec, &(struct source_options){0}, 2, s, &n, &e));
    assert_int_equal(n, 0);
    if (!strstr(e.text, reason) || strchr(e.text, '\n'))
        fail_msg("'%s' does not say '%s' in one line", e.text, reason);
}

static void test_what_cannot_be_read_is_said_in_one_line(void **state)
{
    (void)state;
    struct bytes none = {0}, text = {0};
    put(&text, "some words\n", 11);
    write_file("empty", &none);
    write_file("text", &text);
    expect_refusal(path_of("nothing"), "no such file");
    expect_refusal(folder, "is a directory");
    expect_refusal(path_of("empty"), "empty");
    expect_refusal(path_of("text"), "text file");
    expect_refusal("no-such-interface", "no such interface or file; interfaces are: ");
    expect_refusal("no-such-interface", " lo");
    expect_refusal("4000000000", "no such interface or file");
    expect_refusal("", "no such interface or file");
    if (geteuid() != 0) {
        write_file("locked", &text);
        chmod(path_of("locked"), 0);
        expect_refusal(path_of("locked"), "may not read it");
    }
    free(text.data);
    free(none.data);
}

static void test_specs_are_told_apart(void **state)
{
    (void)state;
    struct bytes b = packets(1, 1);
    write_file("a.pcap", &b);
    assert_true(source_is_file(path_of("a.pcap")));
    assert_true(source_is_file("-"));
    assert_false(source_is_file("lo"));
    assert_false(source_is_file("any"));
    assert_false(source_is_file("pcap:lo"));
    struct text list = {0};
    source_list_interfaces(&list);
    assert_non_null(strstr(list.data, "1 lo"));
    text_free(&list);
    free(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_worker_reads_the_whole_file),
        cmocka_unit_test(test_a_cut_file_is_counted_as_damaged_once),
        cmocka_unit_test(test_the_filter_counts_what_it_takes_out),
        cmocka_unit_test(test_original_speed_keeps_the_gaps),
        cmocka_unit_test(test_a_wake_ends_a_wait_at_original_speed),
        cmocka_unit_test(test_a_pipe_is_waited_for_but_not_for_ever),
        cmocka_unit_test(test_what_cannot_be_read_is_said_in_one_line),
        cmocka_unit_test(test_specs_are_told_apart),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
