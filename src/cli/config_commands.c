/* config_commands.c - rentcache check-config and describe: what a configuration results in, and what one may say. */
#include <string.h>

#include "actor/wire.h"
#include "command.h"
#include "manual.h"
#include "storage.h"

/* The file may be named as an argument, too. */
static bool
take_path(struct options *options)
{
    if (options->argument_count > 1)
        return options_refuse(options, "\"%.100s\" is not expected: one file is checked",
                              options->arguments[1]);
    if (options->argument_count == 1)
        options->config = options->arguments[0];
    return true;
}

static void
print_warning(const char *warning)
{
    fprintf(stderr, "warning: %s\n", warning);
}

static int
check_config(struct config *config, const struct options *options)
{
    char path[CONFIG_TEXT_SIZE * 2];

    (void)options;
    if (!accounts_path(config, path, sizeof path))
        return EXIT_USAGE;
    config_each_warning(config, print_warning);
    config_print(config, stdout);
    return EXIT_OK;
}

const struct command command_check_config = {
    .name = "check-config",
    .arguments = "[FILE]",
    .summary = "check the configuration and print what results, without secrets",
    .example = "rentcache check-config --config rentcache.yaml",
    .takes = "c",
    .accept = take_path,
    .run = check_config,
};

static bool
names_table(struct options *options)
{
    return (options->argument_count == 1 && (strcmp(options->arguments[0], "configuration") == 0 ||
                                             strcmp(options->arguments[0], "messages") == 0 ||
                                             manual_has(options->arguments[0]))) ||
           options_refuse(options, "say which: configuration, messages, rentcache.1 or "
                                   "rentcache.yaml.5");
}

static int
describe_table(struct config *config, const struct options *options)
{
    (void)config;
    if (strcmp(options->arguments[0], "configuration") == 0)
        config_describe(stdout);
    else if (strcmp(options->arguments[0], "messages") == 0)
        wire_describe(stdout);
    else
        return manual_print(options->arguments[0], stdout) ? EXIT_OK : EXIT_FAILED;
    return EXIT_OK;
}

const struct command command_describe = {
    .name = "describe",
    .arguments = "configuration|messages|rentcache.1|rentcache.yaml.5",
    .summary = "print the table of settings or of messages as Markdown, or a manual page",
    .example = "rentcache describe configuration",
    .takes = "",
    .needs_no_config = true,
    .accept = names_table,
    .run = describe_table,
};
