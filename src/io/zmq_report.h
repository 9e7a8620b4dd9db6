/* zmq_report.h - what a probe tells collectors beside flows: how it is, and what its fields are called. */
#ifndef WEIR_IO_ZMQ_REPORT_H
#define WEIR_IO_ZMQ_REPORT_H

#include "base/text.h"
#include "codec/export_template.h"
#include "io/exports.h"

/* One report; `now` is the export time. */
struct zmq_report {
    const struct exports_config *config;
    struct probe_state now_seen, last_seen; /* last: at the report before, for averages */
    nsec_t now, last;                       /* last 0 = there was none */
    uint32_t source;
    uint64_t flows;      /* that were sent */
    uint64_t queue_full; /* that were not, and why */
    uint64_t not_sent;
};

/* Appends the payload of topic event, as ntopng expects it. Any thread, as below. */
void zmq_report_status(struct text *t, const struct zmq_report *r);
/* Appends that of topic template: number, name and meaning of each field that is sent. */
void zmq_report_template(struct text *t, const struct export_template *fields);

#endif
