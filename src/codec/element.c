/* element.c - names, types and widths of the information elements of NetFlow v9 and IPFIX. */
#include "codec/element.h"

static const struct element rows[] = {
#define ELEMENT(pen, id, octets, type, name, key) {pen, id, octets, ELEMENT_##type, name, key},
#include "codec/elements.def"
#include "codec/elements_vendor.def"
#undef ELEMENT
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct element *element_row(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

const struct element *element_find(uint32_t pen, uint16_t id)
{
    if (pen == PEN_REVERSE)
        pen = PEN_IANA;
    size_t low = 0, high = ROWS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct element *e = &rows[middle];
        if (e->pen == pen && e->id == id)
            return e;
        if (e->pen < pen || (e->pen == pen && e->id < id))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool element_width_fits(const struct element *e, size_t octets)
{
    if (octets == ELEMENT_ANY_WIDTH || octets == 0)
        return true;
    switch (e->type) {
    case ELEMENT_OCTETS:
    case ELEMENT_TEXT:
    case ELEMENT_LIST:
        return true;
    case ELEMENT_MAC:
        return octets == 6;
    case ELEMENT_IPV4:
        return octets == 4;
    case ELEMENT_IPV6:
        return octets == 16;
    case ELEMENT_BOOL:
        return octets == 1;
    case ELEMENT_F32:
    case ELEMENT_F64:
        return octets == 4 || octets == 8;
    default:
        return octets <= 8;
    }
}
