/* l7_names.c - choosing among the names that a flow told. */
#include "engine/l7_names.h"

#include "engine/cert_name.h"

void l7_names_put(struct tail *names, enum string_field field, const char *text, size_t size)
{
    size_t old;
    size_t len = text ? strnlen(text, size) : 0;
    if (len && !tail_get(names, field, &old))
        tail_set(names, field, text, len);
}

/* Host and path together, as in an address bar. */
static bool put_address(struct tail *names)
{
    uint8_t text[2 * TAIL_STRING];
    size_t host_len = 0, url_len = 0;
    const uint8_t *host = tail_get(names, STRING_http_host, &host_len);
    const uint8_t *url = tail_get(names, STRING_http_url, &url_len);
    if (!host && !url)
        return false;
    /* A target that is a whole address, or that of CONNECT, has its host inside. */
    if (url && *url != '/')
        host_len = 0;
    if (host_len)
        memcpy(text, host, host_len);
    if (url)
        memcpy(text + host_len, url, url_len);
    tail_set(names, STRING_info, text, host_len + url_len);
    return true;
}

void l7_names_put_info(struct tail *names)
{
    static const enum string_field order[] = {
        STRING_sni,        STRING_dns_query, STRING_ssh_server,
        STRING_ssh_client, STRING_dhcp_name, STRING_user_name,
    };
    if (put_address(names))
        return;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t len;
        const uint8_t *text = tail_get(names, order[i], &len);
        if (!text)
            continue;
        /* A copy: setting moves what stands in the tail. */
        uint8_t copy[TAIL_STRING];
        memcpy(copy, text, len);
        tail_set(names, STRING_info, copy, len);
        return;
    }
}

bool names_mismatch(const struct tail *names, const char *alternatives, const char *subject)
{
    size_t len, sni_len;
    const char *sni = (const char *)tail_get(names, STRING_sni, &sni_len);
    if (!sni)
        return false;
    if (alternatives && *alternatives)
        return !cert_names_match(alternatives, sni, sni_len);
    const char *common = subject ? cert_common_name(subject, &len) : NULL;
    return common && !cert_name_matches(common, len, sni, sni_len);
}

enum confidence l7_names_confidence(const char *word)
{
    static const struct {
        const char *word;
        enum confidence confidence;
    } known[] = {
        {"Match by port", CONFIDENCE_PORT},
        {"Match by IP", CONFIDENCE_IP},
        {"DPI (partial)", CONFIDENCE_PARTIAL},
        {"DPI (partial cache)", CONFIDENCE_PARTIAL},
        {"DPI (aggressive)", CONFIDENCE_PARTIAL},
        {"DPI (cache)", CONFIDENCE_CACHE},
        {"DPI", CONFIDENCE_DPI},
        {"nBPF", CONFIDENCE_CUSTOM},
        {"Match by custom rule", CONFIDENCE_CUSTOM},
    };
    for (size_t i = 0; word && i < sizeof known / sizeof *known; i++) {
        if (!strcmp(word, known[i].word))
            return known[i].confidence;
    }
    return CONFIDENCE_NONE;
}
