/* test_fanout.c - the hash program is one that the kernel takes. What it does with packets is tested
 * live, in tests/e2e/test_live_capture.py. */
#include "io/fanout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* Last, because it has a macro fail(). */
#include <cmocka.h>

static void test_every_jump_stays_inside_the_program(void **state)
{
    (void)state;
    struct sock_filter code[FANOUT_PROGRAM_MAX];
    unsigned n = fanout_program(code);
    assert_true(n > 0 && n <= FANOUT_PROGRAM_MAX);
    for (unsigned i = 0; i < n; i++) {
        if (BPF_CLASS(code[i].code) != BPF_JMP)
            continue;
        if (BPF_OP(code[i].code) == BPF_JA) {
            assert_true(i + 1 + code[i].k < n);
        } else {
            assert_true(i + 1 + code[i].jt < n);
            assert_true(i + 1 + code[i].jf < n);
        }
    }
    assert_int_equal(BPF_CLASS(code[n - 1].code), BPF_RET);
}

static void test_the_kernel_takes_the_program(void **state)
{
    (void)state;
    struct sock_filter code[FANOUT_PROGRAM_MAX];
    struct sock_fprog program = {.len = (unsigned short)fanout_program(code), .filter = code};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd != -1);
    /* Any socket checks a program when it is attached, and needs no privilege for it. */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_jump_stays_inside_the_program),
        cmocka_unit_test(test_the_kernel_takes_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
