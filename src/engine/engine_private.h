/* engine_private.h - the engine as its own files see it. */
#ifndef WEIR_ENGINE_ENGINE_PRIVATE_H
#define WEIR_ENGINE_ENGINE_PRIVATE_H

#include "engine/places.h"
#include "engine/worker.h"

struct interface {
    char name[64];
    unsigned n;
    struct worker *worker; /* n of them */
};

/* Built by one thread before engine_start(), constant while the workers run. */
struct engine {
    struct engine_config config;
    char protos[256];
    unsigned n;
    struct interface interface[INTERFACES_MAX];
    bool started;
    struct places places; /* of flows that askers know */
};

#endif
