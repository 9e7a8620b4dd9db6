/* xdp_program.c - the XDP program that sends an interface's frames to AF_XDP sockets.
 *
 * libxdp's own way (a dispatcher that is pinned and patched) needs a mounted bpffs, object files at
 * a fixed place and the kernel's types, and it stays on the interface after a crash. Nothing of this
 * is needed for one program on one interface.
 */
#include "io/xdp_program.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "io/source_names.h"

enum {
    /* "Frames may come in several pieces", which headers before Linux 5.18 lack. */
    MAY_HAVE_PIECES = 1 << 5
};

#define INSN(op, to, from, offset, value)                                                          \
    {                                                                                              \
        .code = (op), .dst_reg = (to), .src_reg = (from), .off = (offset), .imm = (value)          \
    }

/* The program in words of the kernel. Names of errors are what bpf() says. */
static int load(int map, unsigned flags)
{
    const struct bpf_insn code[] = {
        /* r2 = context->rx_queue_index */
        INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1,
             offsetof(struct xdp_md, rx_queue_index), 0),
        /* r1 = map, in two halves */
        INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
        INSN(0, 0, 0, 0, 0),
        /* r3 = what to do where no socket is */
        INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, XDP_PASS),
        INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map),
        INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = flags);
    return bpf_prog_load(BPF_PROG_TYPE_XDP, "weir", "GPL", code, sizeof code / sizeof *code,
                         &options);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool xdp_program_load(struct xdp_program *p, const char *name, struct err *e)
{
    *p = (struct xdp_program)XDP_PROGRAM_INIT;
    p->map =
        bpf_map_create(BPF_MAP_TYPE_XSKMAP, "weir", sizeof(int), sizeof(int), XDP_QUEUES_MAX, NULL);
    if (p->map >= 0)
        p->program = load(p->map, MAY_HAVE_PIECES);
    if (p->map >= 0 && p->program < 0)
        p->program = load(p->map, 0);
    if (p->program >= 0)
        return true;
    int why = errno;
    xdp_program_close(p);
    if (why == EPERM || why == EACCES) {
        char self[SOURCE_PATH];
        source_program_path(self);
        return fail(e,
                    "xdp:%s: this user may not load an XDP program; run as root, or allow this "
                    "program once: sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock=ep "
                    "%s",
                    name, self);
    }
    return fail(e, "xdp:%s: this kernel takes no XDP program for AF_XDP (Linux 5.9 or later): %s",
                name, strerror(why));
}

bool xdp_program_add(struct xdp_program *p, unsigned queue, int socket, struct err *e)
{
    int key = (int)queue;
    if (bpf_map_update_elem(p->map, &key, &socket, BPF_ANY) == 0)
        return true;
    return fail(e, "the socket of receive queue %u is not taken: %s", queue, strerror(errno));
}

bool xdp_program_is_on(const struct xdp_program *p, int ifindex)
{
    struct bpf_link_info info = {0};
    unsigned len = sizeof info;
    /* The kernel writes 0 here when the interface is deleted. */
    return p->link >= 0 && bpf_obj_get_info_by_fd(p->link, &info, &len) == 0 &&
           (int)info.xdp.ifindex == ifindex;
}

bool xdp_program_attach(struct xdp_program *p, const char *name, int ifindex, struct err *e)
{
    LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
    LIBBPF_OPTS(bpf_link_create_opts, generic, .flags = XDP_FLAGS_SKB_MODE);
    close_one(&p->link);
    p->is_native = true;
    p->link = bpf_link_create(p->program, ifindex, BPF_XDP, &native);
    /* One program at a time: the second place must not be taken behind the first one's back. */
    if (p->link < 0 && errno != EBUSY && errno != EEXIST) {
        p->is_native = false;
        p->link = bpf_link_create(p->program, ifindex, BPF_XDP, &generic);
    }
    if (p->link >= 0)
        return true;
    if (errno == EBUSY || errno == EEXIST)
        return fail(e,
                    "xdp:%s: another XDP program is on this interface, perhaps another weir's; "
                    "`ip link show %s` names it",
                    name, name);
    return fail(e, "xdp:%s: the XDP program cannot be attached: %s", name, strerror(errno));
}

void xdp_program_close(struct xdp_program *p)
{
    close_one(&p->link);
    close_one(&p->program);
    close_one(&p->map);
}
