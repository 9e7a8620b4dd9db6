/* digest.c - what the report says about a reading's flows, added up from their records. */
#include "app/digest.h"

#include <string.h>

/* A flow that lasts gives several records; it is counted with the one that has its beginning. */
static uint64_t is_first_part(const struct record *r)
{
    return r->first == r->flow_first;
}

static void set_label(struct sum *row, const struct record *r, enum string_field field)
{
    size_t len;
    const uint8_t *bytes = tail_get(&r->tail, field, &len);
    if (row->label[0] || !bytes || !len)
        return;
    if (len > SUM_LABEL - 1)
        len = SUM_LABEL - 1;
    for (size_t i = 0; i < len; i++) {
        /* Names come from strangers and go to a terminal. */
        bool is_plain = bytes[i] > ' ' && bytes[i] < 127;
        row->label[i] = is_plain ? (char)bytes[i] : '?';
    }
    row->label[len] = '\0';
}

static struct sum *add(struct digest *d, struct sums *t, const void *key, size_t len,
                       const struct record *r, bool is_server)
{
    struct sum *row = sums_at(t, key, len);
    if (!row) {
        d->complete = false;
        return NULL;
    }
    row->bytes[is_server] += r->sent_bytes;
    row->bytes[!is_server] += r->rcvd_bytes;
    row->packets[is_server] += r->sent_packets;
    row->packets[!is_server] += r->rcvd_packets;
    row->flows += is_first_part(r);
    return row;
}

static void add_sums(struct digest *d, const struct record *r)
{
    struct host_key client = {r->client, r->vlan}, server = {r->server, r->vlan};
    bool has_name = r->l7_master || r->l7_app;
    struct app_key app = {r->l7_master, r->l7_app, has_name ? 0 : r->proto};
    struct talk_key talk = {r->client, r->server, r->vlan, app};

    struct sum *row = add(d, &d->hosts, &client, sizeof client, r, false);
    if (row)
        set_label(row, r, STRING_dhcp_name);
    row = add(d, &d->hosts, &server, sizeof server, r, true);
    if (row) {
        set_label(row, r, STRING_sni);
        set_label(row, r, STRING_http_host);
    }
    add(d, &d->apps, &app, sizeof app, r, false);
    row = add(d, &d->talks, &talk, sizeof talk, r, false);
    if (row)
        set_label(row, r, STRING_info);
}

static void note(struct trouble *t, const struct record *r, uint64_t count)
{
    if (!t->flows && !t->count)
        record_copy(&t->first, r);
    t->flows += is_first_part(r);
    t->count += count;
}

static void add_troubles(struct digest *d, const struct record *r)
{
    if (r->problem && r->problem < DIGEST_PROBLEMS)
        note(&d->problem[r->problem], r, 1);
    if (r->sent_retrans + r->rcvd_retrans)
        note(&d->retrans, r, (uint64_t)r->sent_retrans + r->rcvd_retrans);
    if (r->dns_code)
        note(&d->dns_error, r, 1);
    if (r->http_code >= 400)
        note(&d->http_error, r, 1);
    if (r->tls_mismatch)
        note(&d->mismatch, r, 1);
    for (uint64_t left = r->risk; left; left &= left - 1)
        note(&d->risk[__builtin_ctzll(left)], r, 1);
}

void digest_fill(struct digest *d, const struct collection *all)
{
    memset(d, 0, sizeof *d);
    d->complete = true;
    struct record r;
    for (size_t i = 0; i < all->n; i++) {
        collection_get(all, i, &r);
        d->flows += is_first_part(&r);
        d->bytes += r.sent_bytes + r.rcvd_bytes;
        d->packets += r.sent_packets + r.rcvd_packets;
        if (r.proto == 6) {
            d->tcp_packets += r.sent_packets + r.rcvd_packets;
            d->tcp_flows += is_first_part(&r);
        }
        add_sums(d, &r);
        add_troubles(d, &r);
    }
    sums_sort(&d->hosts);
    sums_sort(&d->apps);
    sums_sort(&d->talks);
}

void digest_free(struct digest *d)
{
    sums_free(&d->hosts);
    sums_free(&d->apps);
    sums_free(&d->talks);
}
