/* packet.c - the table of reasons in words. */
#include "net/packet.h"

const struct reason_info reason_table[REASONS] = {
#define REASON(name, group, title, text) [REASON_##name] = {#name, GROUP_##group, title, text},
#include "net/reasons.def"
#undef REASON
};
