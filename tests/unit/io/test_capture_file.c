/* test_capture_file.c - readers of pcap, pcapng and gzip against files made byte by byte. */
#include "base/alloc.h"
#include "capture_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <zlib.h>

/* Last, because it has a macro fail(). */
#include <cmocka.h>

enum { FRAMES_KEPT = 512 };

/* What a reader said about a file. */
struct outcome {
    bool started;
    char error[ERR_TEXT];
    char damage[256];
    char kind[32];
    unsigned n;
    struct frame frame[FRAMES_KEPT];
    uint64_t sum; /* of all captured bytes, in order */
};

static uint64_t add_bytes(uint64_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 1099511628211u;
    return sum;
}

static struct outcome read_with(struct feeder *feeder, unsigned max)
{
    static struct outcome o;
    o = (struct outcome){0};
    struct err e = {""};
    struct capture *c = capture_new((struct capture_input){feed_bytes, feeder}, &e);
    assert_non_null(c);
    o.started = capture_start(c, &e);
    snprintf(o.error, sizeof o.error, "%s", e.text);
    for (;;) {
        struct frame frames[256];
        unsigned n;
        enum capture_result r = capture_read(c, frames, max, &n);
        if (r == CAPTURE_END) {
            assert_int_equal(n, 0);
            break;
        }
        assert_int_equal(r == CAPTURE_FRAMES, n > 0);
        for (unsigned i = 0; i < n; i++) {
            o.sum = add_bytes(o.sum, frames[i].bytes, frames[i].cap_len);
            if (o.n < FRAMES_KEPT)
                o.frame[o.n] = frames[i];
            o.n++;
        }
    }
    snprintf(o.damage, sizeof o.damage, "%s", capture_damage(c));
    snprintf(o.kind, sizeof o.kind, "%s", capture_kind(c));
    capture_close(c);
    return o;
}

static struct outcome read_file(const struct bytes *b)
{
    struct feeder f = {.data = b->data, .len = b->len};
    return read_with(&f, 256);
}

static struct outcome read_part(const struct bytes *b, size_t len)
{
    struct feeder f = {.data = b->data, .len = len};
    return read_with(&f, 256);
}

static struct bytes gzipped(const struct bytes *b, size_t from, size_t len)
{
    z_stream z = {0};
    struct bytes out = {0};
    uint8_t chunk[4096];
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = b->data + from;
    z.avail_in = (uInt)len;
    int r;
    do {
        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        r = deflate(&z, Z_FINISH);
        put(&out, chunk, sizeof chunk - z.avail_out);
    } while (r == Z_OK);
    assert_int_equal(r, Z_STREAM_END);
    deflateEnd(&z);
    return out;
}

/* One of each flavour with five packets of different lengths. */
enum flavour { LITTLE, BIG, LITTLE_NANO, BIG_NANO, NG_LITTLE, NG_BIG, GZIP, NG_GZIP, FLAVOURS };
enum { PACKETS = 5 };
static const uint32_t sizes[PACKETS] = {60, 0, 1514, 61, 90};

static struct bytes sample(enum flavour flavour)
{
    struct bytes b = {.big_endian = flavour == BIG || flavour == BIG_NANO || flavour == NG_BIG};
    bool ng = flavour == NG_LITTLE || flavour == NG_BIG || flavour == NG_GZIP;
    bool nano = flavour == LITTLE_NANO || flavour == BIG_NANO;
    if (ng) {
        put_section(&b);
        put_interface(&b, 1, 65535, 0, 0);
    } else {
        put_pcap_header(&b, nano ? 0xa1b23c4d : 0xa1b2c3d4, 2, 4, 1);
    }
    for (unsigned i = 0; i < PACKETS; i++) {
        if (ng)
            put_enhanced(&b, 0, 1700000000000000 + i, sizes[i], sizes[i] + i, i, i == 3 ? 2 : 0);
        else
            put_pcap_record(&b, 1700000000, nano ? i * 1000 : i, sizes[i], sizes[i] + i, i);
    }
    if (flavour != GZIP && flavour != NG_GZIP)
        return b;
    struct bytes z = gzipped(&b, 0, b.len);
    free(b.data);
    return z;
}

