/* plain_command.c - commands that take no more than --json and --config. */
#include <getopt.h>

#include "command.h"

int
command_run_plain(const struct command *command, int argc, char **argv, command_work *work)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"config", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    struct config *config;
    bool as_json = false;
    int option, exit_status;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j')
            as_json = true;
        else if (option == 'c')
            path = optarg;
        else
            return command_wrong(command, "an option is not understood");
    }
    if (optind != argc)
        return command_wrong(command, "no argument is expected");
    config = command_config(path);
    if (config == NULL)
        return EXIT_USAGE;
    exit_status = work(config, as_json);
    config_destroy(&config);
    return exit_status;
}
