/* commands.c - the environment that a command finds the testbed's server and data folder by. */
#include "support/process/commands.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

char command_output[COMMAND_TEXT_SIZE], command_errors[COMMAND_TEXT_SIZE];

int
command_run(struct testbed *testbed, const char *const *arguments)
{
    char data_dir[128], admin_port[32], log_path[128];
    const char *environment[8 + TESTBED_SETTINGS_MAX] = {data_dir, admin_port, "ENVIRONMENT=test",
                                                         "RENTCAST_API_KEY=upstream_secret",
                                                         "ADMIN_HOST=127.0.0.1"};
    size_t count = 5;
    FILE *file;
    int status;

    for (size_t i = 0; i < testbed->setting_count; i++)
        environment[count++] = testbed->settings[i];
    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", testbed->data_dir);
    snprintf(admin_port, sizeof admin_port, "ADMIN_PORT=%d", testbed->admin_port);
    snprintf(log_path, sizeof log_path, "%s/errors", testbed->folder);
    remove(log_path);
    status = process_run("rentcache", arguments, environment, command_output, sizeof command_output,
                         log_path);
    file = fopen(log_path, "re");
    command_errors[file != NULL ? fread(command_errors, 1, sizeof command_errors - 1, file) : 0] =
        '\0';
    if (file != NULL)
        fclose(file);
    return status;
}

void
command_expect_text(const char *text, const char *within)
{
    ck_assert_msg(strstr(text, within) != NULL, "\"%s\" is not in: %s", within, text);
}