static void test_each_flavour_gives_the_same_frames(void **state)
{
    (void)state;
    uint64_t sum = 0;
    for (unsigned k = 0; k < FLAVOURS; k++) {
        struct bytes b = sample(k);
        struct outcome o = read_file(&b);
        assert_true(o.started);
        assert_string_equal(o.damage, "");
        assert_int_equal(o.n, PACKETS);
        for (unsigned i = 0; i < PACKETS; i++) {
            const struct frame *f = &o.frame[i];
            assert_int_equal(f->cap_len, sizes[i]);
            assert_int_equal(f->wire_len, sizes[i] + i);
            assert_int_equal(f->link, 1);
            assert_int_equal(f->ts, 1700000000 * SECOND + i * MICROSECOND);
            assert_int_equal(f->outgoing,
                             (k == NG_LITTLE || k == NG_BIG || k == NG_GZIP) && i == 3);
        }
        if (k == 0)
            sum = o.sum;
        assert_int_equal(o.sum, sum);
        free(b.data);
    }
}

static void test_bytes_may_come_in_any_pieces(void **state)
{
    (void)state;
    for (unsigned k = 0; k < FLAVOURS; k++) {
        struct bytes b = sample(k);
        uint64_t sum = read_file(&b).sum;
        static const size_t chunks[] = {1, 2, 3, 7, 23, 24, 25, 100, 1000};
        for (unsigned i = 0; i < sizeof chunks / sizeof *chunks; i++) {
            for (unsigned max = 1; max < 8; max += 3) {
                struct feeder f = {
                    .data = b.data, .len = b.len, .chunk = chunks[i], .later_every = i % 4};
                if (f.later_every == 1)
                    f.later_every = 2;
                struct outcome o = read_with(&f, max);
                assert_int_equal(o.n, PACKETS);
                assert_int_equal(o.sum, sum);
                assert_string_equal(o.damage, "");
            }
        }
        free(b.data);
    }
}

static void test_every_truncation_keeps_the_whole_packets_and_is_told(void **state)
{
    (void)state;
    for (unsigned k = 0; k < FLAVOURS; k++) {
        struct bytes b = sample(k);
        unsigned before = 0, whole = 0;
        for (size_t len = 0; len < b.len; len++) {
            struct outcome o = read_part(&b, len);
            assert_true(o.n >= before && o.n <= PACKETS);
            before = o.n;
            if (!o.started) {
                assert_true(strlen(o.error) > 10);
                assert_int_equal(o.n, 0);
            } else if (k == GZIP || k == NG_GZIP) {
                assert_true(strstr(o.damage, "ends too early"));
            } else if (o.damage[0] == '\0') {
                whole++;
            } else {
                char expected[64];
                snprintf(expected, sizeof expected, "packet %u: ", o.n + 1);
                assert_true(strstr(o.damage, expected));
            }
        }
        /* Clean ends: behind the file header and behind each record but the last; pcapng has two
         * blocks before the first packet. */
        if (k != GZIP && k != NG_GZIP)
            assert_int_equal(whole, k == NG_LITTLE || k == NG_BIG ? PACKETS + 1 : PACKETS);
        free(b.data);
    }
}

static void test_damage_names_byte_and_packet(void **state)
{
    (void)state;
    struct bytes b = sample(LITTLE);
    struct outcome o = read_part(&b, 24 + 16 + 60 + 16 + 16 + 100);
    assert_int_equal(o.n, 2);
    assert_true(strstr(o.damage, "byte 116, packet 3: "));
    set32(&b, 116 + 8, 300000);
    o = read_file(&b);
    assert_int_equal(o.n, 2);
    assert_true(strstr(o.damage, "byte 116, packet 3: its header claims 300000 captured bytes"));
    free(b.data);
}

static void test_absurd_wire_lengths_are_believed(void **state)
{
    (void)state;
    struct bytes b = {0};
    put_pcap_header(&b, 0xa1b2c3d4, 2, 4, 1);
    put_pcap_record(&b, 1, 0, 60, 0xffffffff, 0);
    put_pcap_record(&b, 1, 0, 60, 0, 0);
    put_pcap_record(&b, 0xffffffff, 0xffffffff, 60, 10, 0);
    struct outcome o = read_file(&b);
    assert_int_equal(o.n, 3);
    assert_int_equal(o.frame[0].wire_len, 0xffffffff);
    assert_int_equal(o.frame[1].wire_len, 0);
    assert_true(o.frame[2].ts > 0);
    free(b.data);
}

