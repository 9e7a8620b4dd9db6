/* element.h - names, types and widths of the information elements of NetFlow v9 and IPFIX. */
#ifndef WEIR_CODEC_ELEMENT_H
#define WEIR_CODEC_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum element_type {
    ELEMENT_OCTETS,
    ELEMENT_U8,
    ELEMENT_U16,
    ELEMENT_U32,
    ELEMENT_U64,
    ELEMENT_I8,
    ELEMENT_I16,
    ELEMENT_I32,
    ELEMENT_I64,
    ELEMENT_F32,
    ELEMENT_F64,
    ELEMENT_BOOL,
    ELEMENT_MAC,
    ELEMENT_TEXT,
    ELEMENT_SECONDS,
    ELEMENT_MILLISECONDS,
    ELEMENT_MICROSECONDS,
    ELEMENT_NANOSECONDS,
    ELEMENT_IPV4,
    ELEMENT_IPV6,
    ELEMENT_LIST /* basicList, subTemplateList, subTemplateMultiList (RFC 6313) */
};

enum {
    ELEMENT_ANY_WIDTH = 65535,
    PEN_IANA = 0,
    PEN_CISCO = 9,
    PEN_JUNIPER = 2636,
    PEN_REVERSE = 29305, /* RFC 5103: element n of the other direction */
    PEN_NTOP = 35632,
    NTOP_IN_V9 = 57472 /* in NetFlow v9, which has no enterprises, ntop's n is this + n */
};

/* A row of elements.def; constant. */
struct element {
    uint32_t pen;
    uint16_t id;
    uint16_t octets; /* full width, ELEMENT_ANY_WIDTH where there is none */
    uint8_t type;    /* enum element_type */
    const char *name;
    const char *key; /* as NetFlow v9 and ntop call it, "" = they do not */
};

/* NULL for an element without a row. A reverse element is found as the one it reverses. Any thread. */
const struct element *element_find(uint32_t pen, uint16_t id);

/* Row i of the table, in order of enterprise and id; NULL past the end. Any thread. */
const struct element *element_row(size_t i);

/* True when a value of this type may be sent in so many octets: numbers in fewer than their own
 * (RFC 7011, 6.2) and, as routers do it, in up to 8. Any thread. */
bool element_width_fits(const struct element *e, size_t octets);

#endif
