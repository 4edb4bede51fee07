/* admin_keys.c - keys made, shown, changed and deleted through analytics; the secret itself never leaves this
 * process but to its asker. */
#include "admin/admin.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "admin/admin_request.h"
#include "json_request.h"
#include "key_request.h"
#include "response/response.h"

#define KEY_LIST_MOST        1000
#define KEY_LIST_USUAL       100
#define IDEMPOTENCY_KEY_MOST 255

static void
refuse_member(struct exchange *exchange, const struct key_request_problem *problem)
{
    admin_refuse_member(exchange, problem->member, problem->type, problem->message);
}

/* The row as analytics made it, and the key, this once. key NULL: the customer has it already. */
static void
send_created(struct exchange *exchange, struct bytes row, const char *key)
{
    json_t *object = json_loadb((const char *)row.data, row.size, 0, NULL);

    if (!json_is_true(json_object_get(object, "is_replay")))
        admin_log_change(exchange, "key created", json_integer_value(json_object_get(object, "id")),
                         "key_name", json_string_value(json_object_get(object, "key_name")));
    if (key != NULL && !json_is_true(json_object_get(object, "is_replay")))
        json_object_set_new(object, "api_key", json_string(key));
    admin_send_json(exchange, 201, object);
}

static void
ask_creation(struct exchange *exchange, struct message *request, const char *key)
{
    struct problem conflict = {
        .status = STATUS_CONFLICT,
        .http_status = 400, /* what clients of the original expect */
        .detail =
            key != NULL ? "API key name already exists" : "API key name or key already exists",
        .retry_after_s = -1,
    };
    struct message reply;
    enum status status = admin_ask(exchange, ACTOR_ANALYTICS, request, &reply);

    if (status == STATUS_OK)
        send_created(exchange, blob_bytes(reply.body), key);
    else if (status == STATUS_INVALID_PARAMETER)
        response_problem(exchange, status,
                         "this Idempotency-Key was already used with another body");
    else if (status == STATUS_CONFLICT)
        response_problem_with(exchange, &conflict);
    else
        response_problem(exchange, status, NULL);
    worker_done(exchange->worker, ACTOR_ANALYTICS);
}

/* What tells a repeated request: the hash of its Idempotency-Key, and of its body. */
struct repetition {
    char key_hash[API_KEY_HEX_SIZE];
    char body_hash[API_KEY_HEX_SIZE];
};

/* False: refused and answered. Empty hashes: there is no Idempotency-Key. */
static bool
read_repetition(struct exchange *exchange, const json_t *body, struct repetition *repetition)
{
    size_t count;
    const char *key = request_header(exchange->request, "Idempotency-Key", &count);
    char *text;

    *repetition = (struct repetition){.key_hash = ""};
    if (count == 0)
        return true;
    if (count > 1 || key[0] == '\0' || strlen(key) > IDEMPOTENCY_KEY_MOST) {
        response_problem(exchange, STATUS_BAD_REQUEST,
                         "expected one Idempotency-Key header of 1 to 255 characters");
        return false;
    }
    text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
    api_key_hash_hex(bytes_of_text(key), repetition->key_hash);
    api_key_hash_hex(bytes_of_text(text), repetition->body_hash);
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
    return true;
}

static void
create_key(struct exchange *exchange, const struct key_request *wanted,
           const struct repetition *repetition)
{
    char key[API_KEY_SIZE] = "", hash[API_KEY_HEX_SIZE] = "";
    bool is_own = wanted->own_hash[0] != '\0';
    struct message request = {.kind = MSG_KEY_CREATE};

    if (!is_own && !key_request_mint(key, hash)) {
        response_problem(exchange, STATUS_INTERNAL, NULL);
        return;
    }
    request.u.KEY_CREATE = key_request_as_create(wanted, is_own ? wanted->own_hash : hash);
    request.u.KEY_CREATE.idempotency_hash = bytes_of_text(repetition->key_hash);
    request.u.KEY_CREATE.body_hash = bytes_of_text(repetition->body_hash);
    ask_creation(exchange, &request, is_own ? NULL : key);
    OPENSSL_cleanse(key, sizeof key);
}

