/* icmp.c - names of ICMP and ICMPv6 messages, and back. */
#include "model/words.h"

enum { ANY = -1 };

static const struct {
    uint8_t version;
    uint8_t type;
    int16_t code;
    const char *name;
} messages[] = {
#define ICMP(v, t, c, n) {v, t, c, n},
#include "model/icmp.def"
#undef ICMP
};

enum { MESSAGES = sizeof messages / sizeof *messages };

const char *icmp_name(bool v6, uint8_t type, uint8_t code)
{
    unsigned version = v6 ? 6 : 4;
    for (size_t i = 0; i < MESSAGES; i++)
        if (messages[i].version == version && messages[i].type == type &&
            (messages[i].code == code || messages[i].code == ANY))
            return messages[i].name;
    return NULL;
}

int32_t icmp_number(bool v6, const char *name, size_t len)
{
    unsigned version = v6 ? 6 : 4;
    for (size_t i = 0; i < MESSAGES; i++)
        if (messages[i].version == version && word_equal(messages[i].name, name, len))
            return messages[i].type * 256 + (messages[i].code == ANY ? 0 : messages[i].code);
    return -1;
}
