/* operation.c - the server first, then the database; questions. */
#include "operation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "analytics.h"
#include "base/data_dir.h"

static void
operation_complain(const struct options *options, enum status status)
{
    const char *text = status == STATUS_STORAGE     ? "there is no server and no usable database"
                       : status == STATUS_NOT_FOUND ? "there is no such key"
                       : status == STATUS_CONFLICT  ? "API key name already exists"
                                                    : status_title(status);

    if (status != STATUS_INVALID_PARAMETER)
        fprintf(stderr, "rentcache %s: %s\n", options->command->name, text);
}

enum status
operation_ask_database(const struct config *config, const struct message *message, json_t **answer)
{
    char *text = NULL;
    enum status status = analytics_answer(config, message, &text);

    if (status == STATUS_OK)
        *answer = json_loads(text, 0, NULL);
    free(text);
    return status;
}

static json_t *
run_direct(const struct config *config, const struct options *options,
           const struct operation *operation)
{
    json_t *answer = NULL;
    enum status status = operation->message != NULL
                             ? operation_ask_database(config, operation->message, &answer)
                             : operation->direct(config, operation, &answer);

    if (status == STATUS_OK && answer != NULL)
        return answer;
    operation_complain(options, status == STATUS_OK ? STATUS_INTERNAL : status);
    json_decref(answer);
    return NULL;
}

static json_t *
run_without_server(const struct config *config, const struct options *options,
                   const struct operation *operation)
{
    json_t *answer;
    int lock;

    if (operation->part == NULL)
        return run_direct(config, options, operation);
    if (data_dir_prepare(config) != STATUS_OK)
        return NULL;
    lock = data_dir_lock(config, operation->part, true);
    if (lock < 0) {
        fprintf(stderr,
                "rentcache %s: a server has the data folder, but its admin listener does not "
                "answer\n",
                options->command->name);
        return NULL;
    }
    answer = run_direct(config, options, operation);
    close(lock);
    return answer;
}

json_t *
operation_run(const struct config *config, const struct options *options,
              const struct operation *operation)
{
    json_t *answer = NULL;
    int http_status = 0;
    enum status status = admin_client_call(config, &operation->call, &http_status, &answer);

    if (status == STATUS_UNAVAILABLE)
        return run_without_server(config, options, operation);
    if (status == STATUS_OK && (http_status == 200 || http_status == 201) && answer != NULL)
        return answer;
    admin_client_complain(options->command->name, http_status, answer);
    json_decref(answer);
    return NULL;
}

bool
operation_is_agreed(const struct options *options, const char *question)
{
    char line[16] = "";

    if (options->is_agreed)
        return true;
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "rentcache %s: there is no terminal to ask on; --yes does it\n",
                options->command->name);
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(line, sizeof line, stdin) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
        return true;
    fputs("Nothing was done.\n", stderr);
    return false;
}

int
operation_show(const struct options *options, json_t *answer, void (*print)(const json_t *answer))
{
    if (answer == NULL)
        return EXIT_FAILED;
    if (options->as_json) {
        json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        putchar('\n');
    } else {
        print(answer);
    }
    json_decref(answer);
    return EXIT_OK;
}
