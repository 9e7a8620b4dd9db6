/* names.c - link types and IP protocols in words. */
#include "net/decode.h"

#include <strings.h>

static const char *const proto_names[256] = {
#define IP_PROTO(number, name) [number] = name,
#include "net/ip_protos.def"
#undef IP_PROTO
};

const char *link_name(uint16_t link)
{
    switch (link) {
#define LINK_TYPE(number, name)                                                                    \
    case number:                                                                                   \
        return name;
#include "net/link_types.def"
#undef LINK_TYPE
    default:
        return "unknown";
    }
}

const char *proto_name(uint8_t proto)
{
    return proto_names[proto];
}

int proto_number(const char *name)
{
    for (int i = 0; i < 256; i++) {
        if (proto_names[i] && !strcasecmp(proto_names[i], name))
            return i;
    }
    return strcasecmp(name, "ICMPv6") ? -1 : 58;
}
