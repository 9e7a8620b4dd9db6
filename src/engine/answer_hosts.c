/* answer_hosts.c - a worker's hosts, devices, networks and applications as an answer. */
#include "engine/answer.h"

#include <string.h>

static void mark_hosts(struct part *p, uint32_t index)
{
    struct worker *w = p->worker;
    flow_to_record(w, index, false, &w->scratch);
    if (!filter_match(p->question.filter, &w->scratch))
        return;
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    for (unsigned end = 0; end < 2; end++) {
        size_t word = h->host[end] / 64;
        if (word < p->marked_words)
            p->marked[word] |= 1ull << (h->host[end] % 64);
    }
}

bool part_restrict(struct part *p, const struct host_id *hosts, uint32_t n)
{
    p->only = mem_alloc(ACCOUNT_answers, n * sizeof *p->only);
    if (!p->only)
        return false;
    p->only_n = n;
    memcpy(p->only, hosts, n * sizeof *hosts);
    return true;
}

static bool host_wanted(const struct part *p, uint32_t index, const struct host_row *row)
{
    const struct question *q = &p->question;
    /* The second round takes a host whole, wherever its matching flow is. */
    if (p->only_n)
        return true;
    if (p->marked &&
        (index / 64 >= p->marked_words || !(p->marked[index / 64] >> (index % 64) & 1)))
        return false;
    if (q->hosts_local >= 0 && row->is_local != (q->hosts_local == 1))
        return false;
    if (!q->host_text || !q->host_text[0])
        return true;
    char text[ADDR_TEXT];
    addr_print(&row->addr, text);
    return strcasestr(text, q->host_text) || strcasestr(row->name, q->host_text);
}

/* The MAC behind a host is the name of its device. */
static struct mac mac_of(const struct worker *w, const struct host *h)
{
    return h->mac_group ? mac_from_id(group_at(&w->groups, h->mac_group)->id) : (struct mac){0};
}

/* False without memory. */
static bool scan_host(struct part *p, uint32_t index)
{
    struct worker *w = p->worker;
    const struct host *h = host_at(&w->hosts, index);
    if (index == HOST_OTHERS ? !hosts_have_others(&w->hosts) : !h->first)
        return true;
    struct host_row row;
    host_to_row(&w->hosts, index, w->tick, &row);
    row.iface = w->iface;
    row.mac = mac_of(w, h);
    if (!host_wanted(p, index, &row))
        return true;
    struct pick pick = {.key = sort_key_of_host(p->question.sort, &row), .index = index};
    pick.key.tie = (uint64_t)row.first;
    p->box->answer.total++;
    picks_offer(&p->picks, &pick, p->question.ascending);
    return !p->samples || sample_add(&p->matched, known_hash(&row.addr, row.vlan, row.iface));
}

/* What the device behind the host adds to its row. */
static void fill_device(const struct worker *w, uint32_t index, struct host_row *row)
{
    const struct host *h = host_at(&w->hosts, index);
    if (!h->mac_group)
        return;
    const struct group *g = group_at(&w->groups, h->mac_group);
    row->mac = mac_of(w, h);
    row->is_router_mac = g->hosts > 3;
    for (unsigned s = 0; s < 2; s++) {
        row->arp_requests[s] = g->arp_requests[s];
        row->arp_replies[s] = g->arp_replies[s];
    }
    if (!row->name[0] && g->name && g->hosts == 1) {
        strncpy(row->name, g->name, sizeof row->name - 1);
        strncpy(row->name_source, "dhcp", sizeof row->name_source - 1);
    }
}

void host_to_answer(const struct worker *w, uint32_t index, struct host_row *row)
{
    host_to_row(&w->hosts, index, w->tick, row);
    row->iface = w->iface;
    fill_device(w, index, row);
}

static bool start_hosts(struct part *p)
{
    const struct worker *w = p->worker;
    if (!(p->box = answer_new(QUESTION_HOSTS, 0)) || !picks_start(&p->picks, &p->question))
        return false;
    p->at = 1;
    if (p->only_n) {
        p->phase = PHASE_ONLY;
        p->at = 0;
        return true;
    }
    p->phase = filter_is_empty(p->question.filter) ? PHASE_ALL : PHASE_MARK;
    if (p->phase == PHASE_ALL)
        return true;
    p->marked_words = w->hosts.pool.top / 64 + 1;
    p->marked = mem_alloc(ACCOUNT_answers, p->marked_words * sizeof *p->marked);
    return p->marked != NULL;
}

