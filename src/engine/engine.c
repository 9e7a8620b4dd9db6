/* engine.c - interfaces and their workers, from settings to the last record. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "engine/engine_private.h"

struct engine *engine_new(const struct engine_config *config, struct err *e)
{
    struct engine *en = mem_alloc(ACCOUNT_other, sizeof *en);
    if (!en) {
        fail(e, "no memory for the engine");
        return NULL;
    }
    en->config = *config;
    places_init(&en->places);
    strncpy(en->protos, config->l7.protos ? config->l7.protos : "", sizeof en->protos - 1);
    en->config.l7.protos = en->protos;
    if (!hash_seeds[0])
        hash_seed();
    if (!l7_start(&en->config.l7, e)) {
        mem_free(ACCOUNT_other, en, sizeof *en);
        return NULL;
    }
    return en;
}

static void free_workers(struct interface *in)
{
    for (unsigned i = 0; i < in->n; i++)
        worker_fini(&in->worker[i]);
    mem_free(ACCOUNT_other, in->worker, in->n * sizeof *in->worker);
    *in = (struct interface){0};
}

/* Where each worker hears other exporters, what they tell of a flow meets at one of them. */
static bool share_records(struct interface *in, struct err *e)
{
    const struct worker *first = &in->worker[0];
    bool each_alone = in->n > 1 && first->collect && !first->source->is_file && first->share == 1;
    for (unsigned i = 0; each_alone && i < in->n; i++)
        if (!handover_init(&in->worker[i], in->worker, in->n, e))
            return false;
    return true;
}

int engine_add_interface(struct engine *en, const char *name, struct source **sources, unsigned n,
                         struct sink **sinks, struct err *e)
{
    if (en->n == INTERFACES_MAX) {
        fail(e, "more than %d interfaces", INTERFACES_MAX);
        return -1;
    }
    struct interface *in = &en->interface[en->n];
    in->worker = mem_alloc(ACCOUNT_other, n * sizeof *in->worker);
    if (!in->worker) {
        fail(e, "no memory for the workers of %s", name);
        return -1;
    }
    strncpy(in->name, name, sizeof in->name - 1);
    for (in->n = 0; in->n < n;) {
        struct worker *w = &in->worker[in->n];
        w->config = &en->config;
        w->source = sources[in->n];
        w->sink = sinks ? sinks[in->n] : NULL;
        w->number = in->n++;
        w->share = w->source->sees_all ? n : 1;
        w->iface = w->known.iface = en->n;
        w->known.on = n > 1;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!worker_init(&in->worker[i], e)) {
            free_workers(in);
            return -1;
        }
    }
    if (!share_records(in, e)) {
        free_workers(in);
        return -1;
    }
    return (int)en->n++;
}

bool engine_recall(struct engine *en, int iface, const char *path, struct err *e)
{
    bool good = true;
    struct interface *in = &en->interface[iface];
    if (access(path, F_OK) == -1)
        return true;
    for (unsigned i = 0; i < in->n; i++)
        if (in->worker[i].collect)
            good = collector_load(in->worker[i].collect->collector, path, e) && good;
    return good;
}

bool engine_start(struct engine *en, struct err *e)
{
    en->started = true;
    for (unsigned i = 0; i < en->n; i++) {
        for (unsigned k = 0; k < en->interface[i].n; k++) {
            struct worker *w = &en->interface[i].worker[k];
            char name[16];
            snprintf(name, sizeof name, "w%u.%u %.8s", i, k, en->interface[i].name);
            /* Nobody may be answering for the worker when its thread begins. */
            pthread_mutex_lock(&w->idle_lock);
            atomic_store(&w->state, WORKER_RUNS);
            bool started = thread_start(&w->thread, name, worker_run, w, e);
            if (!started)
                atomic_store(&w->state, WORKER_NEW);
            pthread_mutex_unlock(&w->idle_lock);
            if (!started) {
                engine_stop(en);
                return false;
            }
        }
    }
    return true;
}

bool engine_is_done(const struct engine *en)
{
    for (unsigned i = 0; i < en->n; i++)
        for (unsigned k = 0; k < en->interface[i].n; k++)
            if (atomic_load(&en->interface[i].worker[k].state) < WORKER_DONE)
                return false;
    return true;
}

bool engine_wait_done(struct engine *en, nsec_t deadline)
{
    while (!engine_is_done(en)) {
        if (clock_mono() >= deadline)
            return false;
        clock_sleep(2 * MILLISECOND);
    }
    return true;
}

void engine_stop(struct engine *en)
{
    for (unsigned i = 0; i < en->n; i++) {
        for (unsigned k = 0; k < en->interface[i].n; k++) {
            struct worker *w = &en->interface[i].worker[k];
            atomic_store(&w->stop, true);
            event_set(&w->wake);
            w->source->ops->wake(w->source);
        }
    }
    for (unsigned i = 0; i < en->n; i++)
        for (unsigned k = 0; k < en->interface[i].n; k++)
            thread_join(&en->interface[i].worker[k].thread);
}

void engine_free(struct engine *en)
{
    if (!en)
        return;
    engine_stop(en);
    for (unsigned i = 0; i < en->n; i++)
        free_workers(&en->interface[i]);
    places_fini(&en->places);
    mem_free(ACCOUNT_other, en, sizeof *en);
}

unsigned engine_interfaces(const struct engine *en)
{
    return en->n;
}

bool engine_interface(const struct engine *en, int id, struct interface_info *info)
{
    if (id < 0 || (unsigned)id >= en->n)
        return false;
    const struct interface *in = &en->interface[id];
    const struct source *s = in->worker[0].source;
    *info = (struct interface_info){
        .id = id, .is_file = s->is_file, .is_collector = s->is_collector, .workers = in->n};
    memcpy(info->name, in->name, sizeof info->name);
    memcpy(info->kind, s->kind, sizeof info->kind);
    notice_get(&s->state, info->state);
    info->done = true;
    for (unsigned k = 0; k < in->n; k++)
        info->done = info->done && atomic_load(&in->worker[k].state) >= WORKER_DONE;
    if (info->done)
        memcpy(info->damage, s->damage, sizeof info->damage);
    return true;
}
