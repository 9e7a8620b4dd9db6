/* http_reply.c - puts headers on replies. */
#include "face/http_reply.h"

#include <stdio.h>
#include <string.h>

#include <microhttpd.h>

/* On every reply. The policy allows what the embedded pages are made of and nothing else: no inline
 * script or style, no foreign origin, no HTML out of strings. The one trusted type `weir` names the
 * shared worker's address, which browsers take from nothing else. */
static const struct {
    const char *name, *value;
} security[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
     "'self'; "
     "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri "
     "'none'; "
     "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types weir"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "accelerometer=(), camera=(), display-capture=(), geolocation=(), "
                           "gyroscope=(), magnetometer=(), "
                           "microphone=(), midi=(), payment=(), usb=()"},
};

static void add_security(struct MHD_Response *response)
{
    for (size_t i = 0; i < sizeof security / sizeof *security; i++)
        MHD_add_response_header(response, security[i].name, security[i].value);
}

/* A header whose value might come from outside: control bytes are refused, so that no value can
 * begin another header. */
static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    for (const char *p = value; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return;
    }
    MHD_add_response_header(response, name, value);
}

static void add_caching(struct MHD_Response *response, const struct reply *r)
{
    if (!r->asset) {
        add_header(response, "Cache-Control", "no-store");
        return;
    }
    add_header(response, "Cache-Control",
               r->asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    add_header(response, "ETag", r->asset->etag);
}

static void add_headers(struct MHD_Response *response, const struct reply *r, bool is_gzip)
{
    char value[80];
    add_security(response);
    add_caching(response, r);
    add_header(response, "Content-Type", r->type);
    add_header(response, "Vary", "Accept, Accept-Encoding");
    if (is_gzip)
        add_header(response, "Content-Encoding", "gzip");
    if (r->location[0])
        add_header(response, "Location", r->location);
    if (r->allow)
        add_header(response, "Allow", r->allow);
    if (r->attachment[0]) {
        snprintf(value, sizeof value, "attachment; filename=\"%s\"", r->attachment);
        add_header(response, "Content-Disposition", value);
    }
    if (r->status == 503) {
        snprintf(value, sizeof value, "%u", r->retry_s ? r->retry_s : 1);
        add_header(response, "Retry-After", value);
    }
}

static void put_back(void *reply)
{
    reply_put(reply);
}

/* True when If-None-Match names the tag, alone, in a list or as a weak one. */
static bool has_tag(const char *list, const char *tag)
{
    size_t len = strlen(tag);
    while (list && *list) {
        list += strspn(list, " ,");
        size_t n = strcspn(list, ",");
        const char *item = !strncmp(list, "W/", 2) ? list + 2 : list;
        if (!strncmp(item, tag, len) && (!item[len] || item[len] == ',' || item[len] == ' '))
            return true;
        if (*list == '*')
            return true;
        list += n;
    }
    return false;
}

int http_send(struct MHD_Connection *connection, struct reply *r, bool gzip, const char *etag)
{
    size_t size;
    bool is_gzip;
    const void *bytes = reply_bytes(r, gzip, &size, &is_gzip);
    int status = r->status;
    if (r->asset && etag && has_tag(etag, r->asset->etag)) {
        status = 304;
        size = 0;
        is_gzip = false;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        size, (void *)(uintptr_t)bytes, put_back, r);
    if (!response) {
        reply_put(r);
        return MHD_NO;
    }
    add_headers(response, r, is_gzip);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return (int)result;
}

int http_send_stream(struct MHD_Connection *connection, struct MHD_Response *response, bool gzip)
{
    add_security(response);
    add_header(response, "Content-Type", "text/event-stream");
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "Vary", "Accept-Encoding");
    add_header(response, "X-Accel-Buffering", "no"); /* a proxy in front must not wait for more */
    if (gzip)
        add_header(response, "Content-Encoding", "gzip");
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return (int)result;
}
