/* sets.h - the sets of which messages of NetFlow v9 and IPFIX are made. */
#ifndef WEIR_CODEC_SETS_H
#define WEIR_CODEC_SETS_H

#include "codec/collector_private.h"

/* Takes all sets behind a message's header. Templates and options data of the message are learnt first,
 * so that sampling told behind the records holds for them, too; only where a template is given another
 * layout on the way, the records before it are decoded before. */
void sets_take(struct collector *c, struct message *m, struct cursor body);

#endif
