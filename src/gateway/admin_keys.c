/* admin_keys.c - keys made and listed through analytics; the secret itself never leaves this
 * process but to its asker. */
#include "admin_keys.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/random.h>

#include "admin_request.h"
#include "answer.h"
#include "api_key.h"
#include "clock.h"

#define KEY_LIMIT_MOST 1000000000
#define KEY_LIST_MOST  1000
#define KEY_LIST_USUAL 100
#define ADMIN_WAIT_MS  10000

/* What the body asks for, checked; texts borrow from the JSON or are owned as said. */
struct key_wish {
    const char *name;
    int64_t daily_limit, monthly_limit; /* 0: none */
    int64_t expires_wall_ms;
    char *limits; /* owned JSON text, or NULL */
    char rights[64];
};

/* A number, or "none" for no limit; absent: usual. */
static bool
read_limit(const json_t *value, int64_t usual, int64_t *limit)
{
    *limit = usual;
    if (value == NULL || json_is_null(value))
        return true;
    *limit = 0;
    if (json_is_string(value))
        return strcmp(json_string_value(value), "none") == 0;
    *limit = json_integer_value(value);
    return json_is_integer(value) && *limit >= 1 && *limit <= KEY_LIMIT_MOST;
}

static bool
read_expiry(const json_t *value, int64_t *expires_wall_ms)
{
    int64_t wall_us = 0;

    *expires_wall_ms = 0;
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value) || !clock_parse_wall_us(json_string_value(value), &wall_us))
        return false;
    *expires_wall_ms = wall_us / 1000;
    return *expires_wall_ms > 0;
}

/* The rights that exist, comma-separated. */
static bool
read_rights(const json_t *value, char *rights, size_t size)
{
    rights[0] = '\0';
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *right = json_string_value(json_array_get(value, i));

        if (right == NULL || strcmp(right, "extend_ttl") != 0)
            return false;
        bytes_copy_text(bytes_of_text(right), rights, size);
    }
    return true;
}

static bool
read_limits(const struct gateway *gateway, const json_t *value, char **limits, char *why,
            size_t why_size)
{
    size_t count = route_table_limit_count(gateway->routes);
    struct rate global;
    struct rate *rates;
    bool is_valid;

    if (value == NULL || json_is_null(value))
        return true;
    *limits = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    rates = calloc(count + 1, sizeof *rates);
    is_valid = *limits != NULL && rates != NULL &&
               key_limits_parse(bytes_of_text(*limits), route_table_limit_names(gateway->routes),
                                count, &global, rates, why, why_size);
    free(rates);
    return is_valid;
}

/* False: refused and answered. */
static bool
read_wish(struct exchange *exchange, const json_t *object, struct key_wish *wish)
{
    const struct gateway *gateway = exchange->worker->gateway;
    char why[160] = "an object of name to \"N/unit\" or \"none\" is expected";

    wish->name = json_string_value(json_object_get(object, "key_name"));
    if (!api_key_name_is_valid(wish->name))
        admin_refuse_member(exchange, "key_name", "string_pattern_mismatch",
                            "1 to 100 letters, digits, '_' or '-' are expected");
    else if (!read_limit(json_object_get(object, "daily_limit"),
                         gateway->config->limits.daily_limit, &wish->daily_limit))
        admin_refuse_member(exchange, "daily_limit", "int_type", "a number from 1, or \"none\"");
    else if (!read_limit(json_object_get(object, "monthly_limit"),
                         gateway->config->limits.monthly_limit, &wish->monthly_limit))
        admin_refuse_member(exchange, "monthly_limit", "int_type", "a number from 1, or \"none\"");
    else if (!read_expiry(json_object_get(object, "expires_at"), &wish->expires_wall_ms))
        admin_refuse_member(exchange, "expires_at", "datetime_parsing",
                            "an ISO 8601 time is expected");
    else if (!read_rights(json_object_get(object, "rights"), wish->rights, sizeof wish->rights))
        admin_refuse_member(exchange, "rights", "enum", "a list of: extend_ttl");
    else if (!read_limits(gateway, json_object_get(object, "limits"), &wish->limits, why,
                          sizeof why))
        admin_refuse_member(exchange, "limits", "value_error", why);
    else
        return true;
    return false;
}

