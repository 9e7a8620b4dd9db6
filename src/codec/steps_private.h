/* steps_private.h - what compiling a template and running its steps share: the operations. */
#ifndef WEIR_CODEC_STEPS_PRIVATE_H
#define WEIR_CODEC_STEPS_PRIVATE_H

#include "codec/steps.h"

enum step_op {
    STEP_NUMBER8,
    STEP_NUMBER16,
    STEP_NUMBER16_UNSET, /* unless another element has said it */
    STEP_NUMBER32,
    STEP_NUMBER64,
    STEP_TCP_FLAGS, /* the low eight of up to 16 */
    STEP_DIRECTION,
    STEP_MASK6, /* not zero: of a record with columns for both versions one is empty */
    STEP_ICMP_TYPE,
    STEP_ICMP_CODE,
    STEP_MPLS,
    STEP_MS_TO_US,
    STEP_L7_PROTO,
    STEP_SRC4, /* endpoints: the first one that is not zero stays */
    STEP_SRC6,
    STEP_ADDR4,
    STEP_ADDR6,
    STEP_MAC,
    STEP_MAC_UNSET,
    STEP_UPTIME,
    STEP_SECONDS,
    STEP_MILLISECONDS,
    STEP_AGO_US,
    STEP_NTP,
    STEP_OBSERVED_SECONDS,
    STEP_OBSERVED_MILLISECONDS,
    STEP_OBSERVED_NTP,
    STEP_ASIDE_NUMBER, /* from here on to struct aside; 64 bits */
    STEP_ASIDE_RATE,
    STEP_ASIDE_PROBABILITY,
    STEP_ASIDE_SELECTOR,
    STEP_ASIDE_FIRST,
    STEP_ASIDE_LAST,
    STEP_ASIDE_BOOT,
    STEP_ASIDE_DURATION_MS,
    STEP_ASIDE_DURATION_US,
    STEP_ASIDE_EXPORTER,
    STEP_ASIDE_FRAME_SIZE,
    STEP_ASIDE_ETHERNET,
    STEP_ASIDE_IP
};

#endif
