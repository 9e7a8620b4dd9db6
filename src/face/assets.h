/* assets.h - the files of the web pages, inside the program.
 *
 * web/dist is turned into one C file by tools/web.py when Weir is built; nothing is read from disk
 * at run time.
 */
#ifndef WEIR_FACE_ASSETS_H
#define WEIR_FACE_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

/* One file. Constant for the life of the program. */
struct asset {
    const char *path;          /* as in the URL: "/index.html", "/app-3F2A9C1B.js" */
    const char *type;          /* Content-Type */
    const char *etag;          /* of the content, with its quotes */
    const unsigned char *data; /* size bytes */
    size_t size;
    const unsigned char *gz; /* the same compressed by gzip, NULL where that saves nothing */
    size_t gz_size;
    bool immutable; /* its name carries a hash of its content, so it may be cached for ever */
};

/* Ordered by path (strcmp). */
extern const struct asset web_assets[];
extern const size_t web_assets_count;

#endif
