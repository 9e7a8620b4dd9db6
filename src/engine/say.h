/* say.h - what changed, in sentences for people, with the filter that shows what is behind it. */
#ifndef WEIR_ENGINE_SAY_H
#define WEIR_ENGINE_SAY_H

#include "engine/events.h"
#include "engine/flow.h"
#include "engine/hosts.h"

/* Each adds one row to the worker's events, unless this second has had its share. The worker's
 * thread. now is the engine's time. */
void say_new_host(struct events *ev, nsec_t now, const struct addr *a, const char *name);
void say_new_device(struct events *ev, nsec_t now, const struct mac *m);
void say_new_app(struct events *ev, nsec_t now, uint16_t master, uint16_t app);
void say_big_flow(struct events *ev, nsec_t now, const struct flow_cold *c,
                  const struct addr *client, const struct addr *server);
/* The flow's problem, once per server and kind while the last rows remember it. */
void say_problem(struct events *ev, nsec_t now, const struct flow_cold *c,
                 const struct addr *server);
/* The beginning of an emergency (flow_room.c) with a table of so many flows. */
void say_emergency(struct events *ev, nsec_t now, uint32_t flows);
/* "eth0 went away: ..." and "eth0 is back". */
void say_interface(struct events *ev, nsec_t now, const char *name, const char *state, bool back);

#endif
