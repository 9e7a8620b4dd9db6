/* protos.c - names of application protocols, categories, breeds and risks by number. */
#include "model/protos.h"

#include <string.h>
#include <strings.h>

#include "base/hash.h"

enum { NAME_BYTES = 48 };

struct proto {
    char name[NAME_BYTES]; /* "" = none of that number */
    uint8_t category;
    uint8_t breed;
};

/* Owner: whoever starts the program; constant once threads run. */
static struct proto protos[PROTOS_MAX];
static char categories[CATEGORIES_MAX][NAME_BYTES];
static char breeds[BREEDS_MAX][NAME_BYTES];
static struct {
    char name[NAME_BYTES];
    uint16_t score;
} risks[RISKS_MAX];

static void name_copy(char to[NAME_BYTES], const char *name)
{
    size_t len = strnlen(name, NAME_BYTES - 1);
    memcpy(to, name, len);
    memset(to + len, 0, NAME_BYTES - len);
}

void protos_set(uint16_t id, const char *name, uint8_t category, uint8_t breed)
{
    if (id >= PROTOS_MAX || !name)
        return;
    name_copy(protos[id].name, name);
    protos[id].category = category;
    protos[id].breed = breed;
}

void protos_set_category(uint8_t id, const char *name)
{
    if (name)
        name_copy(categories[id], name);
}

void protos_set_breed(uint8_t id, const char *name)
{
    if (id < BREEDS_MAX && name)
        name_copy(breeds[id], name);
}

void protos_set_risk(uint8_t bit, const char *name, uint16_t score)
{
    if (bit >= RISKS_MAX || !name)
        return;
    name_copy(risks[bit].name, name);
    risks[bit].score = score;
}

static const char *name_or_null(const char *name)
{
    return *name ? name : NULL;
}

const char *protos_name(uint16_t id)
{
    return id < PROTOS_MAX ? name_or_null(protos[id].name) : NULL;
}

const char *protos_category(uint8_t id)
{
    return name_or_null(categories[id]);
}

const char *protos_breed(uint8_t id)
{
    return id < BREEDS_MAX ? name_or_null(breeds[id]) : NULL;
}

const char *protos_risk(uint8_t bit)
{
    return bit < RISKS_MAX ? name_or_null(risks[bit].name) : NULL;
}

uint16_t protos_risk_score(uint64_t bits)
{
    unsigned sum = 0;
    for (; bits; bits &= bits - 1)
        sum += risks[__builtin_ctzll(bits)].score;
    return (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
}

uint8_t protos_category_of(uint16_t id)
{
    return id < PROTOS_MAX ? protos[id].category : 0;
}

uint8_t protos_breed_of(uint16_t id)
{
    return id < PROTOS_MAX ? protos[id].breed : 0;
}

int protos_find(const char *name, size_t len)
{
    if (!len || len >= NAME_BYTES)
        return -1;
    for (int i = 0; i < PROTOS_MAX; i++)
        if (!strncasecmp(protos[i].name, name, len) && !protos[i].name[len])
            return i;
    return -1;
}

static size_t put_decimal(char *to, unsigned value)
{
    char digits[8];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    for (size_t i = 0; i < n; i++)
        to[i] = digits[n - 1 - i];
    return n;
}

/* Appends the name at buf + at; two names and a dot fit into 100 bytes. Without printf: this runs
 * once for every record that is printed. */
static size_t name_put(char *buf, size_t at, uint16_t id)
{
    const char *name = protos_name(id);
    if (!name && id) {
        at += put_decimal(buf + at, id);
    } else {
        if (!name)
            name = "Unknown";
        size_t len = strlen(name);
        memcpy(buf + at, name, len);
        at += len;
    }
    buf[at] = '\0';
    return at;
}

size_t protos_full_name(uint16_t master, uint16_t app, char *buf)
{
    if (!master || master == app)
        return name_put(buf, 0, app);
    size_t n = name_put(buf, 0, master);
    if (!app)
        return n;
    buf[n++] = '.';
    return name_put(buf, n, app);
}

unsigned protos_colour(const char *name)
{
    return (unsigned)(hash_stable(name, strlen(name)) % 10);
}
