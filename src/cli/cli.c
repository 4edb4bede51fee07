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
    &command_server,       &command_create_key,  &command_list_keys, &command_update_key,
    &command_delete_key,   &command_clear_cache, &command_health,    &command_stats,
    &command_check_config, &command_describe,
};

static void
print_help(FILE *out)
{
    fputs("rentcache - a caching gateway for APIs that cost money per call\n\nCommands:\n", out);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n\"rentcache COMMAND --help\" says more. Settings: docs/configuration.md.\n", out);
}

static int
print_command_help(const struct command *command)
{
    printf("rentcache %s %s\n\n%s\n\nExample:\n  %s\n\n"
           "Exit status: 0 done, 1 refused or failed, 2 not understood.\n",
           command->name, command->usage, command->summary, command->example);
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

/* What is wrong with the command line; NULL: nothing. */
static const char *
find_wrong(const struct command *command, int argc, char **argv, struct options *options)
{
    const char *wrong = NULL;

    if (!options_read(options, command->takes, argc, argv))
        wrong = "an option is not understood";
    else if (command->accept != NULL ? !command->accept(options) : options->argument_count > 0)
        wrong = "no argument is expected";
    return wrong != NULL && command->expected != NULL ? command->expected : wrong;
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
    const char *wrong = find_wrong(command, argc, argv, &options);
    struct config *config = NULL;
    int exit_status = EXIT_USAGE;

    if (wrong != NULL)
        command_wrong(command, wrong);
    else if (command->needs_no_config || (config = load_config(options.config)) != NULL)
        exit_status = command->run(config, &options);
    config_destroy(&config);
    json_decref(options.body);
    return exit_status;
}

int
cli_run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("rentcache " RENTCACHE_VERSION);
        return EXIT_OK;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return asks_help(argc - 1, argv + 1) ? print_command_help(commands[i])
                                                 : run_command(commands[i], argc - 1, argv + 1);
    if (asks_help(argc - 1, argv + 1)) {
        print_help(stdout);
        return EXIT_OK;
    }
    fprintf(stderr, "rentcache: there is no command \"%s\"\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}

int
command_wrong(const struct command *command, const char *text)
{
    fprintf(stderr, "rentcache %s: %s\nusage: rentcache %s %s\n", command->name, text,
            command->name, command->usage);
    return EXIT_USAGE;
}
