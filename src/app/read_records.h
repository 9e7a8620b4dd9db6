/* read_records.h - `weir read --records`: what exporters sent, record by record, as they sent it. */
#ifndef WEIR_APP_READ_RECORDS_H
#define WEIR_APP_READ_RECORDS_H

#include "app/output.h"

struct records_config {
    const struct settings *settings;
    int export_port; /* see codec/export_packet.h */
};

/* Writes a line for each data record of the exports in the file, in their order. damage (256 bytes) says
 * where the file ends early, "" else. False with a sentence when it cannot be read. */
bool records_read(const struct records_config *config, const char *name, struct output *out,
                  char *damage, struct err *e);

#endif
