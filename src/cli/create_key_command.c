/* create_key_command.c - rentcache create-key: makes a client key and shows it this once.
 *
 * With a server running the server makes it; else this process opens the database itself, under the lock that the
 * server would hold. */
#include <getopt.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "admin_client.h"
#include "api_key.h"
#include "clock.h"
#include "command.h"
#include "data_dir.h"
#include "gateway.h"
#include "storage.h"

struct wish {
    const char *name;
    json_t *body; /* what POST /admin/api-keys takes */
    const char *config;
    bool as_json;
};

static bool
set_limit(json_t *body, const char *member, const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (strcmp(text, "none") == 0)
        return json_object_set_new(body, member, json_string(text)) == 0;
    if (*text == '\0' || *end != '\0' || value < 1 || value > 1000000000)
        return false;
    return json_object_set_new(body, member, json_integer(value)) == 0;
}

static bool
set_none(json_t *body)
{
    return json_object_set_new(body, "limits",
                               json_pack("{s:s, s:s}", "global", "none", "*", "none")) == 0 &&
           set_limit(body, "daily_limit", "none") && set_limit(body, "monthly_limit", "none");
}

static bool
set_limits(json_t *body, const char *text)
{
    json_t *limits = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    return limits != NULL && json_object_set_new(body, "limits", limits) == 0;
}

static bool
take_option(int option, struct wish *wish)
{
    switch (option) {
    case 'd':
        return set_limit(wish->body, "daily_limit", optarg);
    case 'm':
        return set_limit(wish->body, "monthly_limit", optarg);
    case 'l':
        return set_limits(wish->body, optarg);
    case 'n':
        return set_none(wish->body);
    case 'q':
        return set_limit(wish->body, "daily_limit", "none") &&
               set_limit(wish->body, "monthly_limit", "none");
    case 'r':
        return strcmp(optarg, "extend_ttl") == 0 &&
               json_object_set_new(wish->body, "rights", json_pack("[s]", optarg)) == 0;
    case 'e':
        return json_object_set_new(wish->body, "expires_at", json_string(optarg)) == 0;
    case 'c':
        wish->config = optarg;
        return true;
    case 'j':
        wish->as_json = true;
        return true;
    default:
        return false;
    }
}

static bool
read_wish(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {
        {"daily-limit", required_argument, NULL, 'd'},
        {"monthly-limit", required_argument, NULL, 'm'},
        {"limits", required_argument, NULL, 'l'},
        {"no-limits", no_argument, NULL, 'n'},
        {"no-quota", no_argument, NULL, 'q'},
        {"rights", required_argument, NULL, 'r'},
        {"expires", required_argument, NULL, 'e'},
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(option, wish))
            return false;
    if (optind != argc - 1)
        return false;
    wish->name = argv[optind];
    return api_key_name_is_valid(wish->name) &&
           json_object_set_new(wish->body, "key_name", json_string(wish->name)) == 0;
}

/* 0 where the body says "none", usual where it says nothing. */
static int64_t
limit_of(const json_t *body, const char *member, int64_t usual)
{
    const json_t *value = json_object_get(body, member);

    return value == NULL ? usual : json_integer_value(value);
}

/* False: said on stderr. */
static bool
fill_row(const struct config *config, const json_t *body, struct key_row *row)
{
    const char *expires = json_string_value(json_object_get(body, "expires_at"));
    const char *right = json_string_value(json_array_get(json_object_get(body, "rights"), 0));
    char *limits = json_dumps(json_object_get(body, "limits"), JSON_COMPACT);
    char why[160] = "";
    bool is_valid = limits == NULL || gateway_check_limits(config, limits, why, sizeof why);

    row->is_active = true;
    row->daily_limit = limit_of(body, "daily_limit", config->limits.daily_limit);
    row->monthly_limit = limit_of(body, "monthly_limit", config->limits.monthly_limit);
    is_valid = is_valid &&
               bytes_copy_text(bytes_of_text(limits), row->limits, sizeof row->limits) &&
               bytes_copy_text(bytes_of_text(right), row->rights, sizeof row->rights) &&
               (expires == NULL || clock_parse_wall_us(expires, &row->expires_wall_us));
    if (!is_valid)
        fprintf(stderr, "rentcache create-key: a limit, right or expiry is not valid %s\n", why);
    free(limits);
    return is_valid &&
           bytes_copy_text(bytes_of_text(json_string_value(json_object_get(body, "key_name"))),
                           row->key_name, sizeof row->key_name);
}