static void test_link_types_of_other_systems_are_mapped(void **state)
{
    (void)state;
    static const uint32_t in[] = {12, 14, 101, 11, 0x30000001, 276, 147};
    static const unsigned out[] = {101, 101, 101, 100, 1, 276, 147};
    for (unsigned i = 0; i < sizeof in / sizeof *in; i++) {
        struct bytes b = {0};
        put_pcap_header(&b, 0xa1b2c3d4, 2, 4, in[i]);
        put_pcap_record(&b, 1, 0, 20, 20, 0);
        assert_int_equal(read_file(&b).frame[0].link, out[i]);
        free(b.data);
    }
}

static void test_patched_variants_are_recognised(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        unsigned extra;
    } variants[] = {{0xa1b2cd34, 8}, {0xa1b2cd34, 12}, {0xa1b2c3d4, 8}};
    for (unsigned k = 0; k < 3; k++) {
        for (int big = 0; big < 2; big++) {
            struct bytes b = {.big_endian = big};
            put_pcap_header(&b, variants[k].magic, 2, 4, 1);
            for (unsigned i = 0; i < 4; i++) {
                put32(&b, 1000);
                put32(&b, i);
                put32(&b, 70);
                put32(&b, 80);
                put(&b, "\2\0\0\0\x08\0\4\0\0\0\0\0", variants[k].extra);
                put_pattern(&b, 70, i);
            }
            struct outcome o = read_file(&b);
            assert_int_equal(o.n, 4);
            assert_string_equal(o.damage, "");
            assert_int_equal(o.frame[3].cap_len, 70);
            assert_int_equal(o.frame[3].ts, 1000 * SECOND + 3 * MICROSECOND);
            free(b.data);
        }
    }
}

static void test_old_versions_have_their_lengths_the_other_way_round(void **state)
{
    (void)state;
    static const unsigned minors[] = {1, 3, 4};
    for (unsigned k = 0; k < 3; k++) {
        struct bytes b = {0};
        put_pcap_header(&b, 0xa1b2c3d4, 2, minors[k], 1);
        put32(&b, 1);
        put32(&b, 2);
        put32(&b, minors[k] == 4 ? 60 : 1000);
        put32(&b, minors[k] == 4 ? 1000 : 60);
        put_pattern(&b, 60, 0);
        struct outcome o = read_file(&b);
        assert_int_equal(o.n, 1);
        assert_int_equal(o.frame[0].cap_len, 60);
        assert_int_equal(o.frame[0].wire_len, 1000);
        free(b.data);
    }
    /* AIX calls itself 2.2, counts nanoseconds and has link types of its own. */
    struct bytes b = {.big_endian = true};
    put_pcap_header(&b, 0xa1b2c3d4, 2, 2, 6);
    put_pcap_record(&b, 1, 5, 60, 1000, 0);
    struct outcome o = read_file(&b);
    assert_int_equal(o.frame[0].ts, SECOND + 5);
    assert_int_equal(o.frame[0].link, 1);
    assert_int_equal(o.frame[0].cap_len, 60);
    free(b.data);
}

