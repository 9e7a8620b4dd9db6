/* packet_socket.c - one AF_PACKET socket with its TPACKET_V3 ring, for source_afpacket alone. */
#if defined(__linux__)

#include "io/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/fanout.h"
#include "io/packet_filter.h"
#include "io/source_names.h"

enum {
    BLOCKS_MIN = 2,
    RING_BLOCKS_MAX = 4096,
    FRAME_SIZE = 2048, /* TPACKET_V3 packs frames tightly; this must only divide a block */
    VLAN_ROOM = 4,     /* for a tag that the card took off and that is put back */
    PROGRAM_MAX = 4096,
    PREFIX = 5,
    DEVICE_NETLINK = 824 /* ARPHRD_NETLINK, which older headers lack */
};

int packet_link_of(int device_type)
{
    switch (device_type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
        return 1;
    case ARPHRD_IEEE80211:
        return 105;
    case ARPHRD_IEEE80211_PRISM:
        return 119;
    case ARPHRD_IEEE80211_RADIOTAP:
        return 127;
    case ARPHRD_HDLC:
        return 104;
    case ARPHRD_FRAD:
        return 107;
    case DEVICE_NETLINK:
        return 253;
    default:
        return -1;
    }
}

static int device_type(int fd, const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return ioctl(fd, SIOCGIFHWADDR, &request) == -1 ? -1 : request.ifr_hwaddr.sa_family;
}

static bool attach(int fd, struct sock_filter *code, unsigned n)
{
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/* A packet over loopback is met twice, going out and coming in: the way out is left away. Accepts
 * what comes in on and falls through to the program behind otherwise. */
static unsigned skip_loopback_copies(struct sock_filter *code)
{
    const struct sock_filter prefix[PREFIX] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_HATYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPHRD_LOOPBACK, 0, 3),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    memcpy(code, prefix, sizeof prefix);
    return PREFIX;
}

/* Compiles the expression for the kernel. libpcap knows that the kernel keeps VLAN tags beside the
 * packet, but only when it compiles for an interface that it has opened. 0 = not possible. */
static unsigned compile_for_kernel(const struct packet_request *r, int link,
                                   struct sock_filter *code)
{
    char text[PCAP_ERRBUF_SIZE];
    struct bpf_program program;
    unsigned n = 0;
    pcap_t *handle = pcap_create(r->name, text);
    if (!handle)
        return 0;
    pcap_set_snaplen(handle, (int)r->snaplen);
    pcap_set_buffer_size(handle, 65536 * 4);
    if (pcap_activate(handle) >= 0 && pcap_datalink(handle) == packet_filter_dlt((uint16_t)link) &&
        pcap_compile(handle, &program, r->bpf, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        if (program.bf_len <= PROGRAM_MAX - PREFIX) {
            n = program.bf_len;
            for (unsigned i = 0; i < n; i++)
                code[i] = (struct sock_filter){.code = program.bf_insns[i].code,
                                               .jt = program.bf_insns[i].jt,
                                               .jf = program.bf_insns[i].jf,
                                               .k = program.bf_insns[i].k};
        }
        pcap_freecode(&program);
    }
    pcap_close(handle);
    return n;
}

void packet_socket_begin(struct packet_socket *s, const struct packet_request *r)
{
    static _Thread_local struct sock_filter code[PROGRAM_MAX];
    unsigned n = skip_loopback_copies(code);
    bool has_filter = r->bpf && r->bpf[0];
    int link = r->ifindex == 0 ? -1 : packet_link_of(s->device_type);
    unsigned compiled = has_filter && link != -1 ? compile_for_kernel(r, link, code + n) : 0;
    s->filters_here = has_filter && compiled == 0;
    if (compiled == 0)
        code[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, r->snaplen);
    if (attach(s->fd, code, n + (compiled ? compiled : 1)))
        return;

    /* Only the size of the program can be wrong: let everything in and filter here. */
    s->filters_here = has_filter;
    code[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, r->snaplen);
    if (!attach(s->fd, code, n + 1))
        log_error("%s: the kernel takes no packet filter: %s", r->name, strerror(errno));
}

bool packet_socket_is_known(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    bool known = fd != -1 || (errno != EAFNOSUPPORT && errno != EPROTONOSUPPORT && errno != ENOSYS);
    if (fd != -1)
        close(fd);
    return known;
}

/* The socket itself, deaf: no protocol is named yet. */
static bool create(struct packet_socket *s, const struct packet_request *r, struct err *e)
{
    s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd != -1)
        return true;
    if (errno != EPERM && errno != EACCES)
        return fail(e, "%s: no packet socket: %s", r->name, strerror(errno));
    char self[SOURCE_PATH];
    source_program_path(self);
    return fail(e,
                "%s: this user may not capture; run as root, or allow this program once: "
                "sudo setcap cap_net_raw=ep %s",
                r->name, self);
}

