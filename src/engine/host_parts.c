/* host_parts.c - what hosts count beyond a few bytes, and what hangs on them. */
#include <string.h>

#include "engine/hosts.h"

enum { NAME_BYTES = 64, OS_BYTES = 32 };

static void starve(struct hosts *hs)
{
    if (hs->starved)
        counter_add(hs->starved, 1);
}

/* 0 when memory may not be had, which is counted. */
static uint32_t take(struct hosts *hs, struct pool *p)
{
    uint32_t index = pool_take(p);
    if (!index)
        starve(hs);
    return index;
}

struct host_more *host_more(struct hosts *hs, struct host *h)
{
    if (!h->more)
        h->more = take(hs, &hs->more);
    return host_more_at(hs, h);
}

struct host_talk *host_talk(struct hosts *hs, struct host *h)
{
    struct host_more *m = host_more(hs, h);
    if (m && !m->talk)
        m->talk = take(hs, &hs->talk);
    return m && m->talk ? pool_at(&hs->talk, m->talk) : NULL;
}

struct host_http *host_http(struct hosts *hs, struct host *h)
{
    struct host_talk *talk = host_talk(hs, h);
    if (talk && !talk->http)
        talk->http = mem_alloc(ACCOUNT_hosts, sizeof *talk->http);
    return talk ? talk->http : NULL;
}

bool host_carry(struct hosts *hs, struct host *h, size_t counter, uint64_t high)
{
    struct host_more *m = host_more(hs, h);
    if (m && !m->wide)
        m->wide = take(hs, &hs->wide);
    if (!m || !m->wide)
        return false;
    uint64_t *wide = pool_at(&hs->wide, m->wide);
    wide[counter] += high;
    return true;
}

bool host_borrow(struct hosts *hs, struct host *h, size_t counter, uint64_t high)
{
    return host_carried(hs, h, counter) && host_carry(hs, h, counter, -high);
}

uint64_t host_carried(const struct hosts *hs, const struct host *h, size_t counter)
{
    const struct host_more *m = host_more_at(hs, h);
    if (!m || !m->wide)
        return 0;
    const uint64_t *wide = pool_at(&hs->wide, m->wide);
    return wide[counter];
}

void host_roll(struct hosts *hs, struct host *h, uint32_t tick)
{
    struct rate_count count = host_rate_count(h);
    uint64_t bytes[2] = {rate_now(&h->rate, 0, h->bytes[0]), rate_now(&h->rate, 1, h->bytes[1])};
    if (h->has_series && !seconds_put(host_more_at(hs, h)->series, 2, h->rate.stamp, bytes))
        starve(hs);
    uint64_t sum = bytes[0] + bytes[1];
    if (sum > rate_mask)
        sum = rate_mask;
    if (sum > ((uint64_t)h->peak_high << 32 | h->peak)) {
        h->peak = (uint32_t)sum;
        h->peak_high = (uint8_t)(sum >> 32);
    }
    rate_roll(&h->rate, tick, &count);
}

static uint32_t use_new(struct hosts *hs, struct host *h, uint16_t master, uint16_t app)
{
    uint32_t made = pool_take(&hs->uses);
    if (made) {
        *host_use_at(hs, made) = (struct host_use){.master = master, .app = app, .next = h->app};
        h->app = made;
    }
    return made;
}

bool host_use_begin(struct hosts *hs, struct host *h)
{
    return use_new(hs, h, 0, 0) != 0;
}

/* What finds no room is the host's unknown application; if that finds none either, its latest. */
static uint32_t use_without_room(struct hosts *hs, struct host *h, unsigned n)
{
    for (uint32_t at = h->app; at; at = host_use_at(hs, at)->next)
        if (!host_use_at(hs, at)->master && !host_use_at(hs, at)->app)
            return at;
    uint32_t made = n < HOST_APPS ? use_new(hs, h, 0, 0) : 0;
    return made ? made : h->app;
}

/* What was found goes to the front: a host may have hundreds, and its flows are of a few. */
uint32_t host_use_get(struct hosts *hs, struct host *h, uint16_t master, uint16_t app,
                      bool *is_full)
{
    unsigned n = 0;
    for (uint32_t *link = &h->app; *link; n++) {
        uint32_t at = *link;
        struct host_use *u = host_use_at(hs, at);
        bool found = u->master == master && u->app == app;
        if (!found && host_use_is_empty(u)) {
            *u = (struct host_use){.master = master, .app = app, .next = u->next};
            found = true;
        }
        if (found) {
            *link = u->next;
            u->next = h->app;
            h->app = at;
            return at;
        }
        link = &u->next;
    }
    /* The last place is for what has no place. */
    uint32_t made = 0;
    if (n < (master || app ? HOST_APPS - 1 : HOST_APPS))
        made = use_new(hs, h, master, app);
    *is_full = !made;
    return made ? made : use_without_room(hs, h, n);
}

void host_use_tidy(struct hosts *hs, struct host *h, uint32_t index)
{
    struct host_use *u = host_use_at(hs, index);
    bool is_only = h->app == index && !u->next;
    if (is_only || !host_use_is_empty(u))
        return;
    uint32_t *link = &h->app;
    while (*link != index)
        link = &host_use_at(hs, *link)->next;
    *link = u->next;
    pool_give(&hs->uses, index);
}

/* Room for one more row of a list that doubles up to most; false when it is full or without memory.
 */
