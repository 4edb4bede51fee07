/* command.h - what every subcommand has: a name, its options, its function. */
#pragma once

#include "config.h"
#include "options.h"

#define EXIT_OK     0
#define EXIT_FAILED 1 /* refused, not found, not healthy, nobody there */
#define EXIT_USAGE  2 /* the command line or the configuration is not understood */

struct command {
    const char *name;
    const char *arguments; /* what stands behind the name beside options; "": nothing */
    const char *summary;
    const char *example;  /* one whole line */
    const char *takes;    /* the letters of its options in options.c */
    bool needs_no_config; /* run gets none */
    /* Looks at what stands behind the options. False: options->wrong says what is not understood. NULL: nothing may
     * stand there. */
    bool (*accept)(struct options *options);
    int (*run)(struct config *config, const struct options *options); /* returns the exit status */
};

extern const struct command command_server;
extern const struct command command_create_key;
extern const struct command command_list_keys;
extern const struct command command_show_key;
extern const struct command command_update_key;
extern const struct command command_rotate_key;
extern const struct command command_delete_key;
extern const struct command command_clear_cache;
extern const struct command command_health;
extern const struct command command_stats;
extern const struct command command_requests;
extern const struct command command_check_config;
extern const struct command command_describe;
extern const struct command command_new_database;
extern const struct command command_upstreams;
extern const struct command command_reset_breaker;

/* All of them, in the order of help. */
const struct command *const *cli_commands(size_t *count);
/* Prints "rentcache NAME: TEXT" and the usage line; returns EXIT_USAGE. */
int command_wrong(const struct command *command, const char *text);