static bool map_ring(struct packet_socket *s, const struct packet_request *r, struct err *e)
{
    int version = TPACKET_V3, room = VLAN_ROOM;
    uint64_t blocks = r->ring_bytes / PACKET_BLOCK;
    if (blocks > RING_BLOCKS_MAX)
        return fail(e, "%s: a ring of more than %d MB cannot be had; try a smaller --ring", r->name,
                    RING_BLOCKS_MAX);
    /* Pairs of blocks: memory is given back in units of 2 MiB. */
    blocks = blocks < BLOCKS_MIN ? BLOCKS_MIN : blocks & ~UINT64_C(1);
    struct tpacket_req3 ring = {
        .tp_block_size = PACKET_BLOCK,
        .tp_block_nr = (unsigned)blocks,
        .tp_frame_size = FRAME_SIZE,
        .tp_frame_nr = (unsigned)(blocks * (PACKET_BLOCK / FRAME_SIZE)),
        .tp_retire_blk_tov = PACKET_RETIRE_MS,
    };
    if (setsockopt(s->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) == -1 ||
        setsockopt(s->fd, SOL_PACKET, PACKET_RESERVE, &room, sizeof room) == -1)
        return fail(e, "%s: this kernel has no TPACKET_V3: %s", r->name, strerror(errno));
    if (setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) == -1)
        return fail(e, "%s: no ring of %llu MB for capture: %s; try a smaller --ring", r->name,
                    (unsigned long long)blocks, strerror(errno));
    s->size = (size_t)blocks * PACKET_BLOCK;
    s->blocks = (unsigned)blocks;
    void *at = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s->fd, 0);
    if (at == MAP_FAILED)
        return fail(e, "%s: the ring of %u MB cannot be mapped: %s", r->name, s->blocks,
                    strerror(errno));
    s->ring = at;
    mem_touch(ACCOUNT_capture, s->size);
    return true;
}

static bool bind_to(struct packet_socket *s, const struct packet_request *r, struct err *e)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    if (!attach(s->fd, &nothing, 1))
        return fail(e, "%s: the kernel takes no packet filter: %s", r->name, strerror(errno));
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = r->ifindex};
    if (bind(s->fd, (struct sockaddr *)&address, sizeof address) == -1)
        return fail(e, "%s: cannot be captured from: %s", r->name, strerror(errno));
    struct packet_mreq all = {.mr_ifindex = r->ifindex, .mr_type = PACKET_MR_PROMISC};
    /* The kernel takes this back by itself when the socket is closed. */
    if (r->promiscuous && r->ifindex != 0 &&
        setsockopt(s->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) == -1)
        log_warning("%s: no promiscuous mode: %s", r->name, strerror(errno));
    struct err why = {""};
    if (r->fanout && !fanout_join(r->fanout, s->fd, r->ifindex, &why))
        return fail(e, "%s: %s", r->name, why.text);
    return true;
}

bool packet_socket_open(struct packet_socket *s, const struct packet_request *r, struct err *e)
{
    *s = (struct packet_socket){.fd = -1, .device_type = -1};
    if (create(s, r, e) && map_ring(s, r, e) && bind_to(s, r, e)) {
        if (r->ifindex != 0)
            s->device_type = device_type(s->fd, r->name);
        s->link = packet_link_of(s->device_type);
        return true;
    }
    packet_socket_close(s);
    return false;
}

void packet_socket_close(struct packet_socket *s)
{
    if (s->ring)
        mem_release(ACCOUNT_capture, s->ring, s->size, s->size);
    if (s->fd != -1)
        close(s->fd);
    *s = (struct packet_socket){.fd = -1, .device_type = -1};
}

#endif
