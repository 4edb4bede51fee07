/* command.h - what every subcommand has: a name, its options, its function. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "config.h"

struct command {
    const char *name;
    const char *usage; /* behind the name */
    const char *summary;
    const char *example;               /* one whole line */
    int (*run)(int argc, char **argv); /* argv[0]: the command's name */
};

extern const struct command command_server;
extern const struct command command_create_key;
extern const struct command command_list_keys;
extern const struct command command_update_key;
extern const struct command command_delete_key;
extern const struct command command_clear_cache;
extern const struct command command_health;
extern const struct command command_stats;
extern const struct command command_check_config;
extern const struct command command_describe;

#define EXIT_OK     0
#define EXIT_FAILED 1 /* refused, not found, not healthy, nobody there */
#define EXIT_USAGE  2 /* the command line or the configuration is not understood */

/* Loads the configuration; on errors they are on stderr and the process should end with EXIT_USAGE. */
struct config *command_config(const char *yaml_path);
/* Prints "rentcache NAME: TEXT" and the usage line; returns EXIT_USAGE. */
int command_wrong(const struct command *command, const char *text);
/* A command of no more than --json and --config: reads these and does the work. Returns the exit status. */
typedef int command_work(const struct config *config, bool as_json);
int command_run_plain(const struct command *command, int argc, char **argv, command_work *work);
