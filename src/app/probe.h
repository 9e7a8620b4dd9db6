/* probe.h - exports out of settings, for `weir probe` and for any monitor with --export. */
#ifndef WEIR_APP_PROBE_H
#define WEIR_APP_PROBE_H

#include "base/settings.h"
#include "engine/engine.h"
#include "io/exports.h"

/* nProbe's names of options; its letters win over those of ntopng, which Weir has elsewhere. */
extern const struct other_name probe_names[];

/* Opens what --export and --zmq name; *x is NULL when they name nothing. False with a sentence. Borrows
 * the settings and the instance's name. */
bool probe_exports(const struct settings *s, const char *instance, struct exports **x,
                   struct err *e);

/* True when everything that is watched is a file, which ends. */
bool probe_is_all_files(const struct settings *s);

/* Appends the names of exporters' interfaces that Weir has been told, {"address":{"3":"Gi0/3"}}, for those who
 * collect from it; nothing where there are none. Any thread but a worker's. */
void probe_interface_names(struct engine *engine, struct text *t);

/* Prints what became of the records: a line per export, and why some did not leave. */
void probe_report(const struct exports *x);

#endif
