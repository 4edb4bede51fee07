/* key_commands.c - rentcache create-key, list-keys, update-key and delete-key.
 *
 * A secret is shown once, by create-key; no other answer has it. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "api_key.h"
#include "base/bytes.h"
#include "base/text.h"
#include "key_request.h"
#include "operation.h"

#define PAGE_KEYS    1000
#define NAME_FORM    "1 to 100 letters, digits, '_' or '-'"
#define OWN_KEY_SIZE (API_KEY_OWN_MOST + 2)

static const char *
key_text(const json_t *row, const char *member, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(row, member));

    return text != NULL ? text : otherwise;
}

/* "12/1000", or "12/none". */
static void
write_usage(const json_t *row, const char *usage, const char *limit, char *text, size_t size)
{
    const json_t *most = json_object_get(row, limit);
    long long used = (long long)json_integer_value(json_object_get(row, usage));

    if (json_is_integer(most))
        snprintf(text, size, "%lld/%lld", used, (long long)json_integer_value(most));
    else
        snprintf(text, size, "%lld/none", used);
}

static int
widest_name(const json_t *keys)
{
    size_t width = 4;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        size_t size = strlen(key_text(json_array_get(keys, i), "key_name", ""));

        width = size > width ? size : width;
    }
    return (int)width;
}

/* Dollars, or "-" where the answer has none. */
static void
write_money(const json_t *row, const char *member, char *text, size_t size)
{
    const json_t *value = json_object_get(row, member);

    if (json_is_number(value))
        snprintf(text, size, "%.2f", json_number_value(value));
    else
        snprintf(text, size, "-");
}

/* A list or an object of texts: "a, b", "properties 100/minute, * none"; or what stands for nothing. */
static void
write_texts(const json_t *texts, const char *nothing, char *text, size_t size)
{
    struct text out = text_of(text, size - 1);
    const char *name;
    json_t *value;

    for (size_t i = 0; i < json_array_size(texts); i++) {
        text_add(&out, i > 0 ? ", " : "");
        text_add(&out, json_string_value(json_array_get(texts, i)));
    }
    json_object_foreach((json_t *)(uintptr_t)texts, name, value)
    {
        text_add(&out, out.size > 0 ? ", " : "");
        text_add(&out, name);
        text_add(&out, " ");
        text_add(&out, json_string_value(value));
    }
    if (out.size == 0)
        text_add(&out, nothing);
    text[out.size] = '\0';
}

static void
print_row(const json_t *row, int width)
{
    char day[48], month[48], calls[24] = "-", spent[24], saved[24], rights[64], rates[256];
    const json_t *call_count = json_object_get(row, "monthly_calls");

    write_usage(row, "daily_usage", "daily_limit", day, sizeof day);
    write_usage(row, "monthly_usage", "monthly_limit", month, sizeof month);
    write_money(row, "monthly_spent_usd", spent, sizeof spent);
    write_money(row, "monthly_saved_usd", saved, sizeof saved);
    write_texts(json_object_get(row, "rights"), "-", rights, sizeof rights);
    write_texts(json_object_get(row, "limits"), "as configured", rates, sizeof rates);
    if (json_is_integer(call_count))
        snprintf(calls, sizeof calls, "%lld", (long long)json_integer_value(call_count));
    printf("%6lld  %-*s  %-8s  %13s  %15s  %7s  %10s  %10s  %-10.10s  %-19.19s  %-10s  %s\n",
           (long long)json_integer_value(json_object_get(row, "id")), width,
           key_text(row, "key_name", ""), key_text(row, "state", ""), day, month, calls, spent,
           saved, key_text(row, "expires_at", "never"), key_text(row, "last_used", "never"), rights,
           rates);
}

