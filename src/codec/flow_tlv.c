/* flow_tlv.c - flows in the TLV of nDPI's serializer.
 *
 *   01 01, then records; a record is items, then 01
 *   item: key type << 4 | value type, key, value; integers big endian in as few bytes as they need
 *   types: 2 u8, 3 u16, 4 u32, 5 u64, 6 to 9 the same with a sign, 10 float (little endian),
 *   11 text: length of 16 bits, bytes; 12 to 15 blocks and lists
 */
#include "codec/flow_text.h"

#include <stdio.h>

#include "base/cursor.h"

enum {
    TYPE_U8 = 2,
    TYPE_U64 = 5,
    TYPE_I8 = 6,
    TYPE_I64 = 9,
    TYPE_FLOAT = 10,
    TYPE_TEXT = 11,
    END_OF_RECORD = 1,
    NAME_BYTES = 128
};

static inline uint64_t take_unsigned(struct cursor *c, unsigned type)
{
    switch (type) {
    case TYPE_U8:
        return cur_u8(c);
    case TYPE_U8 + 1:
        return cur_be16(c);
    case TYPE_U8 + 2:
        return cur_be32(c);
    default: {
        const uint8_t *p = cur_take(c, 8);
        return p ? load_be64(p) : 0;
    }
    }
}

static void take_signed(struct cursor *c, unsigned type, struct flow_item *item)
{
    unsigned bits = 8u << (type - TYPE_I8);
    uint64_t v = take_unsigned(c, type - TYPE_I8 + TYPE_U8);
    item->is_negative = v >> (bits - 1) & 1;
    /* Two's complement: the magnitude of a negative number of so many bits. */
    item->integer = item->is_negative ? (bits == 64 ? -v : ((uint64_t)1 << bits) - v) : v;
    item->type = ITEM_INTEGER;
}

static void take_value(struct cursor *c, unsigned type, struct flow_item *item)
{
    if (type >= TYPE_U8 && type <= TYPE_U64) {
        item->type = ITEM_INTEGER;
        item->integer = take_unsigned(c, type);
    } else if (type >= TYPE_I8 && type <= TYPE_I64) {
        take_signed(c, type, item);
    } else if (type == TYPE_FLOAT) {
        const uint8_t *p = cur_take(c, 4);
        uint32_t bits = p ? load_le32(p) : 0;
        float real;
        memcpy(&real, &bits, sizeof real);
        item->type = ITEM_REAL;
        item->real = (double)real;
        item->is_negative = !(item->real >= 0);
    } else if (type == TYPE_TEXT) {
        item->type = ITEM_TEXT;
        item->len = cur_be16(c);
        item->text = (const char *)cur_take(c, item->len);
    } else {
        c->bad = true;
    }
}

/* The next item; false at the end of a record (the mark is taken) and when it is bad. */
static bool next_item(struct cursor *c, struct flow_item *item)
{
    uint8_t types = cur_u8(c);
    if (!cur_ok(c) || types == END_OF_RECORD)
        return false;
    unsigned key = types >> 4;
    item->key = item->text = NULL;
    item->is_negative = item->escaped = false;
    if (key == TYPE_TEXT) {
        item->key_len = cur_be16(c);
        item->key = (const char *)cur_take(c, item->key_len);
    } else if (key >= TYPE_U8 && key < TYPE_U64) {
        item->id = (uint32_t)take_unsigned(c, key);
    } else {
        c->bad = true;
    }
    take_value(c, types & 0xf, item);
    return cur_ok(c);
}

static int print_value(const struct flow_item *item, char *buf, size_t size)
{
    if (item->type == ITEM_REAL)
        return snprintf(buf, size, "%g", item->real);
    return snprintf(buf, size, "%s%lu", item->is_negative ? "-" : "", item->integer);
}

static void tlv_each(const void *context,
                     void (*field)(void *to, const char *name, uint32_t pen, uint16_t id,
                                   const uint8_t *value, size_t len, bool is_text),
                     void *to)
{
    struct cursor c = *(const struct cursor *)context;
    struct flow_item item;
    while (next_item(&c, &item)) {
        char name[NAME_BYTES], number[32];
        if (item.key)
            snprintf(name, sizeof name, "%.*s", (int)item.key_len, item.key);
        else
            snprintf(name, sizeof name, "%u", item.id);
        const char *value = item.text;
        size_t len = item.len;
        if (item.type != ITEM_TEXT) {
            len = (size_t)print_value(&item, number, sizeof number);
            value = number;
        }
        field(to, name, 0, item.key ? 0 : (uint16_t)item.id, (const uint8_t *)value, len, true);
    }
}

bool flow_tlv_decode(const struct flow_keys *keys, const uint8_t *bytes, size_t len,
                     nsec_t received, flow_text_record *record, void *to)
{
    struct cursor c = cur_over(bytes, len);
    if (cur_u8(&c) != 1 || cur_u8(&c) != 1)
        return false;
    struct flow_in flow;
    struct flow_fill f;
    while (cur_left(&c)) {
        struct flow_item item;
        struct cursor items = c;
        flow_fill_begin(&f, keys, &flow, received);
        while (next_item(&c, &item))
            flow_fill_item(&f, &item);
        if (!cur_ok(&c))
            return false;
        items.end = c.at;
        flow.raw = (struct flow_in_raw){
            .bytes = items.at, .len = cur_left(&items), .each = tlv_each, .context = &items};
        flow_fill_end(&f);
        record(to, &f);
    }
    return true;
}
