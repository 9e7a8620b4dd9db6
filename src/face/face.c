/* face.c - builds the face in order, ticks once a second, tears it down in reverse. */
#include "face/face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "face/api.h"
#include "face/desk.h"
#include "face/http.h"
#include "face/stream.h"
#include "face/vendor.h"

enum { FACE_DESK_THREADS = 3 };

struct face {
    struct api api;
    struct desk *desk;
    struct stream *stream;
    struct http *http;
    struct thread ticker;
    struct event stop;
    char url[80];
};

bool face_is_off(const char *address)
{
    return !*address || !strcmp(address, "0") || !strcmp(address, ":0");
}

static void ticker_main(void *argument)
{
    struct face *f = argument;
    for (;;) {
        nsec_t wall = clock_wall();
        if (event_wait(&f->stop, clock_mono() + desk_next(wall) - wall))
            return;
        nsec_t now = clock_mono();
        stream_tick(f->stream, now);
        http_sweep(f->http, now);
    }
}

static void fill_url(struct face *f, const struct http_address *a)
{
    char host[ADDR_TEXT];
    addr_print(&a->addr, host);
    bool v6 = !addr_is_v4(&a->addr);
    snprintf(f->url, sizeof f->url, "http://%s%s%s:%u/", v6 ? "[" : "", host, v6 ? "]" : "",
             http_port(f->http));
}

static const char *or_empty(const char *string)
{
    return string ? string : "";
}

static bool start_parts(struct face *f, const struct face_config *config, struct err *e)
{
    struct http_config http = {.name = config->name && *config->name ? config->name : NULL};
    if (!http_parse_address(config->address, &http.address, e))
        return false;
    vendor_load();
    f->desk = desk_new(&f->api, FACE_DESK_THREADS, e);
    if (!f->desk)
        return false;
    f->stream = stream_new(f->desk);
    if (!f->stream)
        return fail(e, "out of memory");
    f->api.streams = stream_count;
    f->api.stream = f->stream;
    http.desk = f->desk;
    http.stream = f->stream;
    f->http = http_start(&http, e);
    if (!f->http)
        return false;
    fill_url(f, &http.address);
    return thread_start(&f->ticker, "weir-ticker", ticker_main, f, e);
}

struct face *face_start(const struct face_config *config, struct engine *engine,
                        const struct settings *settings, struct err *e)
{
    struct face *f = calloc(1, sizeof *f);
    if (!f) {
        fail(e, "out of memory");
        return NULL;
    }
    event_init(&f->stop);
    f->api.engine = engine;
    f->api.settings = settings;
    f->api.locals = config->locals;
    f->api.exports = config->exports;
    f->api.about = (struct face_about){
        .version = or_empty(config->about.version),
        .revision = or_empty(config->about.revision),
        .built = or_empty(config->about.built),
        .ndpi = or_empty(config->about.ndpi),
        .libpcap = or_empty(config->about.libpcap),
    };
    f->api.started = clock_wall();
    f->api.started_mono = clock_mono();
    if (start_parts(f, config, e))
        return f;
    face_stop(f);
    return NULL;
}

void face_stop(struct face *f)
{
    if (!f)
        return;
    event_set(&f->stop);
    thread_join(&f->ticker);
    /* Sleeping connections are woken with an answer or an end before the loops may stop. */
    if (f->desk)
        desk_stop(f->desk);
    if (f->stream)
        stream_stop(f->stream);
    http_stop(f->http);
    stream_free(f->stream);
    desk_free(f->desk);
    event_fini(&f->stop);
    free(f);
}

const char *face_url(const struct face *f)
{
    return f->url;
}

unsigned face_port(const struct face *f)
{
    return http_port(f->http);
}
