/* main.c - the first word chooses the role, options become settings, the role runs. */
#include "app/help.h"
#include "app/probe.h"
#include "app/roles.h"
#include "base/hash.h"
#include "base/log.h"

#include <locale.h>
#include <string.h>
#include <unistd.h>

/* Arguments first, because they name the file; what it says does not replace them. */
static bool read_settings(struct settings *s, int argc, char **argv, int first, struct err *e)
{
    if (!settings_read_args(s, argc, argv, first, e))
        return false;
    return !s->config[0] || settings_read_file(s, s->config, e);
}

static bool is_asked(int argc, char **argv, const char *letter, const char *word)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!strcmp(argv[i], letter) || !strcmp(argv[i], word))
            return true;
    }
    return false;
}

static int unknown_word(const char *word)
{
    const struct role *near = role_nearest(word);
    if (near)
        return complain("there is no command `%s`; did you mean `weir %s`? "
                        "`weir --help` names them all",
                        word, near->name);
    if (!access(word, F_OK))
        return complain("there is no command `%s`; to read a capture file: weir read %s", word,
                        word);
    return complain("there is no command `%s`; `weir --help` names them all", word);
}

/* A role that reports on standard output stays silent about what went well. */
static void choose_log_level(const struct role *role, const struct settings *s)
{
    enum log_level level =
        s->verbose > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : (enum log_level)s->verbose;
    if (role->run != role_monitor && role->run != role_probe) {
        log_set_brief();
        level = level == LOG_LEVEL_INFO ? LOG_LEVEL_WARNING : level;
    }
    log_set_level(level);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    const struct role *role = role_find("monitor");
    int first = 1;
    if (argc > 1 && argv[1][0] != '-') {
        role = role_find(argv[1]);
        if (!role)
            return unknown_word(argv[1]);
        first = 2;
    }
    if (is_asked(argc, argv, "-h", "--help"))
        return help_print(first == 2 ? role : NULL);

    struct settings s;
    settings_init(&s);
    bool is_probe = role->run == role_probe;
    s.other_names = is_probe ? probe_names : NULL;
    if (is_asked(argc, argv, is_probe ? "--version" : "-V", "--version"))
        return role_version(&s);

    struct err e = {""};
    if (!read_settings(&s, argc, argv, first, &e)) {
        settings_free(&s);
        return complain("%s", e.text);
    }
    hash_seed();
    choose_log_level(role, &s);
    int status = role->run(&s);
    settings_free(&s);
    return status;
}
