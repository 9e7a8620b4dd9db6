/* export_target.h - what one word of --export means. */
#ifndef WEIR_IO_EXPORT_TARGET_H
#define WEIR_IO_EXPORT_TARGET_H

#include "base/err.h"
#include "codec/flow_out.h"

enum export_kind { EXPORT_TO_COLLECTOR, EXPORT_TO_ZMQ };

struct export_target {
    enum export_kind kind;
    enum flow_format format;
    bool is_stream;
    char host[256], port[8];
    char endpoint[256]; /* of ZeroMQ: tcp://... or ipc://... */
    char name[256];     /* as it was given */
};

/* Reads len letters: netflow5://HOST:PORT, netflow9://, ipfix://, ipfix+tcp://, zmq+tcp://ADDRESS:PORT,
 * or HOST:PORT alone for the format given. False with a sentence. */
bool export_target_parse(struct export_target *t, const char *word, size_t len,
                         enum flow_format format, struct err *e);

#endif
