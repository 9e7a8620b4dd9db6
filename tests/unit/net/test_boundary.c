/* test_boundary.c - every prefix of every golden packet, and every one of its bytes turned round,
 * is read without leaving the frame and ends in exactly one reason.
 */
#include <dirent.h>
#include <stdlib.h>

#include "build_frame.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, FRAME_MAX = 2048, EVERY = 64 };

static struct decoder decoder;
static size_t tried;

static void try_bytes(const struct frame *like, const uint8_t *bytes, size_t n, size_t wire)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    struct frame f = *like;
    f.bytes = copy;
    f.cap_len = (uint32_t)n;
    f.wire_len = (uint32_t)wire;
    check_walk_agrees(&decoder, &f);
    free(copy);
    tried++;
}

/* Shortened as on the wire and as by a snap length; changed in each of its first bytes. */
static void try_frame(const struct frame *f)
{
    uint8_t changed[FRAME_MAX];
    size_t n = f->cap_len < FRAME_MAX ? f->cap_len : FRAME_MAX;
    for (size_t k = 0; k <= n; k += k < 512 ? 1 : EVERY) {
        try_bytes(f, f->bytes, k, k);
        try_bytes(f, f->bytes, k, f->wire_len);
    }
    memcpy(changed, f->bytes, n);
    for (size_t k = 0; k < n && k < 128; k++) {
        static const uint8_t masks[] = {0xff, 0x01, 0x80, 0x0f};
        for (size_t m = 0; m < sizeof masks; m++) {
            changed[k] ^= masks[m];
            try_bytes(f, changed, n, f->wire_len);
            changed[k] ^= masks[m];
        }
    }
}

static void try_file(const char *path)
{
    uint8_t header[FILE_HEADER], record[RECORD_HEADER];
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fread(header, sizeof header, 1, in), 1);
    while (fread(record, sizeof record, 1, in) == 1) {
        size_t n = load_le32(record + 8);
        uint8_t *bytes = malloc(n ? n : 1);
        assert_non_null(bytes);
        assert_int_equal(fread(bytes, 1, n, in), n);
        struct frame f = {.bytes = bytes,
                          .cap_len = (uint32_t)n,
                          .wire_len = load_le32(record + 12),
                          .link = load_le16(header + 20)};
        try_frame(&f);
        f.vlan = 0x1064;
        try_bytes(&f, bytes, n, f.wire_len);
        free(bytes);
    }
    fclose(in);
}

static void test_every_prefix_of_every_golden_packet_has_one_reason(void **state)
{
    struct err e = {""};
    assert_true(decoder_init(&decoder, true, &e));
    char folder[512], path[1024];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(folder, sizeof folder, "%.*s/../../golden/captures", (int)(slash - __FILE__),
             __FILE__);
    DIR *dir = opendir(folder);
    if (!dir) {
        print_message("no captures in %s\n", folder);
        skip();
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (!strstr(entry->d_name, ".pcap"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        try_file(path);
    }
    closedir(dir);
    print_message("%zu frames\n", tried);
    assert_true(tried > 50000);
    decoder_fini(&decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_prefix_of_every_golden_packet_has_one_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
