/* bench_sender.h - sends a train by UDP, TCP or ZMQ, as fast as it can or so many messages a second. */
#ifndef WEIR_APP_BENCH_SENDER_H
#define WEIR_APP_BENCH_SENDER_H

#include "app/bench_train.h"

enum send_by { SEND_UDP, SEND_TCP, SEND_ZMQ };

struct send_order {
    enum send_by by;
    uint16_t port;     /* of 127.0.0.1: ZMQ binds to it, the others connect */
    uint64_t messages; /* to be sent, 0 = until the time is over */
    nsec_t lasts;
    uint64_t rate; /* messages a second, 0 = no limit */
};

struct send_report {
    uint64_t messages, records;
    nsec_t took, cpu;
};

/* Sends; with ZMQ when somebody has subscribed, and what a subscriber is too slow for waits. False with
 * a sentence. */
bool train_send(struct train *t, const struct send_order *order, struct send_report *done,
                struct err *e);

/* A socket of 127.0.0.1 at *port, or at any when that is 0, which then is written. -1 with errno. The
 * caller closes it. */
int bound_socket(int type, uint16_t *port);

/* A port of 127.0.0.1 that is free for both UDP and TCP, 0 = none was found. */
uint16_t free_port(void);

/* User and kernel time of the whole process so far. */
nsec_t process_cpu(void);

#endif
