/* test_filter_random.c - random filters against a slow model that never parses anything.
 *
 * A random tree is evaluated directly, printed in one of the many ways in which it can be written,
 * compiled, and must give the same answer for random records.
 */
#include "model/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/protos.h"

enum { TREES = 4000, RECORDS = 12, DEEPEST = 4 };

static unsigned seed = 20261120;

static unsigned below(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

enum what { AND, OR, NOT, NUMBER, COMPARE, ADDR, EITHER, NAME, WORD, FLAGS, PRESENT, APP, LIST };

struct tree {
    enum what what;
    struct tree *left, *right;
    unsigned field, other, op;
    uint64_t value;
};

static const enum field_id numbers[] = {FIELD_vlan,       FIELD_client_port, FIELD_server_port,
                                        FIELD_sent_bytes, FIELD_bytes,       FIELD_packets};
static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
static const char *const names[] = {"alpha", "beta", "alphabeta", ""};
static const uint8_t protocols[] = {1, 6, 17};
static const uint16_t apps[] = {5, 7, 91};

static struct tree *grow(unsigned depth)
{
    struct tree *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->what =
        (enum what)(depth < DEEPEST && below(3) ? below(3) : NUMBER + below(LIST + 1 - NUMBER));
    if (t->what <= NOT) {
        t->left = grow(depth + 1);
        t->right = t->what == NOT ? NULL : grow(depth + 1);
    }
    t->field = below(6);
    t->other = below(6);
    t->op = below(6);
    t->value = below(5);
    return t;
}

static void cut(struct tree *t)
{
    if (!t)
        return;
    cut(t->left);
    cut(t->right);
    free(t);
}

static bool compare(unsigned op, uint64_t a, uint64_t b)
{
    switch (op) {
    case 0:
        return a == b;
    case 1:
        return a != b;
    case 2:
        return a < b;
    case 3:
        return a <= b;
    case 4:
        return a > b;
    default:
        return a >= b;
    }
}

static uint64_t number(const struct record *r, unsigned i)
{
    return record_number(r, &field_table[numbers[i]]);
}

static unsigned last_byte(const struct addr *a)
{
    return a->byte[15];
}

static bool has_name(const struct record *r, const char *part)
{
    size_t len;
    const char *sni = (const char *)tail_get(&r->tail, STRING_sni, &len);
    return sni && memmem(sni, len, part, strlen(part));
}

static bool model(const struct tree *t, const struct record *r)
{
    switch (t->what) {
    case AND:
        return model(t->left, r) && model(t->right, r);
    case OR:
        return model(t->left, r) || model(t->right, r);
    case NOT:
        return !model(t->left, r);
    case NUMBER:
        return compare(t->op, number(r, t->field), t->value);
    case COMPARE:
        return compare(t->op, number(r, t->field), number(r, t->other));
    case ADDR:
        return compare(t->op & 1, last_byte(&r->client), t->value);
    case EITHER: {
        bool any = last_byte(&r->client) == t->value || last_byte(&r->server) == t->value;
        return any != (t->op & 1);
    }
    case NAME:
        return has_name(r, t->op & 1 ? "beta" : "alpha");
    case WORD:
        return (r->proto == protocols[t->value % 3]) != (t->op & 1);
    case FLAGS:
        return ((r->client_flags | r->server_flags) >> t->value) & 1;
    case PRESENT:
        return t->op & 1 ? has_name(r, "") : r->vlan != 0;
    case APP:
        return r->l7_master == apps[t->value % 3] || r->l7_app == apps[t->value % 3];
    case LIST:
        return (r->vlan == t->value || r->vlan == t->op) != (t->other & 1);
    }
    return false;
}

static void blank(struct text *to)
{
    static const char *const blanks[] = {" ", "  ", "\t", "\n "};
    text_add(to, blanks[below(4)]);
}

static void maybe_blank(struct text *to)
{
    if (below(2))
        blank(to);
}

static void print_leaf(const struct tree *t, struct text *to)
{
    static const char *const words[] = {"icmp", "TCP", "'udp'"};
    static const char *const app_names[] = {"DNS", "\"http\"", "91"};
    static const char *const flags[] = {"FIN", "syn", "RST", "PUSH", "16"};
    const struct field *f = &field_table[numbers[t->field]];
    const char *left = below(2) ? f->operand : f->api;
    switch (t->what) {
    case NUMBER:
        text_printf(to, below(2) ? "%s %s %llu" : "%s%s%llu", left, ops[t->op],
                    (unsigned long long)t->value);
        break;
    case COMPARE:
        text_printf(to, "%s%s%s", left, ops[t->op], field_table[numbers[t->other]].operand);
        break;
    case ADDR:
        text_printf(to, "cli.ip%s10.0.0.%llu%s", ops[t->op & 1], (unsigned long long)t->value,
                    below(2) ? "/32" : "");
        break;
    case EITHER:
        if (!(t->op & 1) && below(2))
            text_printf(to, "10.0.0.%llu", (unsigned long long)t->value);
        else
            text_printf(to, "IP %s 10.0.0.%llu", ops[t->op & 1], (unsigned long long)t->value);
        break;
    case NAME:
        text_printf(to, below(2) ? "sni~%s" : "sni =~ \"%s.*\"", t->op & 1 ? "BETA" : "alpha");
        break;
    case WORD:
        text_printf(to, "l4%s%s", ops[t->op & 1], words[t->value % 3]);
        break;
    case FLAGS:
        text_printf(to, "tcp.flags~%s", flags[t->value]);
        break;
    case PRESENT:
        text_add(to, t->op & 1 ? "sni Exists" : "vlan EXISTS");
        break;
    case APP:
        text_printf(to, "app=%s", app_names[t->value % 3]);
        break;
    default:
        text_printf(to, "vlan %sin (%llu,%s%u)", t->other & 1 ? "not " : "",
                    (unsigned long long)t->value, below(2) ? " " : "", t->op);
    }
}

static void print_link(bool or, struct text *to)
{
    static const char *const ands[] = {"and", "AND", "&&", ",", ""};
    static const char *const ors[] = {"or", "OR", "||"};
    blank(to);
    text_add(to, or ? ors[below(3)] : ands[below(5)]);
    blank(to);
}

/* Level: 0 inside or, 1 inside and, 2 inside not; parentheses where they must be, and elsewhere by
 * chance. */
static void print(const struct tree *t, unsigned level, struct text *to)
{
    unsigned needs = t->what == OR ? 0 : t->what == AND ? 1 : 2;
    bool closed = needs < level || below(6) == 0;
    if (closed) {
        text_char(to, '(');
        maybe_blank(to);
    }
    if (t->what == NOT) {
        text_add(to, below(2) ? "!" : "not ");
        print(t->left, 2, to);
    } else if (t->what <= OR) {
        print(t->left, needs, to);
        print_link(t->what == OR, to);
        print(t->right, needs, to);
    } else {
        print_leaf(t, to);
    }
    if (closed) {
        maybe_blank(to);
        text_char(to, ')');
    }
}

static void random_record(struct record *r)
{
    memset(r, 0, sizeof *r);
    assert_true(addr_parse("10.0.0.0", &r->client));
    r->server = r->client;
    r->client.byte[15] = (uint8_t)below(5);
    r->server.byte[15] = (uint8_t)below(5);
    r->vlan = (uint16_t)below(5);
    r->client_port = (uint16_t)below(5);
    r->server_port = (uint16_t)below(5);
    r->sent_bytes = below(3);
    r->rcvd_bytes = below(3);
    r->sent_packets = below(5);
    r->proto = protocols[below(3)];
    r->client_flags = (uint8_t)below(32);
    r->l7_app = apps[below(3)];
    r->l7_master = below(2) ? apps[below(3)] : 0;
    const char *name = names[below(4)];
    tail_set(&r->tail, STRING_sni, name, strlen(name));
}

static void test_random_filters_agree_with_the_model(void **state)
{
    protos_set(5, "DNS", 14, 1);
    protos_set(7, "HTTP", 5, 1);
    protos_set(91, "TLS", 5, 0);
    unsigned hits = 0;
    for (unsigned i = 0; i < TREES; i++) {
        struct tree *t = grow(0);
        struct text text = {0}, again = {0};
        print(t, 0, &text);
        print(t, 0, &again);
        struct filter_error e;
        struct filter *f = filter_compile(text.data, &e);
        if (!f)
            fail_msg("%s: %s at %zu", text.data, e.text, e.at);
        struct filter *g = filter_compile(again.data, &e);
        if (!g)
            fail_msg("%s: %s at %zu", again.data, e.text, e.at);
        for (unsigned k = 0; k < RECORDS; k++) {
            struct record r;
            random_record(&r);
            bool expected = model(t, &r);
            hits += expected;
            if (filter_match(f, &r) != expected || filter_match(g, &r) != expected)
                fail_msg("should be %d: %s", expected, text.data);
        }
        filter_free(f);
        filter_free(g);
        text_free(&text);
        text_free(&again);
        cut(t);
    }
    assert_true(hits > TREES * RECORDS / 5 && hits < TREES * RECORDS * 4 / 5);
}

/* Any cut of a valid expression either compiles or says so at a place inside it. */
static void test_every_beginning_of_an_expression_is_judged(void **state)
{
    struct record r;
    random_record(&r);
    for (unsigned i = 0; i < 200; i++) {
        struct tree *t = grow(1);
        struct text text = {0};
        print(t, 0, &text);
        for (size_t n = text.len; n > 0; n--) {
            text.data[n] = '\0';
            struct filter_error e = {0};
            struct filter *f = filter_compile(text.data, &e);
            if (f) {
                filter_match(f, &r);
                filter_free(f);
            } else {
                assert_true(e.at <= n);
                assert_true(*e.text);
            }
        }
        text_free(&text);
        cut(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_filters_agree_with_the_model),
        cmocka_unit_test(test_every_beginning_of_an_expression_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
