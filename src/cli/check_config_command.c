/* check_config_command.c - rentcache check-config: says what a configuration results in, or what is wrong with it. */
#include <getopt.h>

#include "command.h"

static int
check_config_command_run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    struct config *config;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'c')
            return command_wrong(&command_check_config, "an option is not understood");
        path = optarg;
    }
    if (optind < argc)
        path = argv[optind];
    config = command_config(path);
    if (config == NULL)
        return EXIT_USAGE;
    config_print(config, stdout);
    config_destroy(&config);
    return EXIT_OK;
}

const struct command command_check_config = {
    .name = "check-config",
    .usage = "[--config FILE]",
    .summary = "check the configuration and print what results, without secrets",
    .example = "rentcache check-config --config rentcache.yaml",
    .run = check_config_command_run,
};
