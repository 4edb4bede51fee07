/* new_database_command.c - rentcache new-database: begins keys, usage and ledger anew where they are lost. */
#include <stdio.h>
#include <unistd.h>

#include "base/data_dir.h"
#include "base/log.h"
#include "operation.h"
#include "storage.h"

static int
end_as(enum status status, const char *path)
{
    if (status == STATUS_OK)
        printf("%s is new: no keys, no usage, an empty ledger\n", path);
    else if (status == STATUS_CONFLICT)
        fprintf(stderr,
                "rentcache new-database: %s is sound, and stays: stop the server and move it away "
                "yourself, if you want to begin without it\n",
                path);
    else
        fprintf(stderr, "rentcache new-database: %s cannot be made\n", path);
    return status == STATUS_OK ? EXIT_OK : EXIT_FAILED;
}

static int
new_database(struct config *config, const struct options *options)
{
    char path[CONFIG_TEXT_SIZE];
    int lock, exit_status;

    log_configure("WARNING", "text");
    if (!accounts_path(config, path, sizeof path) ||
        !operation_is_agreed(options, "Begin without the keys, the usage and the ledger that are "
                                      "lost? What is left of their files is moved aside.") ||
        data_dir_prepare(config) != STATUS_OK)
        return EXIT_FAILED;
    lock = data_dir_lock(config, "analytics", true);
    if (lock < 0) {
        fputs("rentcache new-database: a server has the data folder: stop it first\n", stderr);
        return EXIT_FAILED;
    }
    data_dir_yield_reserve(config);
    exit_status = end_as(accounts_begin_anew(config), path);
    close(lock);
    return exit_status;
}

const struct command command_new_database = {
    .name = "new-database",
    .arguments = "",
    .summary = "begin keys, usage and ledger anew where they are lost",
    .example = "rentcache new-database --yes",
    .takes = "yc",
    .run = new_database,
};