/* One line for each key; the name's column is as wide as the longest. Calls and money are of this month. */
static void
print_rows(const json_t *keys)
{
    int width = widest_name(keys);

    printf("%6s  %-*s  %-8s  %13s  %15s  %7s  %10s  %10s  %-10s  %-19s  %-10s  %s\n", "id", width,
           "name", "state", "today", "this month", "calls", "spent $", "saved $", "expires",
           "last used", "rights", "rates");
    for (size_t i = 0; i < json_array_size(keys); i++)
        print_row(json_array_get(keys, i), width);
}

static void
print_keys(const json_t *answer)
{
    print_rows(json_object_get(answer, "keys"));
}

static void
print_key(const json_t *answer)
{
    json_t *keys = json_pack("[O]", answer);

    print_rows(keys);
    json_decref(keys);
}

/* The next page's keys are moved to the end of keys. False: said on stderr. */
static bool
add_page(const struct config *config, const struct options *options, json_t *keys,
         json_int_t *after)
{
    char path[96];
    const struct message message = {.kind = MSG_REPORT_GET,
                                    .u.REPORT_GET = {.report = bytes_of_text("keys"),
                                                     .limit = PAGE_KEYS,
                                                     .after_id = (int64_t)*after}};
    const struct operation operation = {.call = {"GET", path, NULL}, .message = &message};
    json_t *answer;

    snprintf(path, sizeof path, "/admin/api-keys?limit=%d&after=%lld", PAGE_KEYS,
             (long long)*after);
    answer = operation_run(config, options, &operation);
    if (answer == NULL)
        return false;
    json_array_extend(keys, json_object_get(answer, "keys"));
    *after = json_integer_value(json_object_get(answer, "next_after"));
    json_decref(answer);
    return true;
}

static int
list_keys(struct config *config, const struct options *options)
{
    json_t *keys = json_array(), *all = json_pack("{s:o}", "keys", keys);
    json_int_t after = 0;
    bool is_complete;

    do {
        is_complete = add_page(config, options, keys, &after);
    } while (is_complete && after > 0);
    if (is_complete)
        return operation_show(options, all, print_keys);
    json_decref(all);
    return EXIT_FAILED;
}

const struct command command_list_keys = {
    .name = "list-keys",
    .arguments = "",
    .summary = "the client keys with limits, usage, and what they spent and saved this month",
    .example = "rentcache list-keys",
    .takes = "jutFc",
    .run = list_keys,
};

/* From the first line of standard input, so that it stands in no list of processes. */
static bool
read_own_key(char key[OWN_KEY_SIZE])
{
    if (fgets(key, OWN_KEY_SIZE, stdin) == NULL)
        return false;
    key[strcspn(key, "\r\n")] = '\0';
    return true;
}

static bool
set_own_key(json_t *body, char *argument)
{
    char line[OWN_KEY_SIZE];
    const char *key = strcmp(argument, "-") != 0 ? argument : read_own_key(line) ? line : NULL;
    bool is_set =
        key != NULL && json_object_set_new(body, "rentcast_api_key", json_string(key)) == 0;

    OPENSSL_cleanse(line, sizeof line);
    OPENSSL_cleanse(argument, strlen(argument));
    return is_set;
}

/* arguments[0]; most: how many may stand there. */
static bool
take_key_name(struct options *options, int most)
{
    if (options->argument_count == 0)
        return options_refuse(options, "the name of a key is missing: " NAME_FORM);
    if (options->argument_count > most)
        return options_refuse(options, "\"%.100s\" is not expected behind the name of the key",
                              options->arguments[most]);
    if (!api_key_name_is_valid(options->arguments[0]))
        return options_refuse(options, "\"%.100s\" is no name of a key: " NAME_FORM,
                              options->arguments[0]);
    options->key_name = options->arguments[0];
    return true;
}

static bool
take_new_key(struct options *options)
{
    if (!take_key_name(options, 2))
        return false;
    if (json_object_set_new(options->body, "key_name", json_string(options->key_name)) != 0)
        return false;
    return options->argument_count == 1 || set_own_key(options->body, options->arguments[1]) ||
           options_refuse(options, "the customer's key cannot be read");
}

