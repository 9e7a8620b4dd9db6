/* fanout.c - several packet sockets that share an interface's packets, conversation by conversation. */
#if defined(__linux__)

#include "io/fanout.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

enum {
    NET = SKF_NET_OFF, /* loads count from the network header, X may lead back to the link header */
    ETHER_QINQ_OLD = 0x9100,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    TAGS = 4,
    LABELS = 6,
    /* Scratch words of the program. */
    WORD_HASH = 0,
    WORD_OFFSET = 1
};

/* A program as it grows. Jumps are relative and counted by hand, forward only. */
struct assembler {
    struct sock_filter *code;
    unsigned n;
};

static void emit(struct assembler *a, unsigned op, unsigned k)
{
    assert(a->n < FANOUT_PROGRAM_MAX);
    a->code[a->n++] = (struct sock_filter){.code = (uint16_t)op, .k = k};
}

static void emit_jump(struct assembler *a, unsigned op, unsigned k, unsigned yes, unsigned no)
{
    emit(a, BPF_JMP | op | BPF_K, k);
    a->code[a->n - 1].jt = (uint8_t)yes;
    a->code[a->n - 1].jf = (uint8_t)no;
}

/* X, the offset of the next header, grows by n; A is lost. */
static void emit_advance(struct assembler *a, unsigned n)
{
    emit(a, BPF_MISC | BPF_TXA, 0);
    emit(a, BPF_ALU | BPF_ADD | BPF_K, n);
    emit(a, BPF_MISC | BPF_TAX, 0);
}

/* hash ^= the word at X + offset. X is kept, A is the hash. */
static void emit_mix(struct assembler *a, unsigned offset)
{
    emit(a, BPF_LD | BPF_W | BPF_IND, (unsigned)NET + offset);
    emit(a, BPF_STX, WORD_OFFSET);
    emit(a, BPF_LDX | BPF_MEM, WORD_HASH);
    emit(a, BPF_ALU | BPF_XOR | BPF_X, 0);
    emit(a, BPF_ST, WORD_HASH);
    emit(a, BPF_LDX | BPF_MEM, WORD_OFFSET);
}

/* Spreads the hash over all bits, since the kernel takes it modulo the number of sockets. */
static void emit_return(struct assembler *a)
{
    emit(a, BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1u);
    emit(a, BPF_MISC | BPF_TAX, 0);
    emit(a, BPF_ALU | BPF_RSH | BPF_K, 15);
    emit(a, BPF_ALU | BPF_XOR | BPF_X, 0);
    emit(a, BPF_ALU | BPF_MUL | BPF_K, 0x85ebca77u);
    emit(a, BPF_MISC | BPF_TAX, 0);
    emit(a, BPF_ALU | BPF_RSH | BPF_K, 13);
    emit(a, BPF_ALU | BPF_XOR | BPF_X, 0);
    emit(a, BPF_RET | BPF_A, 0);
}

/* X becomes the offset of what is behind the Ethernet header, A its type. The kernel's own mark of
 * the network header is behind the tags in a packet that goes out and before them in one that comes
 * in, so it serves only devices without an Ethernet header. */
static void emit_start(struct assembler *a)
{
    emit(a, BPF_LD | BPF_H | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_HATYPE));
    emit_jump(a, BPF_JEQ, ARPHRD_ETHER, 1, 0);
    emit_jump(a, BPF_JEQ, ARPHRD_LOOPBACK, 0, 3);
    emit(a, BPF_LDX | BPF_IMM, (unsigned)(SKF_LL_OFF - SKF_NET_OFF + ETH_HLEN));
    emit(a, BPF_LD | BPF_H | BPF_IND, (unsigned)NET - 2);
    emit(a, BPF_JMP | BPF_JA, 2);
    emit(a, BPF_LDX | BPF_IMM, 0);
    emit(a, BPF_LD | BPF_H | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PROTOCOL));
}

/* Walks up to TAGS VLAN tags. A is the type of what stands at X, before and after. */
static void emit_tags(struct assembler *a)
{
    for (unsigned i = 0; i < TAGS; i++) {
        /* A tag is two bytes of its own and two of the next type. */
        emit_jump(a, BPF_JEQ, ETH_P_8021Q, 2, 0);
        emit_jump(a, BPF_JEQ, ETH_P_8021AD, 1, 0);
        emit_jump(a, BPF_JEQ, ETHER_QINQ_OLD, 0, 6);
        emit(a, BPF_LD | BPF_H | BPF_IND, (unsigned)NET + 2);
        emit(a, BPF_ST, WORD_OFFSET);
        emit_advance(a, 4);
        emit(a, BPF_LD | BPF_MEM, WORD_OFFSET);
    }
}

/* A PPPoE session header and the PPP protocol are stepped over, A becomes the type of an IP packet. */
static void emit_pppoe(struct assembler *a)
{
    emit_jump(a, BPF_JEQ, ETH_P_PPP_SES, 0, 12);
    emit(a, BPF_LD | BPF_H | BPF_IND, (unsigned)NET + 6);
    emit_jump(a, BPF_JEQ, PPP_IPV4, 0, 5);
    emit_advance(a, 8);
    emit(a, BPF_LD | BPF_IMM, ETH_P_IP);
    emit(a, BPF_JMP | BPF_JA, 5);
    emit_jump(a, BPF_JEQ, PPP_IPV6, 0, 4);
    emit_advance(a, 8);
    emit(a, BPF_LD | BPF_IMM, ETH_P_IPV6);
}

