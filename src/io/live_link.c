/* live_link.c - what a live source knows of its interface: whether it is there and up, what the
 * card lost, and the words that say so. */
#if defined(__linux__)

#include "io/live_link.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "io/source_names.h"

void live_link_say(struct live_link *l, enum presence presence, const char *words)
{
    char before[NOTICE_BYTES];
    notice_get(&l->base->state, before);
    if (strcmp(before, words) != 0)
        notice_set(&l->base->state, words);
    if (l->presence == presence)
        return;
    l->presence = presence;
    if (l->queue != 0)
        return;
    if (presence == PRESENCE_UP)
        log_info("%s: capturing again", l->base->name);
    else
        log_warning("%s: %s", l->base->name, words);
}

void live_link_say_absent(struct live_link *l)
{
    live_link_say(l, PRESENCE_ABSENT,
                  "absent: there is no interface of this name now; waiting for it");
}

void live_link_say_down(struct live_link *l)
{
    live_link_say(l, PRESENCE_DOWN, "down: the interface is switched off; waiting for it");
}

void live_link_say_up(struct live_link *l, const char *words, const char *name_now)
{
    char text[NOTICE_BYTES];
    bool is_renamed = strcmp(name_now, l->name) != 0;
    snprintf(text, sizeof text, "%s%s%s", words, is_renamed ? ", now called " : "",
             is_renamed ? name_now : "");
    live_link_say(l, PRESENCE_UP, text);
}

void live_link_count_card(struct live_link *l)
{
    uint64_t now;
    if (l->queue != 0 || l->ifindex == 0 || !source_card_drops(l->name, (unsigned)l->ifindex, &now))
        return;
    /* A count that fell belongs to a new interface of the same name. */
    if (l->has_baseline && now > l->card_drops)
        counter_add(&l->base->counts.interface_dropped, now - l->card_drops);
    l->card_drops = now;
    l->has_baseline = true;
}

void live_link_forget_card(struct live_link *l)
{
    l->has_baseline = false;
}

bool live_link_is_up(const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return false;
    bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
    close(fd);
    return up;
}

#endif
