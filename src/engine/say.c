/* say.c - sentences about what changed. */
#include "engine/say.h"

#include <stdio.h>
#include <string.h>

#include "model/protos.h"

enum { REMEMBERED = 64 /* rows looked through before a problem is told again */ };

void say_new_host(struct events *ev, nsec_t now, const struct addr *a, const char *name)
{
    struct event_row *row = events_add(ev, now, EVENT_NEW_HOST);
    if (!row)
        return;
    addr_print(a, row->link);
    snprintf(row->filter, sizeof row->filter, "ip=%s", row->link);
    snprintf(row->text, sizeof row->text, "Local host %s%s%s%s appeared", row->link,
             name ? " (" : "", name ? name : "", name ? ")" : "");
}

void say_new_device(struct events *ev, nsec_t now, const struct mac *m)
{
    struct event_row *row = events_add(ev, now, EVENT_NEW_DEVICE);
    if (!row)
        return;
    mac_print(m, row->link);
    snprintf(row->text, sizeof row->text, "Device %s appeared", row->link);
    snprintf(row->filter, sizeof row->filter, "mac=%s", row->link);
}

void say_new_app(struct events *ev, nsec_t now, uint16_t master, uint16_t app)
{
    struct event_row *row = events_add(ev, now, EVENT_NEW_APP);
    if (!row)
        return;
    char name[100];
    protos_full_name(master, app, name);
    snprintf(row->text, sizeof row->text, "Application %s seen for the first time", name);
    snprintf(row->filter, sizeof row->filter, "app=\"%s\"", name);
    snprintf(row->link, sizeof row->link, "%.47s", name);
}

void say_big_flow(struct events *ev, nsec_t now, const struct flow_cold *c,
                  const struct addr *client, const struct addr *server)
{
    struct event_row *row = events_add(ev, now, EVENT_BIG_FLOW);
    if (!row)
        return;
    char name[100], from[ADDR_TEXT], to[ADDR_TEXT];
    protos_full_name(c->l7_master, c->l7_app, name);
    addr_print(client, from);
    addr_print(server, to);
    snprintf(row->text, sizeof row->text, "%.40s from %s to %s ended after %llu MB", name, from, to,
             (unsigned long long)((c->bytes[0] + c->bytes[1]) / 1000000));
    snprintf(row->filter, sizeof row->filter, "ip=%s ip=%s", from, to);
}

static bool is_remembered(const struct events *ev, const struct event_row *like)
{
    uint32_t kept = ev->n < EVENTS_KEPT ? ev->n : EVENTS_KEPT;
    for (uint32_t i = 1; i <= kept && i <= REMEMBERED; i++)
        if (!strcmp(ev->row[(ev->n - i) % EVENTS_KEPT].text, like->text))
            return true;
    return false;
}

void say_problem(struct events *ev, nsec_t now, const struct flow_cold *c,
                 const struct addr *server)
{
    struct event_row like = {.kind = EVENT_PROBLEM};
    char name[100], to[ADDR_TEXT];
    const char *word = kind_word(KIND_problem, c->problem);
    protos_full_name(c->l7_master, c->l7_app, name);
    addr_print(server, to);
    snprintf(like.text, sizeof like.text, "%s: %.40s at %s", problem_title(c->problem), name, to);
    if (is_remembered(ev, &like))
        return;
    struct event_row *row = events_add(ev, now, EVENT_PROBLEM);
    if (!row)
        return;
    memcpy(row->text, like.text, sizeof row->text);
    snprintf(row->filter, sizeof row->filter, "problem=%s srv.ip=%s", word ? word : "none", to);
    snprintf(row->link, sizeof row->link, "%s", to);
}

void say_emergency(struct events *ev, nsec_t now, uint32_t flows)
{
    struct event_row *row = events_add(ev, now, EVENT_EMERGENCY);
    if (row)
        snprintf(row->text, sizeof row->text,
                 "New flows come faster than the table of %u flows can hold: those nobody answered "
                 "make room for newer ones",
                 flows);
}

void say_interface(struct events *ev, nsec_t now, const char *name, const char *state, bool back)
{
    struct event_row *row = events_add(ev, now, EVENT_INTERFACE);
    if (row && back)
        snprintf(row->text, sizeof row->text, "%.64s is back", name);
    else if (row)
        snprintf(row->text, sizeof row->text, "%.64s went away: %s", name, state);
}
