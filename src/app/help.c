/* help.c - `weir --help`, and the options of one command, from roles.def and options.def.
 *
 * An option whose sentence starts with "weir read:" belongs to that command alone; the others are
 * the monitor's, and some of those are shared.
 */
#include "app/help.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMNS = 80, HELP_INDENT = 26 };

/* The monitor's options that say how packets are read, for whoever reads packets. */
static const char *const shared[] = {
    "config",          "local-networks",
    "packet-filter",   "ndpi-protocols",
    "verbose",         "workers",
    "flow-idle",       "flow-active",
    "tcp-closed-idle", "memory",
    "max-flows",       "max-hosts",
    "decap",           "dpi",
    "dpi-packets",     "timezone",
};

/* What the overview shows of the monitor's options. */
static const char *const common[] = {
    "interface", "http-port", "local-networks", "packet-filter",      "data-dir",
    "config",    "workers",   "original-speed", "shutdown-when-done", "verbose",
};

static bool is_among(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(name, list[i]))
            return true;
    }
    return false;
}

/* Where the sentence proper begins: behind "weir read: " when it starts so. */
static const char *sentence(const struct option_info *option)
{
    const char *colon = strstr(option->text, ": ");
    return !strncmp(option->text, "weir ", 5) && colon ? colon + 2 : option->text;
}

bool help_applies(const struct option_info *option, const struct role *role)
{
    const char *text = option->text;
    const char *start = sentence(option);
    bool is_monitor =
        role->run == role_monitor || role->run == role_probe || role->run == role_check_config;
    if (start == text)
        return is_monitor ||
               ((role->run == role_read || role->run == role_ledger) &&
                is_among(option->name, shared, sizeof shared / sizeof *shared)) ||
               (role->run == role_ledger && !strcmp(option->name, "data-dir"));

    /* "weir ledger, bench: ..." names several. */
    size_t len = strlen(role->name);
    for (const char *at = text + 5; at < start; at++) {
        if (!strncmp(at, role->name, len) && (at[len] == ',' || at[len] == ':'))
            return true;
    }
    return false;
}

static const char *placeholder(const struct option_info *option)
{
    static const struct {
        const char *name, *word;
    } special[] = {
        {"interface", "SOURCE"},    {"config", "FILE"},
        {"data-dir", "DIR"},        {"http-port", "[ADDR:]PORT"},
        {"local-networks", "NETS"}, {"packet-filter", "BPF"},
        {"ndpi-protocols", "FILE"}, {"filter", "EXPR"},
        {"sort", "FIELD"},          {"write", "FILE"},
        {"columns", "FIELDS"},      {"output", "FORM"},
        {"timezone", "ZONE"},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (!strcmp(option->name, special[i].name))
            return special[i].word;
    }
    switch (option->type) {
    case OPTION_flag:
        return "";
    case OPTION_number:
        return "N";
    case OPTION_seconds:
        return "TIME";
    case OPTION_bytes:
        return "SIZE";
    case OPTION_string:
    case OPTION_list:
        break;
    }
    return "TEXT";
}

/* Words of the sentence, broken at the right margin and indented. */
static void print_wrapped(const char *text, unsigned column)
{
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column + 1 + len > HELP_COLUMNS && column > HELP_INDENT) {
            printf("\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (column > HELP_INDENT) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)len, text);
        column += (unsigned)len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const struct option_info *option)
{
    struct text name = {0}, about = {0};
    bool is_on = option->type == OPTION_flag && !strcmp(option->fallback, "on");
    if (option->letter)
        text_printf(&name, "  -%c, ", option->letter);
    else
        text_add(&name, "      ");
    text_printf(&name, "--%s%s", is_on ? "no-" : "", option->name);
    const char *word = placeholder(option);
    if (*word)
        text_printf(&name, " %s", word);

    if (is_on)
        text_add(&about, "Turns off: ");
    text_add(&about, sentence(option));
    bool says_default = strstr(option->text, "default") || strstr(option->text, "unless");
    bool is_short =
        *option->fallback && strlen(option->fallback) < 20 && strcmp(option->fallback, "0") != 0;
    if (option->type != OPTION_flag && is_short && !says_default)
        text_printf(&about, " (%s)", option->fallback);

    unsigned column = (unsigned)name.len;
    fputs(name.data ? name.data : "", stdout);
    if (column >= HELP_INDENT) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", (int)(HELP_INDENT - column), "");
    print_wrapped(about.data ? about.data : "", HELP_INDENT);
    text_free(&name);
    text_free(&about);
}

static void print_statuses(void)
{
    puts("\nExit status: 0 done; 1 done, but an input is damaged or a check failed;\n"
         "2 could not start, or an input could not be opened.");
}

static int print_overview(void)
{
    puts("Weir shows what a network is doing, now and from capture files.\n\n"
         "  weir                         watch all interfaces, pages on http://127.0.0.1:3000\n"
         "  weir -i eth0 -i file.pcap    watch these\n"
         "  weir read file.pcap          report what is in a capture file\n\n"
         "Commands (`weir COMMAND --help` explains one and its options):");
    for (unsigned i = 0; i < role_count; i++) {
        printf("  %-*s", HELP_INDENT - 2, role_table[i].name);
        print_wrapped(role_table[i].text, HELP_INDENT);
    }
    puts("\nOptions of the monitor used most (`weir monitor --help` has all):");
    for (size_t i = 0; i < settings_count; i++) {
        if (is_among(settings_options[i].name, common, sizeof common / sizeof *common))
            print_option(&settings_options[i]);
    }
    print_statuses();
    return STATUS_DONE;
}

static void print_examples(const struct role *role)
{
    if (role->run == role_read)
        puts("\nExamples\n"
             "  weir read trace.pcapng\n"
             "  weir read -o table --filter 'app=DNS and dns.rcode!=0' trace.pcap.gz\n"
             "  weir read -o json --no-timeouts trace.pcap | jq .L7_PROTO_NAME\n"
             "  tcpdump -w - | weir read -\n\n"
             "Several FILEs are read one after the other, each for itself. A damaged file\n"
             "is told up to the damage, the place goes to standard error, exit status 1.");
    if (role->run == role_monitor)
        puts("\nExamples\n"
             "  weir -i eth0 -m 192.168.7.0/24=Home\n"
             "  weir -i trace.pcap --original-speed -w 8080");
    if (role->run == role_ledger)
        puts("\nExamples\n"
             "  weir ledger --check trace.pcap && echo every packet is accounted for\n"
             "  weir ledger");
}

/* The role's own options, or those that it shares with the monitor. */
static void print_options(const struct role *role, const char *title, bool own)
{
    bool has_title = false;
    for (size_t i = 0; i < settings_count; i++) {
        const struct option_info *option = &settings_options[i];
        bool is_own = sentence(option) != option->text || role->run == role_monitor;
        if (!help_applies(option, role) || is_own != own)
            continue;
        if (!has_title)
            printf("\n%s\n", title);
        has_title = true;
        print_option(option);
    }
}

int help_print(const struct role *role)
{
    if (!role)
        return print_overview();
    printf("Usage: weir %s %s\n\n%s.\n", role->name, role->usage, role->text);
    print_options(role, "Options", true);
    print_options(role, "Options shared with the monitor", false);
    print_examples(role);
    print_statuses();
    return STATUS_DONE;
}

int role_help(const struct settings *s)
{
    if (!s->words.n)
        return print_overview();
    const struct role *role = role_find(s->words.item[0]);
    if (role)
        return help_print(role);
    return complain("there is no command `%s`; `weir help` names them all", s->words.item[0]);
}
