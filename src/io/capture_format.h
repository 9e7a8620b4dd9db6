/* capture_format.h - what the reader of capture files and its formats share; nobody else's affair.
 *
 * A format parses what stands in the buffer and says what it needs; moving, growing and filling
 * the buffer is the reader's work, so that frames handed out never move under their user.
 */
#ifndef WEIR_IO_CAPTURE_FORMAT_H
#define WEIR_IO_CAPTURE_FORMAT_H

#include "base/cursor.h"
#include "io/capture_file.h"

struct gunzip;

/* One interface of a pcapng section. */
struct capture_interface {
    uint16_t link;
    uint32_t snaplen;
    bool binary;      /* units are powers of two */
    uint8_t exponent; /* units a second: 10^exponent or 2^exponent */
    int64_t offset;   /* seconds to add */
};

enum parse_result {
    PARSE_FRAMES, /* frames were found */
    PARSE_MORE,   /* c->need bytes must stand in the buffer to go on */
    PARSE_DAMAGE  /* capture_broken() was called */
};

struct capture {
    struct capture_input input;
    struct gunzip *gzip; /* between input and buffer when the file is compressed */
    uint8_t *buf;        /* owned; [at, end) is not parsed yet */
    size_t cap, at, end;
    size_t need;      /* bytes from at on that the format wants to see */
    uint64_t base;    /* place of buf[0] in the (decompressed) file */
    uint64_t packets; /* frames found so far; formats count them */
    const char *kind;
    bool ended; /* damage or the end of the input was met */
    char damage[256];

    /* Set when the kind is known. */
    enum parse_result (*parse)(struct capture *c, struct frame *frames, unsigned max, unsigned *n);
    bool big_endian;

    /* pcap */
    uint16_t link;
    uint8_t record_header; /* bytes before each packet: 16, or more in patched variants */
    bool settled;          /* record_header was decided */
    bool is_patched;       /* the magic of the patched variant */
    bool lengths_swapped, lengths_maybe_swapped;
    uint32_t unit_ns; /* of the fraction of the time stamp */

    /* pcapng */
    bool in_section;
    unsigned n_interfaces;
    struct capture_interface *interfaces; /* CAPTURE_INTERFACES_MAX of them, owned */
    nsec_t last_ts;                       /* for blocks without a time stamp */
};

static inline uint16_t capture_u16(const struct capture *c, const uint8_t *p)
{
    return c->big_endian ? load_be16(p) : load_le16(p);
}

static inline uint32_t capture_u32(const struct capture *c, const uint8_t *p)
{
    return c->big_endian ? load_be32(p) : load_le32(p);
}

/* Remembers what is broken `skip` bytes behind c->at, and returns PARSE_DAMAGE. */
enum parse_result capture_broken(struct capture *c, size_t skip, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Looks at a file header that stands in the buffer (24 bytes at least for pcap) and prepares the
 * parser. False with a sentence when the header is of no use. */
bool pcap_start(struct capture *c, struct err *e);
bool pcapng_start(struct capture *c, struct err *e);

/* The LINKTYPE of a number found in a file: some systems wrote their own DLT numbers there. */
uint16_t capture_link(uint32_t in_file);

/* A decompressor that reads from input after the `n` bytes at `head` that were read already. */
struct gunzip *gunzip_new(struct capture_input input, const uint8_t *head, size_t n, struct err *e);
void gunzip_free(struct gunzip *g);
/* As capture_input.read. */
ssize_t gunzip_read(struct gunzip *g, void *buf, size_t n, struct err *e);

#endif
