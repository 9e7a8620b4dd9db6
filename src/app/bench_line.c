/* bench_line.c - a line of figures, as a row for people or as an object for programs. */
#include "app/bench.h"
#include "base/json.h"

#include <stdio.h>

void line_add(struct bench_line *l, const char *key, const char *unit, double value)
{
    if (l->extras < BENCH_EXTRAS)
        l->extra[l->extras++] = (struct bench_extra){key, unit, value};
}

void line_print_head(const char *text)
{
    printf("\n%s.\n\n"
           "                   bytes  hosts =   packets/s     ns/packet, CPU        floor     "
           "bytes/ bytes/      peak\n"
           "                         or flows                p5    p50   mean     p5    p50     "
           "flow   host        MB\n",
           text);
}

/* A column of the row, blank when there is nothing to say. */
static void print_cell(double value, int width, int decimals)
{
    if (value > 0)
        printf("%*.*f", width, decimals, value);
    else
        printf("%*s", width, "");
}

static void print_row(const struct bench_line *l)
{
    char name[64];
    snprintf(name, sizeof name, "%s %s", l->bench, l->variant);
    printf("%-17s", name);
    print_cell(l->packet_bytes, 7, 0);
    print_cell(l->hosts, 9, 0);
    if (l->speed.mean > 0)
        printf("%10.2f M", rate_of(l->speed.mean) / 1e6);
    else
        printf("%12s", "");
    print_cell(l->speed.p5, 8, 1);
    print_cell(l->speed.p50, 7, 1);
    print_cell(l->speed.mean, 7, 1);
    print_cell(l->floor.p5, 7, 1);
    print_cell(l->floor.p50, 7, 1);
    print_cell(l->bytes_per_flow, 9, 0);
    print_cell(l->bytes_per_host, 7, 0);
    print_cell((double)l->rss / 1e6, 10, 1);
    puts(l->huge ? " H" : "");
    for (unsigned i = 0; i < l->extras; i++)
        printf("%s%s %.*f%s%s",
               i % 4 ? ", "
               : i   ? "\n    "
                     : "    ",
               l->extra[i].key, l->extra[i].value < 100 ? 2 : 0, l->extra[i].value,
               *l->extra[i].unit ? " " : "", l->extra[i].unit);
    if (l->extras)
        putchar('\n');
    if (*l->note)
        printf("    %s\n", l->note);
}

static void print_object(const struct bench_line *l)
{
    struct text t = {0};
    struct json j = json_into(&t);
    json_open(&j);
    json_pair_string(&j, "bench", l->bench);
    json_pair_string(&j, "variant", l->variant);
    json_pair_u64(&j, "packet_bytes", l->packet_bytes);
    json_pair_u64(&j, "hosts", l->hosts);
    json_pair_u64(&j, "flows", l->flows);
    json_pair_u64(&j, "pps", (uint64_t)rate_of(l->speed.mean));
    json_pair_double(&j, "ns_p5", l->speed.p5);
    json_pair_double(&j, "ns_p50", l->speed.p50);
    json_pair_double(&j, "ns_mean", l->speed.mean);
    json_pair_u64(&j, "packets", l->speed.packets);
    json_pair_double(&j, "cpu_s", (double)l->speed.spent / 1e9);
    json_pair_u64(&j, "floor_pps", (uint64_t)rate_of(l->floor.mean));
    json_pair_double(&j, "floor_ns_p5", l->floor.p5);
    json_pair_double(&j, "floor_ns_p50", l->floor.p50);
    json_pair_u64(&j, "rss_bytes", l->rss);
    json_pair_u64(&j, "huge_bytes", l->huge);
    json_pair_double(&j, "bytes_per_flow", l->bytes_per_flow);
    json_pair_double(&j, "bytes_per_host", l->bytes_per_host);
    json_pair_u64(&j, "index_bytes", l->index_bytes);
    for (unsigned i = 0; i < l->extras; i++)
        json_pair_double(&j, l->extra[i].key, l->extra[i].value);
    if (*l->note)
        json_pair_string(&j, "note", l->note);
    json_close(&j);
    puts(t.data);
    text_free(&t);
}

void line_print(const struct bench_line *l, bool json)
{
    if (json)
        print_object(l);
    else
        print_row(l);
    fflush(stdout);
}
