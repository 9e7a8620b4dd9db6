/* pages.c - embedded files by their exact path; one page for the application's own paths. */
#include "face/pages.h"

#include <stdlib.h>
#include <string.h>

#include "face/assets.h"

static const struct {
    const char *from, *page, *api, *parameter;
} redirects[] = {
#define REDIRECT(from, page, api, parameter) {from, page, api, parameter},
#include "face/redirects.def"
#undef REDIRECT
};

static struct reply *redirect(const struct request *r, bool want_json)
{
    for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++) {
        if (strcmp(r->path, redirects[i].from) != 0)
            continue;
        struct text to = {0};
        text_add(&to, want_json ? redirects[i].api : redirects[i].page);
        const struct pair *value =
            redirects[i].parameter[0] ? request_find(r, redirects[i].parameter) : NULL;
        if (value)
            percent_encode(&to, value->value);
        else if (to.len > 1 && to.data[to.len - 1] == '/')
            to.data[--to.len] = 0;
        const struct pair *tab = want_json ? NULL : request_find(r, "page");
        if (tab) {
            text_add(&to, "?tab=");
            percent_encode(&to, tab->value);
        }
        struct reply *reply = to.failed ? reply_problem(503, "memory", "Out of memory", NULL, -1)
                                        : reply_redirect(to.data);
        text_free(&to);
        return reply;
    }
    return NULL;
}

static int compare_path(const void *path, const void *asset)
{
    return strcmp(path, ((const struct asset *)asset)->path);
}

/* The embedded file of exactly that path, or NULL. Nothing on disk is asked, ever. */
static const struct asset *asset_find(const char *path)
{
    return bsearch(path, web_assets, web_assets_count, sizeof *web_assets, compare_path);
}

static struct reply *asset_reply(const struct asset *asset)
{
    struct reply *r = reply_new(200, asset->type);
    if (r->status == 200)
        r->asset = asset;
    return r;
}

struct reply *pages_find(const struct request *r, bool want_json)
{
    const struct asset *asset = asset_find(r->path);
    if (asset)
        return asset_reply(asset);
    struct reply *reply = redirect(r, want_json);
    if (reply)
        return reply;
    const char *last = strrchr(r->path, '/');
    bool is_api = !strcmp(r->path, "/api") || !strncmp(r->path, "/api/", 5);
    /* Names of applications have dots ("/apps/TLS.Google"); only below the folder of embedded files
     * and at the root does a suffix mean a file. */
    bool is_file = strchr(last, '.') && (last == r->path || !strncmp(r->path, "/assets/", 8));
    asset = asset_find("/index.html");
    if (!is_api && !is_file && asset)
        return asset_reply(asset);
    if (!is_api && !is_file && !web_assets_count)
        return reply_problem(404, "path", "No pages",
                             "this build has no web pages; the API is at /api/v1", -1);
    return reply_problem(404, "path", "Not found", "nothing is here", -1);
}