static enum status
create_directly(const struct config *config, const struct operation *operation, json_t **answer)
{
    struct key_request request;
    struct key_request_problem problem;
    char key[API_KEY_SIZE] = "", hash[API_KEY_HEX_SIZE] = "";
    struct message message = {.kind = MSG_KEY_CREATE};
    enum status status;

    if (!key_request_of_creation(config, operation->call.body, &request, &problem)) {
        fprintf(stderr, "rentcache create-key: %s: %s\n", problem.member, problem.message);
        return STATUS_INVALID_PARAMETER;
    }
    if (request.own_hash[0] == '\0' && !key_request_mint(key, hash))
        return STATUS_INTERNAL;
    message.u.KEY_CREATE =
        key_request_as_create(&request, request.own_hash[0] != '\0' ? request.own_hash : hash);
    status = operation_ask_database(config, &message, answer);
    if (status == STATUS_OK && key[0] != '\0')
        json_object_set_new(*answer, "api_key", json_string(key));
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

static void
print_new_key(const json_t *answer)
{
    const char *key = json_string_value(json_object_get(answer, "api_key"));
    const char *name = json_string_value(json_object_get(answer, "key_name"));

    if (key == NULL) {
        printf("The customer's own key is that of \"%s\" now. Only its SHA-256 is stored.\n", name);
        return;
    }
    /* stdout has the key alone, so that a script can take it. */
    printf("%s\n", key);
    fflush(stdout);
    fprintf(stderr, "\nThis is the key of \"%s\". It is shown this once and stored nowhere.\n",
            name);
}

static int
create_key(struct config *config, const struct options *options)
{
    const struct operation operation = {.call = {"POST", "/admin/api-keys", options->body},
                                        .part = "analytics",
                                        .direct = create_directly};

    return operation_show(options, operation_run(config, options, &operation), print_new_key);
}

const struct command command_create_key = {
    .name = "create-key",
    .arguments = "NAME [RENTCAST_KEY|-]",
    .summary = "make a client key and show it this once, or take a customer's own (\"-\": from "
               "standard input)",
    .example = "rentcache create-key my_app --daily-limit 1000 --limits '{\"properties\": "
               "\"100/minute\"}'",
    .takes = "DMlnqrxjutFc",
    .accept = take_new_key,
    .run = create_key,
};

static bool
take_name(struct options *options)
{
    return take_key_name(options, 1);
}

/* The id of the key that is named; 0: there is none; -1: it could not be asked (said on stderr). */
static int64_t
find_named(const struct config *config, const struct options *options)
{
    char path[64 + API_KEY_NAME_MOST];
    const struct message message = {.kind = MSG_REPORT_GET,
                                    .u.REPORT_GET = {.report = bytes_of_text("keys"),
                                                     .key_name = bytes_of_text(options->key_name)}};
    const struct operation operation = {.call = {"GET", path, NULL}, .message = &message};
    json_t *answer;
    int64_t api_key_id = -1;

    snprintf(path, sizeof path, "/admin/api-keys?name=%s", options->key_name);
    answer = operation_run(config, options, &operation);
    if (answer != NULL)
        api_key_id = json_integer_value(
            json_object_get(json_array_get(json_object_get(answer, "keys"), 0), "id"));
    json_decref(answer);
    return api_key_id;
}

/* The same; 0: said on stderr. */
static int64_t
find_key(const struct config *config, const struct options *options)
{
    int64_t api_key_id = find_named(config, options);

    if (api_key_id == 0)
        fprintf(stderr, "rentcache %s: there is no key \"%s\"\n", options->command->name,
                options->key_name);
    return api_key_id > 0 ? api_key_id : 0;
}

static bool
take_name_and_changes(struct options *options)
{
    if (!take_name(options))
        return false;
    return json_object_size(options->body) > 0 ||
           options_refuse(options, "nothing is to be changed: name at least one limit, right, "
                                   "expiry or state");
}

static void
print_whole_key(const json_t *row)
{
    char day[48], month[48], spent[24], saved[24], rights[64], rates[1024];

    write_usage(row, "daily_usage", "daily_limit", day, sizeof day);
    write_usage(row, "monthly_usage", "monthly_limit", month, sizeof month);
    write_money(row, "monthly_spent_usd", spent, sizeof spent);
    write_money(row, "monthly_saved_usd", saved, sizeof saved);
    write_texts(json_object_get(row, "rights"), "none", rights, sizeof rights);
    write_texts(json_object_get(row, "limits"), "as configured", rates, sizeof rates);
    printf("id                  %lld\nname                %s\nstate               %s\n",
           (long long)json_integer_value(json_object_get(row, "id")), key_text(row, "key_name", ""),
           key_text(row, "state", ""));
    printf("created             %s\nexpires             %s\nlast used           %s\n",
           key_text(row, "created_at", ""), key_text(row, "expires_at", "never"),
           key_text(row, "last_used", "never"));
    printf("requests today      %s\nrequests this month %s\n", day, month);
    printf("calls this month    %lld\nspent this month    $%s\nsaved this month    $%s\n",
           (long long)json_integer_value(json_object_get(row, "monthly_calls")), spent, saved);
    printf("rates               %s\nrights              %s\nearlier secret      %s\n", rates,
           rights, key_text(row, "previous_secret_until", "none"));
}

/* Digits are a name, too: they are an id where no key is called so. */
static int
show_key(struct config *config, const struct options *options)
{
    char path[64];
    int64_t api_key_id = 0;
    bool is_number = bytes_read_number(bytes_of_text(options->key_name), &api_key_id);
    int64_t named_id = is_number ? find_named(config, options) : find_key(config, options);
    struct message message = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text("key")}};
    const struct operation operation = {.call = {"GET", path, NULL}, .message = &message};

    if (named_id < 0 || (named_id == 0 && !is_number))
        return EXIT_FAILED;
    message.u.REPORT_GET.api_key_id = named_id > 0 ? named_id : api_key_id;
    snprintf(path, sizeof path, "/admin/api-keys/%lld", (long long)message.u.REPORT_GET.api_key_id);
    return operation_show(options, operation_run(config, options, &operation), print_whole_key);
}

