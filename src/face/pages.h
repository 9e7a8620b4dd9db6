/* pages.h - what is not the API: the embedded pages, and where old addresses went. */
#ifndef WEIR_FACE_PAGES_H
#define WEIR_FACE_PAGES_H

#include "face/reply.h"
#include "face/request.h"

/* The reply to a path that is neither the API nor /metrics: an asset; the new place of a known
 * ntopng address (JSON's when want_json); the application's one page for every other path without
 * a suffix; else 404. Never NULL. Any thread. */
struct reply *pages_find(const struct request *r, bool want_json);

#endif
