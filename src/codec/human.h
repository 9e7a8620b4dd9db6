/* human.h - quantities as a person reads them: three significant digits and a unit.
 *
 * 1.49 Mbit/s, 16.0 MB, 90.2 kpps, 99 999 (thin spaces), 2 min 4 s, 41 ms, 9 us, 54.9 %. All append
 * to a text; any thread.
 */
#ifndef WEIR_CODEC_HUMAN_H
#define WEIR_CODEC_HUMAN_H

#include "base/clock.h"
#include "base/text.h"

/* Bytes in powers of 1000: B kB MB GB TB PB EB. */
void human_bytes(struct text *t, uint64_t bytes);
/* Bytes in powers of 1024: B KiB MiB GiB TiB PiB EiB. */
void human_bytes_iec(struct text *t, uint64_t bytes);
void human_bps(struct text *t, uint64_t bits_per_second);
void human_pps(struct text *t, uint64_t packets_per_second);
/* Up to 99 999 in full, with thin spaces between thousands; then 123 k, 1.23 M. */
void human_count(struct text *t, uint64_t count);
/* In full, with thin spaces between thousands. */
void human_exact(struct text *t, uint64_t count);
/* A duration in nanoseconds, two units at most. */
void human_duration(struct text *t, nsec_t duration);
/* Hundredths of a percent. */
void human_ratio(struct text *t, uint64_t hundredths);
/* part of whole in percent; "-" when the whole is 0. */
void human_share(struct text *t, uint64_t part, uint64_t whole);
/* "2017-06-12 20:56:31 UTC", or in the machine's zone with its offset ("+02:00"). */
void human_time_utc(struct text *t, nsec_t time);
void human_time_local(struct text *t, nsec_t time);

/* Columns that UTF-8 text takes on a terminal: wide East Asian letters two, combining marks none. */
size_t human_width(const char *text, size_t len);

#endif
