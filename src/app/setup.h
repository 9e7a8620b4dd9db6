/* setup.h - what settings mean to the floors below. */
#ifndef WEIR_APP_SETUP_H
#define WEIR_APP_SETUP_H

#include "base/settings.h"
#include "engine/engine.h"
#include "io/sources.h"

/* True when the option was given, on the command line or in the file. */
bool setup_is_given(const struct settings *s, const char *name);

/* True when the option was given on the command line. */
bool setup_is_argument(const struct settings *s, const char *name);

/* The networks of --local-networks. False with place and reason. */
bool setup_locals(const struct settings *s, struct locals *l, struct err *e);

/* Adds the networks in which this machine has an address on the named interface ("any": on all).
 * What cannot be found out is left out. */
void setup_own_networks(struct locals *l, const char *interface);

/* The limit of --memory in bytes: what is given, else a part of what machine and cgroup have. */
uint64_t setup_memory(const struct settings *s);

/* Once everything is built: the limit given to ceiling_set() holds from now on. False with a
 * sentence when it leaves so many workers nothing to begin with. */
bool setup_hold_memory(unsigned workers, struct err *e);

/* The engine's configuration; tables share --memory among the workers of so many interfaces. */
void setup_engine(const struct settings *s, const struct locals *l, unsigned interfaces,
                  struct engine_config *config);

/* The UDP port of --collector-port: EXPORT_PORT_NONE when not given, EXPORT_PORT_ANY. False with a
 * sentence. */
bool setup_export_port(const struct settings *s, int *port, struct err *e);

/* How to open what -i names. Borrows the settings. */
struct source_options setup_sources(const struct settings *s);

/* Names of protocols and the custom protocols file, once per process. */
bool setup_l7(const struct settings *s, struct err *e);

/* The directory for what Weir keeps, without making it. dir has PATH_MAX bytes; false when neither
 * --data-dir nor the environment names one. */
bool setup_data_dir(const struct settings *s, char *dir);

/* The same, made with those above it when it is not there (0700). False with a sentence. */
bool setup_make_data_dir(const struct settings *s, char *dir, struct err *e);

#endif