static void test_resolutions_and_offsets(void **state)
{
    (void)state;
    static const struct {
        uint8_t resolution;
        int64_t offset;
        uint64_t units;
        nsec_t ts;
    } cases[] = {
        {0, 0, 1700000000123456, 1700000000123456000},
        {6, 0, 1700000000123456, 1700000000123456000},
        {9, 0, 1700000000123456789, 1700000000123456789},
        {3, 0, 1700000000123, 1700000000123000000},
        {12, 0, 1700000000123456, 1700000000123},
        {0x80 | 10, 0, (UINT64_C(1700000000) << 10) + 512, 1700000000500000000},
        {0x80 | 32, 0, (UINT64_C(1700000000) << 32) + 0x40000000, 1700000000250000000},
        {0x80, 0, 1700000000, 1700000000000000000},
        {6, 1700000000, 123456, 1700000000123456000},
        {9, -3600, 1700000000000000001, 1699996400000000001},
        {6, 0, UINT64_MAX, 0},
        {0xff, 0, UINT64_MAX, 2 * SECOND - 1},
        {127, 0, UINT64_MAX, SECOND + 844674407},
    };
    for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++) {
        for (int big = 0; big < 2; big++) {
            struct bytes b = {.big_endian = big};
            put_section(&b);
            put_interface(&b, 1, 0, cases[k].resolution, cases[k].offset);
            put_enhanced(&b, 0, cases[k].units, 60, 60, 0, 0);
            struct outcome o = read_file(&b);
            assert_int_equal(o.n, 1);
            if (cases[k].units != UINT64_MAX || cases[k].resolution != 6)
                assert_int_equal(o.frame[0].ts, cases[k].ts);
            /* Whatever the units: a moment to which hours can be added. */
            assert_true(o.frame[0].ts >= 0 && o.frame[0].ts < INT64_MAX - 24 * HOUR);
            free(b.data);
        }
    }
}

static void test_sections_interfaces_and_old_blocks(void **state)
{
    (void)state;
    struct bytes b = {0};
    put_section(&b);
    put_interface(&b, 1, 100, 0, 0);
    put_interface(&b, 101, 0, 9, 0);
    put_enhanced(&b, 1, 5 * SECOND, 60, 60, 0, 0);
    size_t at = begin_block(&b, 3); /* simple: cut by the snap length of interface 0 */
    put32(&b, 1500);
    put_pattern(&b, 100, 1);
    end_block(&b, at);
    at = begin_block(&b, 2); /* obsolete packet block */
    put16(&b, 1);
    put16(&b, 7);
    put32(&b, 0);
    put32(&b, 77);
    put32(&b, 30);
    put32(&b, 40);
    put_pattern(&b, 30, 2);
    end_block(&b, at);
    at = begin_block(&b, 0x0bad); /* custom block */
    put_pattern(&b, 33, 3);
    end_block(&b, at);
    b.big_endian = true;
    put_section(&b);
    put_interface(&b, 113, 0, 0, 0);
    put_enhanced(&b, 0, 9000000, 61, 61, 4, 0);
    struct outcome o = read_file(&b);
    assert_string_equal(o.damage, "");
    assert_int_equal(o.n, 4);
    assert_int_equal(o.frame[0].link, 101);
    assert_int_equal(o.frame[0].ts, 5 * SECOND);
    assert_int_equal(o.frame[1].link, 1);
    assert_int_equal(o.frame[1].cap_len, 100);
    assert_int_equal(o.frame[1].wire_len, 1500);
    assert_int_equal(o.frame[1].ts, 5 * SECOND);
    assert_int_equal(o.frame[2].ts, 77);
    assert_int_equal(o.frame[2].wire_len, 40);
    assert_int_equal(o.frame[3].link, 113);
    assert_int_equal(o.frame[3].ts, 9 * SECOND);
    free(b.data);
}

/* A good packet, then the block under test: the packet must come, and then the complaint. */
static void expect_damage(struct bytes *b, const char *complaint)
{
    struct outcome o = read_file(b);
    assert_int_equal(o.n, 1);
    if (!strstr(o.damage, complaint))
        fail_msg("damage is '%s', not '%s'", o.damage, complaint);
    assert_non_null(strstr(o.damage, "packet 2: "));
    free(b->data);
    *b = (struct bytes){0};
}

static struct bytes one_good_packet(void)
{
    struct bytes b = {0};
    put_section(&b);
    put_interface(&b, 1, 0, 0, 0);
    put_enhanced(&b, 0, 1, 60, 60, 0, 0);
    return b;
}