const struct command command_show_key = {
    .name = "show-key",
    .arguments = "NAME|ID",
    .summary = "one client key with everything that is known of it",
    .example = "rentcache show-key my_app",
    .takes = "jutFc",
    .accept = take_name,
    .run = show_key,
};

static enum status
update_directly(const struct config *config, const struct operation *operation, json_t **answer)
{
    struct key_request request;
    struct key_request_problem problem;
    struct message message = {.kind = MSG_KEY_UPDATE};

    if (!key_request_of_update(config, operation->call.body, &request, &problem)) {
        fprintf(stderr, "rentcache update-key: %s: %s\n", problem.member, problem.message);
        return STATUS_INVALID_PARAMETER;
    }
    message.u.KEY_UPDATE = key_request_as_update(&request, operation->api_key_id);
    return operation_ask_database(config, &message, answer);
}

static int
update_key(struct config *config, const struct options *options)
{
    char path[64];
    const struct operation operation = {.call = {"PUT", path, options->body},
                                        .part = "analytics",
                                        .api_key_id = find_key(config, options),
                                        .direct = update_directly};

    if (operation.api_key_id == 0)
        return EXIT_FAILED;
    snprintf(path, sizeof path, "/admin/api-keys/%lld", (long long)operation.api_key_id);
    return operation_show(options, operation_run(config, options, &operation), print_key);
}

