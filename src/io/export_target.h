/* export_target.h - what one word of --export means. */
#ifndef WEIR_IO_EXPORT_TARGET_H
#define WEIR_IO_EXPORT_TARGET_H

#include "base/err.h"
#include "codec/flow_out.h"

enum export_kind { EXPORT_TO_COLLECTOR, EXPORT_TO_FILE, EXPORT_TO_ZMQ };

/* What a word means that does not say. */
struct export_defaults {
    enum flow_format format;
    bool is_json; /* ZeroMQ */
    bool is_zmq;  /* tcp:// and ipc:// are endpoints of ZeroMQ */
};

struct export_target {
    enum export_kind kind;
    enum flow_format format;
    bool is_stream;
    bool is_json; /* over ZeroMQ; else TLV */
    char host[256], port[8];
    char endpoint[256]; /* of ZeroMQ: tcp://... or ipc://...; of a file its path */
    char name[256];     /* as it was given */
};

/* Reads len letters: netflow5://HOST:PORT, netflow9://, ipfix://, ipfix+tcp://, zmq+tcp://ADDRESS:PORT,
 * zmq+json://, ipfix+file://PATH, PATH.ipfix, or HOST:PORT, HOST or PORT alone for the format given.
 * tcp:// is IPFIX, as with nProbe, unless zmq says that the word stood where endpoints do. False with
 * a sentence. */
bool export_target_parse(struct export_target *t, const char *word, size_t len,
                         const struct export_defaults *defaults, struct err *e);

#endif