static void test_impossible_blocks_end_the_file(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 4, 8, 11, 16 * 1024 * 1024 + 4, 0xfffffffc, 0xffffffff};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bytes b = one_good_packet();
        put32(&b, 6);
        put32(&b, lengths[i]);
        put_pattern(&b, 60, 0);
        expect_damage(&b, "which cannot be");
    }
    struct bytes b = one_good_packet();
    put_enhanced(&b, 0, 2, 60, 60, 0, 0);
    set32(&b, b.len - 4, 1234);
    expect_damage(&b, "ends with another length, 1234");
    b = one_good_packet();
    put_enhanced(&b, 1, 2, 60, 60, 0, 0);
    expect_damage(&b, "names interface 1, of which there are 1");
    b = one_good_packet();
    put_enhanced(&b, 0, 2, 60, 60, 0, 0);
    set32(&b, b.len - 4 - 60 - 8, 65);
    expect_damage(&b, "claims 65 captured bytes where its block has 60");
    b = one_good_packet();
    put_enhanced(&b, 0, 2, 300000, 300000, 0, 0);
    expect_damage(&b, "claims 300000 captured bytes");
    b = one_good_packet();
    size_t at = begin_block(&b, 6);
    put_pattern(&b, 16, 0);
    end_block(&b, at);
    expect_damage(&b, "too short");
    b = one_good_packet();
    at = begin_block(&b, 0x0a0d0d0a);
    put_pattern(&b, 16, 0);
    end_block(&b, at);
    expect_damage(&b, "without its byte order mark");
    b = one_good_packet();
    put_section(&b);
    put_enhanced(&b, 0, 2, 60, 60, 0, 0);
    expect_damage(&b, "names interface 0, of which there are 0");
}

static void test_broken_options_of_an_interface_end_the_file(void **state)
{
    (void)state;
    struct bytes b = one_good_packet();
    size_t at = begin_block(&b, 1);
    put32(&b, 1);
    put32(&b, 0);
    put16(&b, 2);
    put16(&b, 500);
    put32(&b, 0);
    end_block(&b, at);
    expect_damage(&b, "option that is longer");
}

static void test_257_interfaces_are_too_many(void **state)
{
    (void)state;
    struct bytes b = one_good_packet();
    for (unsigned i = 1; i < CAPTURE_INTERFACES_MAX; i++)
        put_interface(&b, 1, 0, 0, 0);
    struct outcome o = read_file(&b);
    assert_string_equal(o.damage, "");
    put_interface(&b, 1, 0, 0, 0);
    expect_damage(&b, "more than 256 interfaces");
}

static void test_blocks_larger_than_the_buffer_are_read(void **state)
{
    (void)state;
    struct bytes b = one_good_packet();
    size_t at = begin_block(&b, 0x0bad);
    put_pattern(&b, CAPTURE_BUFFER + 12345, 3);
    end_block(&b, at);
    put_enhanced(&b, 0, 2, CAPTURE_FRAME_MAX, CAPTURE_FRAME_MAX, 9, 0);
    at = begin_block(&b, 0x0bad);
    put_pattern(&b, 3 * CAPTURE_BUFFER, 3);
    end_block(&b, at);
    put_enhanced(&b, 0, 3, 60, 60, 1, 0);
    struct outcome o = read_file(&b);
    assert_string_equal(o.damage, "");
    assert_int_equal(o.n, 3);
    assert_int_equal(o.frame[1].cap_len, CAPTURE_FRAME_MAX);
    free(b.data);
}

static void test_gzip_members_in_a_row_and_padding(void **state)
{
    (void)state;
    struct bytes b = sample(LITTLE);
    struct bytes one = gzipped(&b, 0, 100), two = gzipped(&b, 100, b.len - 100);
    put(&one, two.data, two.len);
    put(&one, "\0\0\0\0\0\0\0", 7);
    struct outcome o = read_file(&one);
    assert_int_equal(o.n, PACKETS);
    assert_string_equal(o.damage, "");
    assert_string_equal(o.kind, "pcap in gzip");
    free(b.data);
    free(one.data);
    free(two.data);
}

static void test_every_flipped_byte_of_gzip_is_survived(void **state)
{
    (void)state;
    struct bytes z = sample(GZIP);
    for (size_t i = 0; i < z.len; i++) {
        z.data[i] ^= 0x55;
        struct outcome o = read_file(&z);
        assert_true(o.n <= PACKETS || o.damage[0]);
        z.data[i] ^= 0x55;
    }
    free(z.data);
}

