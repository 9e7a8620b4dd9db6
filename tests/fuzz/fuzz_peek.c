/* fuzz_peek.c - any bytes as a hello, an HTTP head, a DNS message, a QUIC datagram, a rule for
 * custom protocols, and as names of certificates. The first byte chooses. */
#include "engine/cert_name.h"
#include "engine/l7_names.h"
#include "engine/l7_rules.h"
#include "engine/peek.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void try_hello(struct peek *k, struct cursor c, bool is_client)
{
    struct hello h;
    if (is_client && hello_read_client(&h, c))
        peek_client_hello(k, &h, 't');
    else if (!is_client && hello_read_server(&h, c))
        peek_server_hello(k, &h);
}

static void try_names(const char *text)
{
    struct tail names = {0};
    const char *rest = text + strcspn(text, "\n");
    size_t len;
    l7_names_put(&names, STRING_sni, text, (size_t)(rest - text));
    l7_names_put(&names, STRING_http_url, text, SIZE_MAX);
    l7_names_put_info(&names);
    names_mismatch(&names, rest, text);
    names_mismatch(&names, NULL, text);
    cert_common_name(text, &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct cursor c = cur_over(bytes, n);
    struct peek k = {0};
    struct err e;
    uint8_t kind = cur_u8(&c);
    size_t left = cur_left(&c);
    char *text = malloc(left + 1);
    if (!text)
        abort();
    memcpy(text, c.at, left);
    text[left] = 0;
    switch (kind % 7) {
    case 0:
        try_hello(&k, c, true);
        break;
    case 1:
        try_hello(&k, c, false);
        break;
    case 2:
        peek_http(&k, c);
        break;
    case 3:
        peek_dns(&k, c);
        break;
    case 4:
        peek_quic(&k, c);
        break;
    case 5:
        l7_rule_check(text, left, &e);
        break;
    default:
        try_names(text);
        break;
    }
    if (k.names.used > TAIL_BYTES)
        abort();
    peek_fini(&k);
    free(text);
    return 0;
}
