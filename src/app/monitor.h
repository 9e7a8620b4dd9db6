/* monitor.h - the live monitor: engine, sources and pages, from settings to the last ledger. */
#ifndef WEIR_APP_MONITOR_H
#define WEIR_APP_MONITOR_H

#include "engine/engine.h"
#include "face/face.h"

struct app;

/* Builds everything in order and starts it. NULL with a sentence when a part cannot be had; what
 * was built before is then torn down. Borrows the settings until app_stop(). */
struct app *app_start(const struct settings *s, struct err *e);

/* Waits for SIGINT or SIGTERM, with --shutdown-when-done also for the end of all files. SIGINT and
 * SIGTERM must be blocked in all threads. Returns true when stopped by a signal. */
bool app_wait(struct app *a);

/* Stops in reverse order within ten seconds and keeps the ledger. */
void app_stop(struct app *a);

/* STATUS_FOUND when one of the files was damaged. Before app_stop(). */
int app_status(const struct app *a);

#endif
