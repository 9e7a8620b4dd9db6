/* problem.c - from counters to a verdict. */
#include "engine/problem.h"

#include <string.h>

enum {
    NO_ANSWER_SECONDS = 3,
    RETRANS_PERCENT = 15, /* ntopng's default for TCP packet issues */
    RETRANS_PACKETS = 10  /* too few packets say nothing */
};

enum problem problem_of(const struct problem_facts *f)
{
    if (f->tls_mismatch)
        return PROBLEM_CERTIFICATE_MISMATCH;
    if (f->tcp_state == TCP_S0 && !f->answers && f->age > NO_ANSWER_SECONDS * SECOND)
        return PROBLEM_NO_ANSWER;
    if (f->tcp_state == TCP_REJ)
        return PROBLEM_REFUSED;
    if (f->risk)
        return PROBLEM_RISK;
    if (f->packets >= RETRANS_PACKETS && f->retrans * 100 > f->packets * RETRANS_PERCENT)
        return PROBLEM_RETRANSMISSIONS;
    if (f->zero_window)
        return PROBLEM_ZERO_WINDOW;
    if (f->client_rtt > PROBLEM_SLOW_NETWORK_US || f->server_rtt > PROBLEM_SLOW_NETWORK_US)
        return PROBLEM_SLOW_NETWORK;
    if (f->appl > PROBLEM_SLOW_SERVER_US && f->proto == 6)
        return PROBLEM_SLOW_SERVER;
    if (f->dns_code)
        return PROBLEM_DNS_ERROR;
    if (f->http_code >= 400)
        return PROBLEM_HTTP_ERROR;
    return PROBLEM_NONE;
}

const char *agent_os(const uint8_t *agent, size_t len)
{
    static const struct {
        const char *mark, *os;
    } known[] = {{"Windows NT 10", "Windows 10 or 11"},
                 {"Windows NT 6.3", "Windows 8.1"},
                 {"Windows NT 6.1", "Windows 7"},
                 {"Windows", "Windows"},
                 {"Android", "Android"},
                 {"iPhone", "iOS"},
                 {"iPad", "iPadOS"},
                 {"Mac OS X", "macOS"},
                 {"CrOS", "ChromeOS"},
                 {"Linux x86_64", "Linux x86_64"},
                 {"Linux", "Linux"},
                 {"FreeBSD", "FreeBSD"},
                 {"Darwin", "macOS or iOS"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memmem(agent, len, known[i].mark, strlen(known[i].mark)))
            return known[i].os;
    return NULL;
}
