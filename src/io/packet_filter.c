/* packet_filter.c - a BPF expression (-B) that is put to frames of any link type. */
#include "io/packet_filter.h"

#include <pcap/pcap.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "net/decode.h"

enum { PROGRAMS = 16, FILTER_SNAPLEN = 262144 };

struct program {
    uint16_t link;
    bool usable;
    struct bpf_program code;
};

struct packet_filter {
    char *text; /* owned */
    unsigned n, last;
    struct program program[PROGRAMS];
};

/* An expression is accepted when one of these can be meant; the first gives the message. */
static const uint16_t usual_links[] = {1, 101, 113, 276, 127, 105, 9, 0};

int packet_filter_dlt(uint16_t link)
{
    switch (link) {
    case 100:
        return DLT_ATM_RFC1483;
    case 101:
        return DLT_RAW;
    case 102:
        return DLT_SLIP_BSDOS;
    case 103:
        return DLT_PPP_BSDOS;
    case 106:
        return DLT_ATM_CLIP;
    default:
        return link;
    }
}

/* False with libpcap's complaint in *e when the text means nothing to this link type. */
static bool compile(const char *text, uint16_t link, struct bpf_program *code, struct err *e)
{
    pcap_t *handle = pcap_open_dead(packet_filter_dlt(link), FILTER_SNAPLEN);
    if (!handle)
        return fail(e, "out of memory for a packet filter");
    bool good = pcap_compile(handle, code, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!good)
        fail(e, "packet filter '%.200s': %s", text, pcap_geterr(handle));
    pcap_close(handle);
    return good;
}

struct packet_filter *packet_filter_new(const char *text, struct err *e)
{
    struct err first = {""};
    struct bpf_program code;
    bool good = false;
    for (size_t i = 0; i < sizeof usual_links / sizeof *usual_links && !good; i++) {
        good = compile(text, usual_links[i], &code, i == 0 ? &first : NULL);
        if (good)
            pcap_freecode(&code);
    }
    if (!good) {
        fail(e, "%s", first.text);
        return NULL;
    }
    size_t size = strlen(text) + 1;
    struct packet_filter *f = mem_alloc(ACCOUNT_other, sizeof *f);
    char *copy = mem_alloc(ACCOUNT_other, size);
    if (!f || !copy) {
        fail(e, "out of memory for a packet filter");
        if (f)
            mem_free(ACCOUNT_other, f, sizeof *f);
        if (copy)
            mem_free(ACCOUNT_other, copy, size);
        return NULL;
    }
    memcpy(copy, text, size);
    f->text = copy;
    return f;
}

void packet_filter_free(struct packet_filter *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < f->n; i++)
        if (f->program[i].usable)
            pcap_freecode(&f->program[i].code);
    mem_free(ACCOUNT_other, f->text, strlen(f->text) + 1);
    mem_free(ACCOUNT_other, f, sizeof *f);
}

/* The program for a link type that was not met before. When there are too many of them the last
 * place changes hands. */
static struct program *add_program(struct packet_filter *f, uint16_t link)
{
    if (f->n == PROGRAMS) {
        f->n--;
        if (f->program[f->n].usable)
            pcap_freecode(&f->program[f->n].code);
    }
    f->last = f->n++;
    struct program *p = &f->program[f->last];
    struct err e = {""};
    *p = (struct program){.link = link};
    p->usable = compile(f->text, link, &p->code, &e);
    if (!p->usable)
        log_warning("no packet of link type %u (%s) can pass: %s", link, link_name(link), e.text);
    return p;
}

static struct program *find_program(struct packet_filter *f, uint16_t link)
{
    for (unsigned i = 0; i < f->n; i++)
        if (f->program[i].link == link) {
            f->last = i;
            return &f->program[i];
        }
    return add_program(f, link);
}

bool packet_filter_match(struct packet_filter *f, const struct frame *frame)
{
    struct program *p = &f->program[f->last];
    if (f->n == 0 || p->link != frame->link)
        p = find_program(f, frame->link);
    if (!p->usable)
        return false;
    struct pcap_pkthdr head = {.caplen = frame->cap_len, .len = frame->wire_len};
    return pcap_offline_filter(&p->code, &head, frame->bytes) != 0;
}