/* The row as analytics made it, and the key, this once. */
static void
answer_created(struct exchange *exchange, struct bytes row, const char *key)
{
    json_t *object = json_loadb((const char *)row.data, row.size, 0, NULL);
    char *text;

    json_object_set_new(object, "api_key", json_string(key));
    text = json_dumps(object, JSON_ENSURE_ASCII);
    if (text == NULL)
        answer_problem(exchange, STATUS_INTERNAL, NULL);
    else
        answer_json(exchange, 201, bytes_of_text(text));
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
    json_decref(object);
}

static void
ask_creation(struct exchange *exchange, struct message *request, const char *key)
{
    struct problem conflict = {
        .status = STATUS_CONFLICT,
        .http_status = 400, /* what clients of the original expect */
        .detail = "API key name already exists",
        .retry_after_s = -1,
    };
    struct message reply;
    enum status status =
        worker_ask(exchange->worker, ACTOR_ANALYTICS, request, ADMIN_WAIT_MS, &reply);

    if (status == STATUS_OK)
        status = reply.kind == MSG_REPORT_REPLY && status_is_known(reply.u.REPORT_REPLY.status)
                     ? (enum status)reply.u.REPORT_REPLY.status
                     : STATUS_MALFORMED;
    if (status == STATUS_OK)
        answer_created(exchange, blob_bytes(reply.body), key);
    else if (status == STATUS_CONFLICT)
        answer_problem_with(exchange, &conflict);
    else
        answer_problem(exchange, status, NULL);
    worker_done(exchange->worker, ACTOR_ANALYTICS);
}

static void
create_key(struct exchange *exchange, const struct key_wish *wish)
{
    uint8_t entropy[40];
    char key[API_KEY_SIZE], hash[API_KEY_HEX_SIZE];
    struct message request = {.kind = MSG_KEY_CREATE,
                              .request_id = bytes_of_text(exchange->request_id)};

    if (getrandom(entropy, sizeof entropy, 0) != (ssize_t)sizeof entropy) {
        answer_problem(exchange, STATUS_INTERNAL, NULL);
        return;
    }
    api_key_mint(entropy, key);
    api_key_hash_hex(bytes_of_text(key), hash);
    request.u.KEY_CREATE = (struct key_create){
        .key_name = bytes_of_text(wish->name),
        .key_hash = bytes_of_text(hash),
        .daily_limit = wish->daily_limit,
        .monthly_limit = wish->monthly_limit,
        .expires_wall_ms = wish->expires_wall_ms,
        .limits = bytes_of_text(wish->limits),
        .rights = bytes_of_text(wish->rights),
    };
    ask_creation(exchange, &request, key);
    OPENSSL_cleanse(entropy, sizeof entropy);
    OPENSSL_cleanse(key, sizeof key);
}

void
admin_keys_create(struct exchange *exchange)
{
    struct key_wish wish = {0};
    json_t *object = admin_read_object(exchange);

    if (object == NULL)
        return;
    if (read_wish(exchange, object, &wish))
        create_key(exchange, &wish);
    free(wish.limits);
    json_decref(object);
}

void
admin_keys_list(struct exchange *exchange)
{
    struct message request = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text("keys")}};

    if (admin_query_int(exchange, "limit", KEY_LIST_USUAL, 1, KEY_LIST_MOST,
                        &request.u.REPORT_GET.limit) &&
        admin_query_int(exchange, "after", 0, 0, INT64_MAX, &request.u.REPORT_GET.after_id))
        admin_relay(exchange, ACTOR_ANALYTICS, &request);
}
