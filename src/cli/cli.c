/* cli.c - the table of subcommands, help, and how one runs: options, configuration, work. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "command.h"
#include "gateway.h"
#include "version.h"

static const struct command *const commands[] = {
    &command_server,     &command_create_key,   &command_list_keys,  &command_show_key,
    &command_update_key, &command_rotate_key,   &command_delete_key, &command_clear_cache,
    &command_health,     &command_stats,        &command_requests,   &command_check_config,
    &command_describe,   &command_new_database, &command_upstreams,  &command_reset_breaker,
};

const struct command *const *
cli_commands(size_t *count)
{
    *count = COUNT(commands);
    return commands;
}

static void
print_help(FILE *out)
{
    fputs("rentcache - a caching gateway for APIs that cost money per call\n\nCommands:\n", out);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n\"rentcache COMMAND --help\" explains the options of a command. "
          "Settings: docs/configuration.md.\n",
          out);
}

static void
print_usage(const struct command *command, FILE *out)
{
    fprintf(out, "rentcache %s%s%s%s\n", command->name, command->arguments[0] != '\0' ? " " : "",
            command->arguments, command->takes[0] != '\0' ? " [OPTION...]" : "");
}

static int
print_command_help(const struct command *command)
{
    print_usage(command, stdout);
    printf("\n%s\n", command->summary);
    if (command->takes[0] != '\0')
        puts("\nOptions:");
    options_explain(command->takes, stdout);
    printf("\nExample:\n  %s\n\nExit status: 0 done, 1 refused or failed, 2 not understood.\n",
           command->example);
    return EXIT_OK;
}

static bool
asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static bool
is_understood(const struct command *command, int argc, char **argv, struct options *options)
{
    if (!options_read(options, command->takes, argc, argv))
        return false;
    if (command->accept != NULL)
        return command->accept(options);
    return options->argument_count == 0 ||
           options_refuse(options, "\"%.100s\" is not expected: %s takes no argument",
                          options->arguments[0], command->name);
}

/* NULL: what is wrong with it is on stderr. */
static struct config *
load_config(const char *path)
{
    struct config *config = config_load(path, stderr);

    if (config != NULL && !gateway_check_warming(config, stderr))
        config_destroy(&config);
    return config;
}

static int
run_command(const struct command *command, int argc, char **argv)
{
    struct options options = {.command = command, .body = json_object()};
    struct config *config = NULL;
    int exit_status = EXIT_USAGE;

    if (!is_understood(command, argc, argv, &options))
        command_wrong(command, options.wrong);
    else if (command->needs_no_config || (config = load_config(options.config)) != NULL)
        exit_status = command->run(config, &options);
    config_destroy(&config);
    json_decref(options.body);
    return exit_status;
}

static const struct command *
find_command(const char *name)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    return NULL;
}

static int
refuse_command(const char *name)
{
    fprintf(stderr, "rentcache: there is no command \"%s\"\n", name);
    print_help(stderr);
    return EXIT_USAGE;
}

/* rentcache help [COMMAND] */
static int
show_help(int argc, char **argv)
{
    const struct command *command = argc > 2 ? find_command(argv[2]) : NULL;

    if (command != NULL)
        return print_command_help(command);
    if (argc > 2 && argv[2][0] != '-')
        return refuse_command(argv[2]);
    print_help(stdout);
    return EXIT_OK;
}

static bool
is_one_of(const char *word, const char *first, const char *second, const char *third)
{
    return strcmp(word, first) == 0 || strcmp(word, second) == 0 || strcmp(word, third) == 0;
}

int
cli_run(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (command != NULL)
        return asks_help(argc - 1, argv + 1) ? print_command_help(command)
                                             : run_command(command, argc - 1, argv + 1);
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return show_help(argc, argv);
    if (is_one_of(argv[1], "version", "--version", "-V")) {
        puts("rentcache " RENTCACHE_VERSION);
        return EXIT_OK;
    }
    return refuse_command(argv[1]);
}

int
command_wrong(const struct command *command, const char *text)
{
    fprintf(stderr, "rentcache %s: %s\nusage: ", command->name, text);
    print_usage(command, stderr);
    fprintf(stderr, "\"rentcache %s --help\" explains it.\n", command->name);
    return EXIT_USAGE;
}
