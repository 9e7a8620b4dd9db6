/* ask_http.h - one plain GET to a Weir on this machine. */
#ifndef WEIR_APP_ASK_HTTP_H
#define WEIR_APP_ASK_HTTP_H

#include "base/text.h"

/* GETs path from "[address:]port" of a loopback address and appends the answer's body to *body.
 * False when nobody answers with 200 within two seconds; *body may then hold a part. */
bool ask_http(const char *address, const char *path, struct text *body);

#endif