static bool grow(void **row, uint16_t n, uint16_t *cap, size_t size, uint16_t most)
{
    if (n < *cap)
        return true;
    if (n >= most)
        return false;
    uint16_t wider = (uint16_t)(*cap ? *cap * 2 : 1);
    void *grown = mem_resize(ACCOUNT_hosts, *row, *cap * size, wider * size);
    if (!grown)
        return false;
    *row = grown;
    *cap = wider;
    return true;
}

void host_count_icmp(struct hosts *hs, struct host *h, uint8_t version, uint8_t type, uint8_t code,
                     unsigned side, const struct addr *peer)
{
    struct host_talk *m = host_talk(hs, h);
    if (!m)
        return;
    struct host_icmp *slot = NULL;
    for (unsigned i = 0; i < m->icmps && !slot; i++)
        if (m->icmp[i].version == version && m->icmp[i].type == type && m->icmp[i].code == code)
            slot = &m->icmp[i];
    if (!slot) {
        /* A host that was sent every type there is keeps the last row for the rest. */
        bool room = grow((void **)&m->icmp, m->icmps, &m->icmp_cap, sizeof *m->icmp, HOST_ICMP);
        if (!room && !m->icmps)
            return;
        slot = &m->icmp[room ? m->icmps++ : m->icmps - 1];
        slot->version = version;
        slot->type = type;
        slot->code = code;
    }
    slot->packets[side]++;
    slot->last_peer[side] = *peer;
}

void host_count_name(struct hosts *hs, struct host *h, enum host_name_list which,
                     const uint8_t *name, size_t len)
{
    struct host_more *m = len ? host_more(hs, h) : NULL;
    if (m && !m->names)
        m->names = mem_alloc(ACCOUNT_hosts, HOST_NAME_LISTS * sizeof *m->names);
    if (!m || !m->names)
        return;
    struct host_names *list = &m->names[which];
    if (len >= sizeof list->row->name)
        len = sizeof list->row->name - 1;
    unsigned least = 0;
    for (unsigned i = 0; i < list->n; i++) {
        if (!memcmp(list->row[i].name, name, len) && !list->row[i].name[len]) {
            list->row[i].count++;
            return;
        }
        if (list->row[i].count < list->row[least].count)
            least = i;
    }
    /* A full list gives up its rarest name and the newcomer inherits the count (space saving,
     * Metwally 2005): counts are upper bounds, the frequent ones are always there. */
    uint64_t inherited = 0;
    if (grow((void **)&list->row, list->n, &list->cap, sizeof *list->row, HOST_NAMES))
        least = list->n++;
    else if (list->n)
        inherited = list->row[least].count;
    else
        return;
    memcpy(list->row[least].name, name, len);
    list->row[least].name[len] = '\0';
    list->row[least].count = inherited + 1;
}

void host_set_name(struct hosts *hs, struct host *h, enum name_rank rank, const uint8_t *name,
                   size_t len)
{
    if (!len || rank < (enum name_rank)h->name_rank)
        return;
    struct host_more *m = host_more(hs, h);
    if (m && !m->name)
        m->name = mem_alloc(ACCOUNT_names, NAME_BYTES);
    if (!m || !m->name)
        return;
    if (len >= NAME_BYTES)
        len = NAME_BYTES - 1;
    memcpy(m->name, name, len);
    m->name[len] = '\0';
    h->name_rank = (uint8_t)rank;
}

void host_set_os(struct hosts *hs, struct host *h, const char *os)
{
    struct host_more *m = host_more(hs, h);
    if (m && !m->os)
        m->os = mem_alloc(ACCOUNT_names, OS_BYTES);
    if (m && m->os) {
        size_t len = strnlen(os, OS_BYTES - 1);
        memcpy(m->os, os, len);
        m->os[len] = '\0';
    }
}

const char *host_name(const struct hosts *hs, const struct host *h)
{
    const struct host_more *m = host_more_at(hs, h);
    return m ? m->name : NULL;
}

static void free_talk(struct hosts *hs, uint32_t index)
{
    struct host_talk *talk = pool_at(&hs->talk, index);
    mem_free(ACCOUNT_hosts, talk->icmp, talk->icmp_cap * sizeof *talk->icmp);
    if (talk->http)
        mem_free(ACCOUNT_hosts, talk->http, sizeof *talk->http);
    pool_give(&hs->talk, index);
}

static void free_names(struct host_names *names)
{
    for (unsigned i = 0; i < HOST_NAME_LISTS; i++)
        mem_free(ACCOUNT_hosts, names[i].row, names[i].cap * sizeof *names[i].row);
    mem_free(ACCOUNT_hosts, names, HOST_NAME_LISTS * sizeof *names);
}

static void free_more(struct hosts *hs, uint32_t index)
{
    struct host_more *m = pool_at(&hs->more, index);
    if (m->talk)
        free_talk(hs, m->talk);
    if (m->wide)
        pool_give(&hs->wide, m->wide);
    if (m->names)
        free_names(m->names);
    if (m->series) {
        seconds_fini(m->series, 2);
        mem_free(ACCOUNT_series, m->series, sizeof *m->series);
        hs->series_kept--;
    }
    if (m->name)
        mem_free(ACCOUNT_names, m->name, NAME_BYTES);
    if (m->os)
        mem_free(ACCOUNT_names, m->os, OS_BYTES);
    pool_give(&hs->more, index);
}

void host_free_parts(struct hosts *hs, struct host *h)
{
    for (uint32_t at = h->app; at;) {
        uint32_t next = host_use_at(hs, at)->next;
        pool_give(&hs->uses, at);
        at = next;
    }
    if (h->more)
        free_more(hs, h->more);
}
