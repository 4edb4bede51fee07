/* describe_command.c - rentcache describe: the tables of options and messages as Markdown, for docs/. */
#include <string.h>

#include "actor/wire.h"
#include "command.h"

static int
describe_command_run(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "configuration") == 0)
        config_describe(stdout);
    else if (argc == 2 && strcmp(argv[1], "messages") == 0)
        wire_describe(stdout);
    else
        return command_wrong(&command_describe, "say which table");
    return EXIT_OK;
}

const struct command command_describe = {
    .name = "describe",
    .usage = "configuration|messages",
    .summary = "print the table of options or of messages as Markdown",
    .example = "rentcache describe configuration",
    .run = describe_command_run,
};
