/* bench_collect_net.h - the lines of `weir bench collect` that go by sockets. */
#ifndef WEIR_APP_BENCH_COLLECT_NET_H
#define WEIR_APP_BENCH_COLLECT_NET_H

#include "app/bench.h"
#include "app/bench_train.h"

/* Lines may be chosen: those whose name has one of the words after the mode, else all. */
bool collect_wants(const struct bench *b, const char *name);

/* Prints them. False with a sentence in b->err. */
bool bench_collect_net(struct bench *b);

#endif