const struct command command_update_key = {
    .name = "update-key",
    .arguments = "NAME",
    .summary = "change a key; the next request in every process sees it",
    .example = "rentcache update-key my_app --daily-limit 5000 --expires 2030-01-01",
    .takes = "DMlnqrxaAjutFc",
    .accept = take_name_and_changes,
    .run = update_key,
};

static enum status
rotate_directly(const struct config *config, const struct operation *operation, json_t **answer)
{
    struct key_request_problem problem;
    char key[API_KEY_SIZE] = "", hash[API_KEY_HEX_SIZE] = "";
    struct message message = {.kind = MSG_KEY_ROTATE};
    int64_t overlap_s;
    enum status status;

    if (!key_request_of_rotation(operation->call.body, &overlap_s, &problem) ||
        !key_request_mint(key, hash))
        return STATUS_INTERNAL;
    message.u.KEY_ROTATE = key_request_as_rotate(operation->api_key_id, hash, overlap_s);
    status = operation_ask_database(config, &message, answer);
    if (status == STATUS_OK)
        json_object_set_new(*answer, "api_key", json_string(key));
    OPENSSL_cleanse(key, sizeof key);
    if (status != STATUS_CONFLICT)
        return status;
    fputs("rentcache rotate-key: " KEY_REQUEST_ROTATES_ALREADY "\n", stderr);
    return STATUS_INVALID_PARAMETER;
}

static void
print_rotated(const json_t *answer)
{
    /* stdout has the key alone, so that a script can take it. */
    printf("%s\n", key_text(answer, "api_key", ""));
    fflush(stdout);
    fprintf(stderr,
            "\nThis is the new secret of \"%s\". It is shown this once and stored nowhere.\n"
            "The one before works until %s.\n",
            key_text(answer, "key_name", ""), key_text(answer, "previous_secret_until", ""));
}

static int
rotate_key(struct config *config, const struct options *options)
{
    char path[64];
    const struct operation operation = {.call = {"POST", path, options->body},
                                        .part = "analytics",
                                        .api_key_id = find_key(config, options),
                                        .direct = rotate_directly};

    if (operation.api_key_id == 0)
        return EXIT_FAILED;
    snprintf(path, sizeof path, "/admin/api-keys/%lld/rotate", (long long)operation.api_key_id);
    return operation_show(options, operation_run(config, options, &operation), print_rotated);
}

const struct command command_rotate_key = {
    .name = "rotate-key",
    .arguments = "NAME",
    .summary = "give a key another secret and show it this once; the present one works on for a "
               "while",
    .example = "rentcache rotate-key my_app --overlap 24h",
    .takes = "vjutFc",
    .accept = take_name,
    .run = rotate_key,
};

static void
print_deleted(const json_t *answer)
{
    printf("\"%s\" is deleted.\n", key_text(answer, "key_name", ""));
}

static int
delete_key(struct config *config, const struct options *options)
{
    char question[64 + API_KEY_NAME_MOST], path[64];
    int64_t api_key_id = find_key(config, options);
    const struct message message = {.kind = MSG_KEY_DELETE, .u.KEY_DELETE = {api_key_id}};
    const struct operation operation = {
        .call = {"DELETE", path, NULL}, .part = "analytics", .message = &message};

    snprintf(question, sizeof question, "Delete the key \"%s\"? Its rows stay.", options->key_name);
    if (api_key_id == 0 || !operation_is_agreed(options, question))
        return EXIT_FAILED;
    snprintf(path, sizeof path, "/admin/api-keys/%lld", (long long)api_key_id);
    return operation_show(options, operation_run(config, options, &operation), print_deleted);
}

const struct command command_delete_key = {
    .name = "delete-key",
    .arguments = "NAME",
    .summary = "revoke and hide a key and free its name; its rows stay",
    .example = "rentcache delete-key my_app --yes",
    .takes = "yjutFc",
    .accept = take_name,
    .run = delete_key,
};
