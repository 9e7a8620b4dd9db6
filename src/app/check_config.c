/* check_config.c - `weir check-config`: would the monitor start with these options? */
#include "app/help.h"
#include "app/roles.h"
#include "app/setup.h"

#include <inttypes.h>
#include <stdio.h>

static void print_value(const struct settings *s, const struct option_info *option)
{
    const void *member = (const char *)s + option->offset;
    switch (option->type) {
    case OPTION_flag:
        printf("%s = %s", option->name, *(const bool *)member ? "on" : "off");
        break;
    case OPTION_number:
    case OPTION_seconds:
    case OPTION_bytes:
        printf("%s = %" PRId64, option->name, *(const int64_t *)member);
        break;
    case OPTION_string:
        printf("%s =%s%s", option->name, **(const char *const *)member ? " " : "",
               *(const char *const *)member);
        break;
    case OPTION_list: {
        const struct string_list *list = member;
        for (unsigned i = 0; i < list->n; i++)
            printf("%s%s = %s", i ? "\n" : "", option->name, list->item[i]);
        if (!list->n)
            printf("%s =", option->name);
        break;
    }
    }
}

int role_check_config(const struct settings *s)
{
    static const char *const from[] = {"", "   # from the file", "   # from the command line"};
    static struct locals locals;
    struct err e = {""};
    if (s->words.n)
        return complain("`%s` is not an option", s->words.item[0]);
    if (!setup_locals(s, &locals, &e) || !setup_l7(s, &e))
        return complain("%s", e.text);
    /* What comes out is itself a configuration file. */
    for (size_t i = 0; i < settings_count; i++) {
        const struct option_info *option = &settings_options[i];
        if (!help_applies(option, role_find("monitor")))
            continue;
        print_value(s, option);
        puts(from[s->source[i] <= SETTING_ARGUMENT ? s->source[i] : SETTING_DEFAULT]);
    }
    return STATUS_DONE;
}