static json_t *
row_as_json(const struct key_row *row, const char *key)
{
    return json_pack("{s:I, s:s, s:s}", "id", (json_int_t)row->id, "key_name", row->key_name,
                     "api_key", key);
}

static enum status
insert(struct accounts *accounts, struct key_row *row)
{
    enum status status = accounts_begin(accounts);

    if (status == STATUS_OK)
        status = key_create(accounts, row, clock_wall_us());
    if (status == STATUS_OK)
        return accounts_commit(accounts);
    accounts_rollback(accounts);
    return status;
}

static json_t *
create_in_database(const struct config *config, const json_t *body)
{
    struct key_row row = {0};
    struct accounts *accounts = NULL;
    uint8_t entropy[40];
    char key[API_KEY_SIZE];
    json_t *answer = NULL;
    enum status status;

    if (!fill_row(config, body, &row) ||
        getrandom(entropy, sizeof entropy, 0) != (ssize_t)sizeof entropy)
        return NULL;
    api_key_mint(entropy, key);
    api_key_hash_hex(bytes_of_text(key), row.key_hash);
    status = accounts_open(config, STORAGE_READ_WRITE, &accounts);
    if (status == STATUS_OK)
        status = insert(accounts, &row);
    if (status == STATUS_OK)
        answer = row_as_json(&row, key);
    else
        fprintf(stderr, "rentcache create-key: %s\n",
                status == STATUS_CONFLICT ? "API key name already exists" : status_title(status));
    accounts_close(&accounts);
    OPENSSL_cleanse(key, sizeof key);
    return answer;
}

static json_t *
create_without_server(const struct config *config, const json_t *body)
{
    json_t *answer;
    int lock;

    if (data_dir_prepare(config) != STATUS_OK)
        return NULL;
    lock = data_dir_lock(config, "analytics", true);
    if (lock < 0) {
        fputs("rentcache create-key: a server has the data folder, but its admin listener does not "
              "answer\n",
              stderr);
        return NULL;
    }
    answer = create_in_database(config, body);
    close(lock);
    return answer;
}

static json_t *
create(const struct config *config, const json_t *body)
{
    json_t *answer = NULL;
    int http_status = 0;
    enum status status = admin_client_call(config, "/admin/api-keys", body, &http_status, &answer);

    if (status == STATUS_UNAVAILABLE)
        return create_without_server(config, body);
    if (status == STATUS_OK && http_status == 201)
        return answer;
    admin_client_complain("create-key", http_status, answer);
    json_decref(answer);
    return NULL;
}

static void
print(const json_t *answer, bool as_json)
{
    if (as_json) {
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
        return;
    }
    printf("%s\n\nThis is the key of \"%s\". It is shown this once and stored nowhere.\n",
           json_string_value(json_object_get(answer, "api_key")),
           json_string_value(json_object_get(answer, "key_name")));
}

static int
run(int argc, char **argv)
{
    struct wish wish = {.body = json_object()};
    struct config *config = NULL;
    json_t *answer = NULL;

    if (!read_wish(argc, argv, &wish)) {
        json_decref(wish.body);
        return command_wrong(
            &command_create_key,
            "a name of 1 to 100 letters, digits, '_' or '-' and valid options are expected");
    }
    config = command_config(wish.config);
    if (config != NULL)
        answer = create(config, wish.body);
    if (answer != NULL)
        print(answer, wish.as_json);
    json_decref(wish.body);
    config_destroy(&config);
    if (answer == NULL)
        return EXIT_FAILED;
    json_decref(answer);
    return EXIT_OK;
}

const struct command command_create_key = {
    .name = "create-key",
    .usage = "NAME [--daily-limit N|none] [--monthly-limit N|none] [--limits JSON] [--no-limits] "
             "[--no-quota] "
             "[--rights extend_ttl] [--expires DATE] [--json] [--config FILE]",
    .summary = "make a client key and show it this once",
    .example = "rentcache create-key my_app --daily-limit 1000 --limits '{\"properties\": "
               "\"100/minute\"}'",
    .run = run,
};