/* MPLS labels are stepped over up to the bottom of the stack; the first nibble behind it tells the
 * version of IP. Each label is LABEL instructions. */
static void emit_mpls(struct assembler *a)
{
    enum { LABEL = 7, NIBBLE = 7 };
    emit_jump(a, BPF_JEQ, ETH_P_MPLS_UC, 1, 0);
    emit_jump(a, BPF_JEQ, ETH_P_MPLS_MC, 0, LABEL * LABELS + NIBBLE);
    for (unsigned i = 0; i < LABELS; i++) {
        emit(a, BPF_LD | BPF_B | BPF_IND, (unsigned)NET + 2);
        emit(a, BPF_ST, WORD_OFFSET);
        emit_advance(a, 4);
        emit(a, BPF_LD | BPF_MEM, WORD_OFFSET);
        /* At the bottom of the stack: on to the nibble. */
        emit_jump(a, BPF_JSET, 1, LABEL * (LABELS - 1 - i), 0);
    }
    emit(a, BPF_LD | BPF_B | BPF_IND, (unsigned)NET);
    emit(a, BPF_ALU | BPF_AND | BPF_K, 0xf0);
    emit_jump(a, BPF_JEQ, 0x40, 0, 2);
    emit(a, BPF_LD | BPF_IMM, ETH_P_IP);
    emit(a, BPF_JMP | BPF_JA, 2);
    emit_jump(a, BPF_JEQ, 0x60, 0, 1);
    emit(a, BPF_LD | BPF_IMM, ETH_P_IPV6);
}

unsigned fanout_program(struct sock_filter *code)
{
    enum { IPV4_ADDRESSES = 2, IPV6_WORDS = 8, MIX = 6, RETURN = 9 };
    struct assembler a = {.code = code};
    emit(&a, BPF_LD | BPF_IMM, 0);
    emit(&a, BPF_ST, WORD_HASH);
    emit_start(&a);
    emit_tags(&a);
    emit_pppoe(&a);
    emit_mpls(&a);

    emit_jump(&a, BPF_JEQ, ETH_P_IP, 0, IPV4_ADDRESSES * MIX + RETURN);
    for (unsigned i = 0; i < IPV4_ADDRESSES; i++)
        emit_mix(&a, 12 + 4 * i);
    emit_return(&a);
    emit_jump(&a, BPF_JEQ, ETH_P_IPV6, 0, IPV6_WORDS * MIX + RETURN);
    for (unsigned i = 0; i < IPV6_WORDS; i++)
        emit_mix(&a, 8 + 4 * i);
    emit_return(&a);
    /* What is no IP has no conversations: the first worker counts it. */
    emit(&a, BPF_RET | BPF_K, 0);
    return a.n;
}

/* Joins or founds; the type is one of PACKET_FANOUT_*, flags included. */
static bool enter(struct fanout *f, int fd, unsigned type)
{
    unsigned argument = (f->group == -1 ? 0u : (unsigned)f->group) | type << 16;
    if (f->group == -1)
        argument |= (unsigned)PACKET_FANOUT_FLAG_UNIQUEID << 16;
    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) == 0;
}

/* A fresh group with our program, or with the kernel's hash when it takes no program. */
static bool found(struct fanout *f, int fd)
{
    struct sock_filter code[FANOUT_PROGRAM_MAX];
    struct sock_fprog program = {.len = (unsigned short)fanout_program(code), .filter = code};
    f->group = -1;
    f->by_ports = false;
    if (!enter(f, fd, PACKET_FANOUT_CBPF)) {
        if (errno != EINVAL && errno != EOPNOTSUPP && errno != EPERM)
            return false;
        f->by_ports = true;
        if (!enter(f, fd, PACKET_FANOUT_HASH))
            return false;
    } else if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program) == -1) {
        return false;
    }
    int number;
    socklen_t len = sizeof number;
    if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &number, &len) == -1)
        return false;
    f->group = number & 0xffff;
    if (f->by_ports)
        log_warning(
            "packets are shared between workers by the kernel's own hash: later fragments of "
            "a packet may miss their flow");
    return true;
}

bool fanout_join(struct fanout *f, int fd, int ifindex, struct err *e)
{
    pthread_mutex_lock(&f->lock);
    bool good = false;
    if (f->group != -1 && f->ifindex == ifindex)
        good = enter(f, fd, f->by_ports ? PACKET_FANOUT_HASH : PACKET_FANOUT_CBPF);
    /* The group dies with its interface; who comes back first founds another. */
    if (!good)
        good = found(f, fd);
    int why = errno;
    f->ifindex = ifindex;
    pthread_mutex_unlock(&f->lock);
    return good ||
           fail(e, "the kernel does not share its packets between workers: %s; use --workers 1",
                strerror(why));
}

#endif
