/* sort_key.c - values of rows as words that compare, whatever the field is. */
#include <ctype.h>

#include "base/cursor.h"
#include "engine/answer.h"

static struct sort_key key_of_text(const uint8_t *text, size_t len)
{
    uint8_t lower[32] = {0};
    for (size_t i = 0; i < len && i < sizeof lower; i++)
        lower[i] = (uint8_t)tolower(text[i]);
    struct sort_key k = {0};
    for (unsigned i = 0; i < 4; i++)
        k.word[i] = load_be64(lower + 8 * i);
    return k;
}

static struct sort_key key_of_addr(const struct addr *a)
{
    return (struct sort_key){.word = {load_be64(a->byte), load_be64(a->byte + 8)}};
}

struct sort_key sort_key_of_record(const struct field *f, const struct record *r)
{
    if (!f)
        return (struct sort_key){.word = {r->sent_bytes + r->rcvd_bytes}};
    if (f->kind == KIND_addr)
        return key_of_addr((const struct addr *)(const void *)((const char *)r + f->offset));
    if (f->kind == KIND_string) {
        size_t len = 0;
        const uint8_t *text = tail_get(&r->tail, f->string, &len);
        return key_of_text(text, text ? len : 0);
    }
    if (f->kind == KIND_app || f->kind == KIND_mac) {
        struct text name = {0};
        record_print(&name, r, f);
        struct sort_key k = key_of_text((const uint8_t *)name.data, name.len);
        text_free(&name);
        return k;
    }
    /* Those of the same throughput, most often none, by their traffic. */
    if (f->offset == offsetof(struct record, bps))
        return (struct sort_key){.word = {r->bps, r->sent_bytes + r->rcvd_bytes}};
    return (struct sort_key){.word = {record_number(r, f)}};
}

/* Any field of a row by its place and size. */
static struct sort_key key_of_member(const struct field *f, const void *row)
{
    const char *at = (const char *)row + f->offset;
    if (f->kind == KIND_addr)
        return key_of_addr((const struct addr *)(const void *)at);
    uint64_t value = 0;
    if (f->size <= sizeof value)
        memcpy(&value, at, f->size);
    return (struct sort_key){.word = {value}};
}

struct sort_key sort_key_of_host(const struct field *f, const struct host_row *r)
{
    if (!f)
        return (struct sort_key){.word = {r->traffic.bytes[0] + r->traffic.bytes[1]}};
    if (f->kind == KIND_string)
        return key_of_text((const uint8_t *)r->name, strlen(r->name));
    if (f->offset < 0)
        return (struct sort_key){.word = {r->traffic.bytes[0] + r->traffic.bytes[1]}};
    struct sort_key k = key_of_member(f, r);
    if (f->offset == offsetof(struct host_row, bps))
        k.word[1] = r->traffic.bytes[0] + r->traffic.bytes[1];
    return k;
}

struct sort_key sort_key_of_group(const struct field *f, const struct group_row *r)
{
    const char *by = f ? f->api : "bytes";
    uint64_t value;
    if (!strcmp(by, "bps"))
        value = r->bps;
    else if (!strcmp(by, "packets"))
        value = r->traffic.packets[0] + r->traffic.packets[1];
    else if (!strcmp(by, "flows") || !strcmp(by, "flows_client"))
        value = r->flows;
    else if (!strcmp(by, "total_flows") || !strcmp(by, "total_flows_client"))
        value = r->total_flows;
    else if (!strcmp(by, "first_seen"))
        value = (uint64_t)r->first;
    else if (!strcmp(by, "last_seen"))
        value = (uint64_t)r->last;
    else if (!strcmp(by, "name") || !strcmp(by, "ip"))
        return key_of_text((const uint8_t *)r->name, strlen(r->name));
    else
        value = r->traffic.bytes[0] + r->traffic.bytes[1];
    return (struct sort_key){.word = {value}};
}

int sort_key_compare(const struct sort_key *a, const struct sort_key *b)
{
    for (unsigned i = 0; i < 4; i++)
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}
