/* version.h - which Weir this is, and which libraries it stands on. */
#ifndef WEIR_APP_VERSION_H
#define WEIR_APP_VERSION_H

struct version {
    const char *weir;     /* "0.1.0" */
    const char *revision; /* of the source tree, "unknown" outside one */
    const char *built;    /* day of that revision */
    const char *compiler;
    const char *ndpi, *libpcap, *microhttpd;
};

/* Constant strings. From the main thread first. */
struct version version_get(void);

#endif