void
admin_keys_create(struct exchange *exchange)
{
    struct key_request wanted;
    struct key_request_problem problem;
    struct repetition repetition;
    json_t *object = json_request_read_object(exchange);

    if (object == NULL)
        return;
    if (read_repetition(exchange, object, &repetition)) {
        if (key_request_of_creation(exchange->worker->gateway->config, object, &wanted, &problem))
            create_key(exchange, &wanted, &repetition);
        else
            refuse_member(exchange, &problem);
    }
    json_decref(object);
}

void
admin_keys_list(struct exchange *exchange)
{
    struct message request = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text("keys"),
                                               .key_name = admin_query_name(exchange, "name")}};

    if (admin_query_is_name(exchange, "name") &&
        admin_query_int(exchange, "limit", KEY_LIST_USUAL, 1, KEY_LIST_MOST,
                        &request.u.REPORT_GET.limit) &&
        admin_query_int(exchange, "after", 0, 0, INT64_MAX, &request.u.REPORT_GET.after_id))
        admin_relay(exchange, ACTOR_ANALYTICS, &request);
}

void
admin_keys_show(struct exchange *exchange)
{
    struct message request = {
        .kind = MSG_REPORT_GET,
        .u.REPORT_GET = {.report = bytes_of_text("key"), .api_key_id = admin_path_id(exchange)}};

    admin_relay(exchange, ACTOR_ANALYTICS, &request);
}

/* Which members were given; what they are now stands in the database. */
static void
log_update(struct exchange *exchange, json_t *object)
{
    char names[256];
    struct text text = text_of(names, sizeof names - 1);
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        (void)value;
        text_add(&text, text.size > 0 ? ", " : "");
        text_add(&text, name);
    }
    names[text.size] = '\0';
    admin_log_change(exchange, "key changed", admin_path_id(exchange), "members", names);
}

void
admin_keys_update(struct exchange *exchange)
{
    struct key_request wanted;
    struct key_request_problem problem;
    struct message request = {.kind = MSG_KEY_UPDATE};
    json_t *object = json_request_read_object(exchange);

    if (object == NULL)
        return;
    if (key_request_of_update(exchange->worker->gateway->config, object, &wanted, &problem)) {
        request.u.KEY_UPDATE = key_request_as_update(&wanted, admin_path_id(exchange));
        if (admin_relay(exchange, ACTOR_ANALYTICS, &request) == STATUS_OK)
            log_update(exchange, object);
    } else {
        refuse_member(exchange, &problem);
    }
    json_decref(object);
}

static void
rotate_key(struct exchange *exchange, int64_t overlap_s)
{
    char key[API_KEY_SIZE] = "", hash[API_KEY_HEX_SIZE] = "";
    struct message request = {.kind = MSG_KEY_ROTATE}, reply;
    enum status status = STATUS_INTERNAL;
    json_t *object;

    if (key_request_mint(key, hash)) {
        request.u.KEY_ROTATE = key_request_as_rotate(admin_path_id(exchange), hash, overlap_s);
        status = admin_ask(exchange, ACTOR_ANALYTICS, &request, &reply);
    }
    if (status == STATUS_OK) {
        struct bytes row = blob_bytes(reply.body);

        object = json_loadb((const char *)row.data, row.size, 0, NULL);
        json_object_set_new(object, "api_key", json_string(key));
        admin_send_json(exchange, 200, object);
    } else {
        response_problem(exchange, status,
                         status == STATUS_CONFLICT ? KEY_REQUEST_ROTATES_ALREADY : NULL);
    }
    worker_done(exchange->worker, ACTOR_ANALYTICS);
    OPENSSL_cleanse(key, sizeof key);
}

void
admin_keys_rotate(struct exchange *exchange)
{
    struct key_request_problem problem;
    int64_t overlap_s;
    json_t *object = json_request_read_object(exchange);

    if (object == NULL)
        return;
    if (key_request_of_rotation(object, &overlap_s, &problem))
        rotate_key(exchange, overlap_s);
    else
        refuse_member(exchange, &problem);
    json_decref(object);
}

void
admin_keys_delete(struct exchange *exchange)
{
    struct message request = {.kind = MSG_KEY_DELETE,
                              .u.KEY_DELETE = {.api_key_id = admin_path_id(exchange)}};

    if (admin_relay(exchange, ACTOR_ANALYTICS, &request) == STATUS_OK)
        admin_log_change(exchange, "key deleted", admin_path_id(exchange), "key_name", NULL);
}
