/* send_train.c - sends messages of the bench's made-up exporter to a port of this machine.
 *
 *     send_train PORT FORM FLOWS MESSAGES RATE
 *
 * FORM is a word of the form's name ("v9", "v5"); RATE is messages a second, 0 as fast as it can. Prints
 * what was sent, as one line: messages, records, seconds, CPU seconds.
 */
#include "app/bench_sender.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN_BYTES = 32 << 20 };

static const struct train_form *find_form(const char *word)
{
    for (unsigned i = 0; i < TRAIN_FORMS; i++)
        if (strstr(train_forms[i].name, word))
            return &train_forms[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static struct train train;
    struct err e = {""};
    const struct train_form *form = argc == 6 ? find_form(argv[2]) : NULL;
    if (!form) {
        fprintf(stderr, "usage: send_train PORT FORM FLOWS MESSAGES RATE\n");
        return 2;
    }
    struct send_order order = {.by = SEND_UDP,
                               .port = (uint16_t)strtoul(argv[1], NULL, 10),
                               .messages = strtoull(argv[4], NULL, 10),
                               .rate = strtoull(argv[5], NULL, 10)};
    struct send_report done;
    if (!train_make(&train, form, (uint32_t)strtoul(argv[3], NULL, 10), TRAIN_BYTES, clock_wall(),
                    &e) ||
        !train_send(&train, &order, &done, &e)) {
        fprintf(stderr, "send_train: %s\n", e.text);
        return 1;
    }
    printf("%" PRIu64 " %" PRIu64 " %.3f %.3f\n", done.messages, done.records,
           (double)done.took / 1e9, (double)done.cpu / 1e9);
    train_free(&train);
    return 0;
}
