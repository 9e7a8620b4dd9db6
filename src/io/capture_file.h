/* capture_file.h - frames out of the bytes of a capture file: pcap and pcapng, also inside gzip.
 *
 * The reader knows nothing of files. It asks a small callback for bytes, keeps them in one buffer
 * and hands out frames that lie in it, so nothing is copied and a fuzzer can feed it from memory.
 */
#ifndef WEIR_IO_CAPTURE_FILE_H
#define WEIR_IO_CAPTURE_FILE_H

#include <sys/types.h>

#include "base/err.h"
#include "net/packet.h"

enum {
    CAPTURE_BUFFER = 512 * 1024,          /* read at once; stays in a core's second cache */
    CAPTURE_BLOCK_MAX = 16 * 1024 * 1024, /* largest pcapng block that is believed */
    CAPTURE_FRAME_MAX = 256 * 1024,       /* largest captured packet that is believed */
    CAPTURE_INTERFACES_MAX = 256          /* interfaces of one pcapng section */
};

/* What capture_input.read returns besides a number of bytes. */
enum { CAPTURE_INPUT_END = 0, CAPTURE_INPUT_FAILED = -1, CAPTURE_INPUT_LATER = -2 };

/* Where bytes come from. */
struct capture_input {
    /* Up to n bytes into buf: how many came, or one of the values above. FAILED fills *e. */
    ssize_t (*read)(void *context, void *buf, size_t n, struct err *e);
    void *context; /* borrowed until capture_close() */
};

enum capture_result {
    CAPTURE_FRAMES, /* at least one frame */
    CAPTURE_LATER,  /* the input has no more bytes just now */
    CAPTURE_END     /* no frame will come any more; capture_damage() tells if it was cut */
};

struct capture;

/* A reader over the input. NULL when out of memory. The caller gives it back to capture_close().
 * All functions below belong to the thread that reads. */
struct capture *capture_new(struct capture_input input, struct err *e);
void capture_close(struct capture *c);

/* Reads as far as the file header and decides what kind of capture it is. False with a sentence
 * when it is none; true also when the input has to be waited for, which capture_read() then does.
 * Needs not be called: capture_read() begins with it. */
bool capture_start(struct capture *c, struct err *e);

/* Fills up to max frames, *n says how many. They stay valid until the next call. cap_len is never
 * more than CAPTURE_FRAME_MAX; wire_len is what the file claims, which may be anything. */
enum capture_result capture_read(struct capture *c, struct frame *frames, unsigned max,
                                 unsigned *n);

/* After CAPTURE_END: "" or a sentence that says at which byte and packet the file is broken. */
const char *capture_damage(const struct capture *c);

/* "pcap", "pcapng", "pcap in gzip" ...; "" while it is unknown. */
const char *capture_kind(const struct capture *c);

#endif
