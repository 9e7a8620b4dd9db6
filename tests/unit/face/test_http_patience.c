/* test_http_patience.c - how long the server waits; takes as long. */
#include "stage.h"

#include "face/http.h"

static struct stage *stage;

static void test_half_a_request_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    char buf[64];
    int fd = stage_connect(stage->port);
    nsec_t begin = clock_mono();
    send(fd, "GET / HT", 8, MSG_NOSIGNAL);
    while (clock_mono() - begin < 8 * SECOND) {
        clock_sleep(2 * SECOND);
        send(fd, "T", 1, MSG_NOSIGNAL); /* one byte now and then does not help */
    }
    assert_true(recv(fd, buf, sizeof buf, 0) <= 0);
    assert_in_range((clock_mono() - begin) / SECOND, HTTP_FIRST_S - 1, HTTP_FIRST_S + 3);
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    stage = stage_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close_all(stage);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_a_request_is_not_waited_for_for_ever),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