/* The hosts of the first round, by their names and not by a walk over everybody. */
static bool scan_only(struct part *p, uint32_t entries)
{
    const struct worker *w = p->worker;
    bool room = true;
    for (; room && entries && p->at < p->only_n; entries--, p->at++) {
        const struct host_id *only = &p->only[p->at];
        if (only->iface != w->iface)
            continue;
        uint32_t index = hosts_asked(&w->hosts, &only->addr, only->vlan);
        if (index)
            room = scan_host(p, index);
    }
    return room;
}

/* Marks the hosts of matching flows if there is a filter, then walks the hosts. False without
 * memory. */
static bool scan_hosts(struct part *p, uint32_t entries)
{
    const struct worker *w = p->worker;
    for (; p->phase == PHASE_MARK && entries && p->at < w->flows.hot.top; entries--, p->at++)
        if (flow_hot_at(&w->flows, p->at)->bits & FLOW_USED)
            mark_hosts(p, p->at);
    if (p->phase == PHASE_MARK && p->at >= w->flows.hot.top) {
        p->phase = PHASE_ALL;
        p->at = 1;
    }
    bool room = true;
    for (; p->phase == PHASE_ALL && room && entries && p->at < w->hosts.pool.top;
         entries--, p->at++)
        room = scan_host(p, p->at);
    return room;
}

static bool all_scanned(const struct part *p)
{
    const struct worker *w = p->worker;
    return p->phase == PHASE_ONLY ? p->at >= p->only_n
                                  : p->phase == PHASE_ALL && p->at >= w->hosts.pool.top;
}

/* Rows of those that were not forgotten since the walk came by, and have no other in their place. */
static bool make_rows(struct part *p, uint32_t entries)
{
    const struct worker *w = p->worker;
    struct answer *a = &p->box->answer;
    for (; entries && p->at < p->picks.n; entries--, p->at++) {
        const struct pick *pick = &p->picks.pick[p->at];
        if ((uint64_t)host_at(&w->hosts, pick->index)->first == pick->key.tie)
            host_to_answer(w, pick->index, &a->hosts[a->n++]);
    }
    return p->at >= p->picks.n;
}

bool part_step_hosts(struct part *p, uint32_t entries)
{
    if (!p->box && !start_hosts(p))
        return part_give_up(p);
    if (p->phase == PHASE_ROWS)
        return make_rows(p, entries);
    if (!(p->phase == PHASE_ONLY ? scan_only(p, entries) : scan_hosts(p, entries)))
        return part_give_up(p);
    if (!all_scanned(p))
        return false;
    return !part_begin_rows(p);
}

bool part_step_host(struct part *p)
{
    struct worker *w = p->worker;
    p->box = answer_new(QUESTION_HOST, 1);
    uint32_t index = hosts_asked(&w->hosts, &p->question.addr, p->question.vlan);
    if (!p->box || !index)
        return true;
    host_to_detail(&w->hosts, index, w->tick, (nsec_t)w->tick * SECOND, p->box->answer.host);
    p->box->answer.host->row.iface = w->iface;
    fill_device(w, index, &p->box->answer.host->row);
    p->box->answer.found = true;
    return true;
}

/* What has not been seen to do anything is not worth a row; a device may have been silent. */
static bool group_is_empty(const struct group *g)
{
    return !g->traffic.packets[0] && !g->traffic.packets[1] && !g->total_flows &&
           g->kind != GROUP_MAC;
}

bool part_step_groups(struct part *p, uint32_t entries)
{
    struct worker *w = p->worker;
    if (!p->box) {
        bool devices = p->question.group == GROUP_MAC;
        uint32_t n = devices ? w->groups.devices : w->groups.pool.used - w->groups.devices;
        if (!(p->box = answer_new(QUESTION_GROUPS, n)))
            return true;
        p->at = 1;
    }
    struct answer *a = &p->box->answer;
    for (; entries && p->at < w->groups.pool.top; entries--, p->at++) {
        const struct group *g = group_at(&w->groups, p->at);
        if (!group_is_used(g) || g->kind != p->question.group || group_is_empty(g) ||
            a->n == p->box->rows)
            continue;
        struct group_row *row = &a->groups[a->n++];
        group_to_row(&w->groups, p->at, w->tick, row);
        if (g->kind == GROUP_NETWORK && g->id < w->config->locals->n)
            strncpy(row->name, w->config->locals->net[g->id].name, sizeof row->name - 1);
    }
    a->total = a->n;
    return p->at >= w->groups.pool.top;
}
