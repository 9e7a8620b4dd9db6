/* version.c - which Weir this is, and which libraries it stands on. */
#include "app/version.h"

#include "app/build_info.h"
#include "app/revision.h"
#include "app/roles.h"
#include "base/json.h"
#include "engine/l7.h"

#include <microhttpd.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

/* "libpcap version 1.10.3 (with TPACKET_V3)" to "1.10.3". */
static const char *pcap_version(void)
{
    static char number[32];
    const char *words = pcap_lib_version(), *digit = strpbrk(words, "0123456789");
    snprintf(number, sizeof number, "%.*s", digit ? (int)strcspn(digit, " ") : 7,
             digit ? digit : "unknown");
    return number;
}

struct version version_get(void)
{
    /* "1a2b3c4 2024-05-06", or one word where there is no history. */
    static char revision[] = WEIR_REVISION;
    static const char *built = "unknown";
    char *space = strchr(revision, ' ');
    if (space) {
        *space = '\0';
        built = space + 1;
    }
    return (struct version){
        .weir = WEIR_VERSION,
        .revision = revision,
        .built = built,
        .compiler = WEIR_COMPILER,
        .ndpi = l7_version(),
        .libpcap = pcap_version(),
        .microhttpd = MHD_get_version(),
    };
}

int role_version(const struct settings *s)
{
    struct version v = version_get();
    if (!s->json) {
        printf("weir %s (revision %s of %s)\n", v.weir, v.revision, v.built);
        printf("libndpi %s, libpcap %s, libmicrohttpd %s\n", v.ndpi, v.libpcap, v.microhttpd);
        printf("built with %s\n", v.compiler);
        return STATUS_DONE;
    }
    struct text t = {0};
    struct json j = json_into(&t);
    json_open(&j);
    json_pair_string(&j, "version", v.weir);
    json_pair_string(&j, "revision", v.revision);
    json_pair_string(&j, "built", v.built);
    json_pair_string(&j, "ndpi", v.ndpi);
    json_pair_string(&j, "libpcap", v.libpcap);
    json_pair_string(&j, "microhttpd", v.microhttpd);
    json_pair_string(&j, "compiler", v.compiler);
    json_close(&j);
    puts(t.data);
    text_free(&t);
    return STATUS_DONE;
}