static void test_a_bomb_takes_no_memory(void **state)
{
    (void)state;
    struct bytes b = {0};
    put_pcap_header(&b, 0xa1b2c3d4, 2, 4, 1);
    b.data = realloc(b.data, 64 << 20);
    assert_non_null(b.data);
    memset(b.data + b.len, 0, (64 << 20) - b.len);
    b.len = 64 << 20;
    struct bytes z = gzipped(&b, 0, b.len);
    assert_true(z.len < 100000);
    uint64_t before = mem_peak(ACCOUNT_capture);
    struct outcome o = read_file(&z);
    /* Zeros are empty packets: harmless, and all of them are told. */
    assert_int_equal(o.n, ((64 << 20) - 24) / 16);
    assert_true(mem_peak(ACCOUNT_capture) - before < 4 << 20);
    free(b.data);
    free(z.data);
}

static void test_what_is_no_capture_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *reason;
    } cases[] = {
        {"", 0, "empty"},
        {"\xd4\xc3", 2, "too short"},
        {"\xd4\xc3\xb2\xa1\2\0\4\0", 8, "too short"},
        {"hello, world\n", 13, "text file"},
        {"time,src,dst\n1,2,3\n", 19, "text file"},
        {"\x28\xb5\x2f\xfd....", 8, "zstd"},
        {"\xfd"
         "7zXZ\0..",
         8, "xz"},
        {"PK\3\4....", 8, "zip"},
        {"snoop\0\0\0", 8, "snoop"},
        {"\x7f"
         "ELF....",
         8, "program"},
        {"\1\2\3\4\5\6\7\x08", 8, "begins with 01 02 03 04"},
        {"\xd4\xc3\xb2\xa1\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 24, "version 1.4"},
        {"\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0", 24, "link type"},
        {"\x1f\x8bxxxxxxxxxxxxxxxxxxxx", 22, "compressed data"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct feeder f = {.data = (const uint8_t *)cases[i].bytes, .len = cases[i].len};
        struct outcome o = read_with(&f, 256);
        assert_false(o.started);
        assert_int_equal(o.n, 0);
        if (!strstr(o.error, cases[i].reason))
            fail_msg("'%s' does not say '%s'", o.error, cases[i].reason);
    }
}

static void test_a_reading_error_is_told_after_what_was_read(void **state)
{
    (void)state;
    struct bytes b = sample(LITTLE);
    struct feeder f = {.data = b.data, .len = 24 + 16 + 60 + 5, .breaks = true};
    struct outcome o = read_with(&f, 256);
    assert_int_equal(o.n, 1);
    assert_true(strstr(o.damage, "byte 105, packet 2: reading failed: the disk is gone"));
    free(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_flavour_gives_the_same_frames),
        cmocka_unit_test(test_bytes_may_come_in_any_pieces),
        cmocka_unit_test(test_every_truncation_keeps_the_whole_packets_and_is_told),
        cmocka_unit_test(test_damage_names_byte_and_packet),
        cmocka_unit_test(test_absurd_wire_lengths_are_believed),
        cmocka_unit_test(test_link_types_of_other_systems_are_mapped),
        cmocka_unit_test(test_patched_variants_are_recognised),
        cmocka_unit_test(test_old_versions_have_their_lengths_the_other_way_round),
        cmocka_unit_test(test_resolutions_and_offsets),
        cmocka_unit_test(test_sections_interfaces_and_old_blocks),
        cmocka_unit_test(test_impossible_blocks_end_the_file),
        cmocka_unit_test(test_broken_options_of_an_interface_end_the_file),
        cmocka_unit_test(test_257_interfaces_are_too_many),
        cmocka_unit_test(test_blocks_larger_than_the_buffer_are_read),
        cmocka_unit_test(test_gzip_members_in_a_row_and_padding),
        cmocka_unit_test(test_every_flipped_byte_of_gzip_is_survived),
        cmocka_unit_test(test_a_bomb_takes_no_memory),
        cmocka_unit_test(test_what_is_no_capture_is_refused_with_a_reason),
        cmocka_unit_test(test_a_reading_error_is_told_after_what_was_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
