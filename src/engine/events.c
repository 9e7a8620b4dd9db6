/* events.c - a ring of sentences about what changed. */
#include "engine/events.h"

struct event_row *events_add(struct events *ev, nsec_t now, enum event_kind kind)
{
    uint32_t tick = (uint32_t)(now / SECOND);
    if (tick != ev->tick) {
        ev->tick = tick;
        ev->in_tick = 0;
    }
    /* A flood of new hosts shall not hide that it is one. */
    if (ev->in_tick >= EVENTS_PER_SECOND && kind != EVENT_EMERGENCY) {
        ev->suppressed++;
        return NULL;
    }
    ev->in_tick++;
    struct event_row *row = &ev->row[ev->n++ % EVENTS_KEPT];
    *row = (struct event_row){.ts = now, .kind = kind};
    return row;
}
