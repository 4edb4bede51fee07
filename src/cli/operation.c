/* operation.c - the server first, then the database; questions. */
#include "operation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "analytics.h"
#include "base/data_dir.h"
#include "base/log.h"
#include "base/text.h"
#include "storage.h"

#define DATABASE_PATH_SIZE 2048

static void
operation_complain(const struct options *options, enum status status)
{
    const char *text = status == STATUS_STORAGE     ? "the database cannot be used"
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

enum status
operation_ask_about_endpoint(const struct config *config, const struct operation *operation,
                             json_t **answer)
{
    struct bytes endpoint = operation->message->u.REPORT_GET.endpoint;
    char why[512];

    if (endpoint.size == 0 || config_has_endpoint(config, endpoint))
        return operation_ask_database(config, operation->message, answer);
    config_explain_endpoint(config, endpoint, why, sizeof why);
    fprintf(stderr, "rentcache: %s\n", why);
    return STATUS_INVALID_PARAMETER;
}

static json_t *
run_direct(const struct config *config, const struct options *options,
           const struct operation *operation)
{
    json_t *answer = NULL;
    enum status status = operation->direct != NULL
                             ? operation->direct(config, operation, &answer)
                             : operation_ask_database(config, operation->message, &answer);

    if (status == STATUS_OK && answer != NULL)
        return answer;
    operation_complain(options, status == STATUS_OK ? STATUS_INTERNAL : status);
    json_decref(answer);
    return NULL;
}

/* Which server or database a command speaks to, once: on stderr, so that stdout has the answer alone. */
__attribute__((format(printf, 2, 3))) static void
operation_announce(const struct options *options, const char *format, ...)
{
    static bool is_announced;
    va_list arguments;

    if (is_announced)
        return;
    is_announced = true;
    fprintf(stderr, "rentcache %s: ", options->command->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* Of the database that the operation is about, as a whole path. */
static bool
find_database(const struct config *config, const struct operation *operation,
              char path[DATABASE_PATH_SIZE])
{
    char found[DATABASE_PATH_SIZE], folder[DATABASE_PATH_SIZE] = "";
    bool is_of_cache = operation->part != NULL && strcmp(operation->part, "cache") == 0;
    struct text whole = text_of(path, DATABASE_PATH_SIZE - 1);

    if (!(is_of_cache ? entries_path(config, found, sizeof found)
                      : accounts_path(config, found, sizeof found)))
        return false;
    if (found[0] != '/' && getcwd(folder, sizeof folder) != NULL) {
        text_add(&whole, folder);
        text_add(&whole, "/");
    }
    text_add(&whole, found);
    path[whole.size] = '\0';
    return !whole.is_cut;
}

/* A database is never made by the way: whoever mistyped an address would work on an empty one. */
static void
complain_of_missing(const struct options *options, const struct operation *operation,
                    const struct admin_server *server, const char *path)
{
    if (options->is_offline) {
        fprintf(stderr, "rentcache %s: there is no database %s\n", options->command->name, path);
        return;
    }
    fprintf(stderr,
            "rentcache %s: no server answers at %s, and there is no database %s\n"
            "Start the server, or name another with --url or RENTCACHE_ADMIN_URL%s.\n",
            options->command->name, server->url, path,
            operation->part != NULL ? "; --offline makes that database and works on it" : "");
}

static json_t *
run_with_lock(const struct config *config, const struct options *options,
              const struct operation *operation, const struct admin_server *server)
{
    json_t *answer;
    int lock;

    if (data_dir_prepare(config) != STATUS_OK)
        return NULL;
    lock = data_dir_lock(config, operation->part, true);
    if (lock < 0) {
        fprintf(stderr,
                options->is_offline
                    ? "rentcache %s: a server has the data folder: ask it, without --offline\n"
                    : "rentcache %s: a server has the data folder, but its admin listener does "
                      "not answer at %s\n",
                options->command->name, server->url);
        return NULL;
    }
    data_dir_yield_reserve(config);
    answer = run_direct(config, options, operation);
    data_dir_keep_reserve(config, true);
    close(lock);
    return answer;
}

static json_t *
run_without_server(const struct config *config, const struct options *options,
                   const struct operation *operation, const struct admin_server *server)
{
    char path[DATABASE_PATH_SIZE];
    bool is_made = options->is_offline && operation->part != NULL;

    log_configure("WARNING", "text");
    if (!find_database(config, operation, path))
        return NULL;
    if (!is_made && access(path, F_OK) != 0) {
        complain_of_missing(options, operation, server, path);
        return NULL;
    }
    if (options->is_offline)
        operation_announce(options, "working on %s", path);
    else
        operation_announce(options, "no server answers at %s: working on %s", server->url, path);
    return operation->part == NULL ? run_direct(config, options, operation)
                                   : run_with_lock(config, options, operation, server);
}

static json_t *
ask_server(const struct config *config, const struct options *options,
           const struct operation *operation, const struct admin_server *server)
{
    json_t *answer = NULL;
    int http_status = 0;
    enum status status = admin_client_call(server, &operation->call, &http_status, &answer);

    if (status == STATUS_UNAVAILABLE && server->url_source == NULL)
        return run_without_server(config, options, operation, server);
    if (status == STATUS_OK)
        operation_announce(options, "server %s", server->url);
    if (status == STATUS_OK && (http_status == 200 || http_status == 201) && answer != NULL)
        return answer;
    admin_client_complain(options->command->name, server, status, http_status, answer);
    json_decref(answer);
    return NULL;
}

json_t *
operation_run(const struct config *config, const struct options *options,
              const struct operation *operation)
{
    struct admin_server server;
    json_t *answer;

    if (!admin_server_find(config, options, &server))
        return NULL;
    answer = options->is_offline ? run_without_server(config, options, operation, &server)
                                 : ask_server(config, options, operation, &server);
    admin_server_forget(&server);
    return answer;
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
