/* admin_request.c - queries, refusals and replies of admin routes. */
#include "admin/admin_request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/client.h"
#include "response/response.h"
#include "routing/query_decode.h"

#define ADMIN_TIMEOUT_MS 10000
#define PURGE_TIMEOUT_MS 15000 /* every gateway confirms it */

/* 0.045 is not 0.044999999999999984 */
#define DUMP_FLAGS (JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))

void
admin_refuse_member(struct exchange *exchange, const char *name, const char *type,
                    const char *message)
{
    json_t *list =
        json_pack("[{s:s, s:[s, s], s:s}]", "type", type, "loc", "body", name, "msg", message);
    char *text = json_dumps(list, JSON_ENSURE_ASCII);
    struct problem problem = {
        .status = STATUS_INVALID_PARAMETER,
        .detail_json = bytes_of_text(text),
        .retry_after_s = -1,
    };

    response_problem_with(exchange, &problem);
    free(text);
    json_decref(list);
}

static enum message_kind
reply_kind(enum message_kind request)
{
    switch (request) {
    case MSG_CACHE_PURGE:
        return MSG_PURGE_REPLY;
    case MSG_CACHE_REPORT_GET:
        return MSG_CACHE_REPORT;
    case MSG_UPSTREAM_CONTROL:
        return MSG_UPSTREAM_CONTROLLED;
    default:
        return MSG_REPORT_REPLY;
    }
}

enum status
admin_ask(struct exchange *exchange, enum actor_id actor, struct message *request,
          struct message *reply)
{
    int64_t timeout_ms = request->kind == MSG_CACHE_PURGE ? PURGE_TIMEOUT_MS : ADMIN_TIMEOUT_MS;
    enum status status;

    request->request_id = bytes_of_text(exchange->request_id);
    status = worker_ask(exchange->worker, actor, request, timeout_ms, reply);
    if (status != STATUS_OK)
        return status;
    return reply->kind == reply_kind(request->kind) ? reply->status : STATUS_MALFORMED;
}

enum status
admin_relay(struct exchange *exchange, enum actor_id actor, struct message *request)
{
    struct message reply;
    enum status status = admin_ask(exchange, actor, request, &reply);

    if (status == STATUS_OK)
        response_json(exchange, 200, blob_bytes(reply.body));
    else
        response_problem(exchange, status,
                         status == STATUS_NOT_FOUND ? "no API key has this id or name" : NULL);
    worker_done(exchange->worker, actor);
    return status;
}

void
admin_log_change(struct exchange *exchange, const char *message, int64_t key_id, const char *name,
                 const char *value)
{
    const struct address *client = client_address(exchange);
    char address[INET6_ADDRSTRLEN] = "";
    struct log_field fields[3] = {log_text(name, value)};
    size_t count = 1;

    if (key_id != 0)
        fields[count++] = log_number("key_id", key_id);
    if (client->family != 0)
        fields[count++] = log_text("client", inet_ntop(client->family == 4 ? AF_INET : AF_INET6,
                                                       client->bytes, address, sizeof address));
    log_event(LOG_INFO, message, fields, count);
}

void
admin_send_json(struct exchange *exchange, int http_status, json_t *object)
{
    char *text = object != NULL ? json_dumps(object, DUMP_FLAGS) : NULL;

    if (text == NULL) {
        response_problem(exchange, STATUS_INTERNAL, NULL);
    } else {
        response_json(exchange, http_status, bytes_of_text(text));
        OPENSSL_cleanse(text, strlen(text)); /* it may hold a new key */
    }
    free(text);
    json_decref(object);
}

struct bytes
admin_query_value(const struct exchange *exchange, const char *name)
{
    struct bytes query = bytes_of_text(exchange->request->query);
    struct bytes found, value;

    while (query_next(&query, &found, &value))
        if (value.size > 0 && bytes_equal_text(found, name))
            return value;
    return (struct bytes){0};
}

bool
admin_query_int(struct exchange *exchange, const char *name, int64_t otherwise, int64_t least,
                int64_t most, int64_t *value)
{
    struct bytes text = admin_query_value(exchange, name);
    char detail[96];

    *value = otherwise;
    if (text.size == 0 || (bytes_read_number(text, value) && *value >= least && *value <= most))
        return true;
    if (most == INT64_MAX)
        snprintf(detail, sizeof detail, "%s: expected a whole number from %lld", name,
                 (long long)least);
    else
        snprintf(detail, sizeof detail, "%s: expected a whole number from %lld to %lld", name,
                 (long long)least, (long long)most);
    response_problem(exchange, STATUS_INVALID_PARAMETER, detail);
    return false;
}

struct bytes
admin_query_name(const struct exchange *exchange, const char *name)
{
    struct bytes text = admin_query_value(exchange, name);

    for (size_t i = 0; i < text.size; i++)
        if (!isalnum(text.data[i]) && text.data[i] != '_' && text.data[i] != '-')
            return (struct bytes){0};
    return text;
}

bool
admin_query_is_name(struct exchange *exchange, const char *name)
{
    char detail[96];

    if (admin_query_value(exchange, name).size == 0 || admin_query_name(exchange, name).size > 0)
        return true;
    snprintf(detail, sizeof detail, "%s: expected letters, digits, '_' or '-'", name);
    response_problem(exchange, STATUS_INVALID_PARAMETER, detail);
    return false;
}

bool
admin_query_endpoint(struct exchange *exchange, struct bytes *endpoint)
{
    const struct config *config = exchange->worker->gateway->config;
    struct bytes text = admin_query_value(exchange, "endpoint");
    char why[512];

    *endpoint = admin_query_name(exchange, "endpoint");
    if (text.size == 0 || config_has_endpoint(config, *endpoint))
        return true;
    config_explain_endpoint(config, *endpoint, why, sizeof why);
    response_problem(exchange, STATUS_INVALID_PARAMETER, why);
    return false;
}

int64_t
admin_path_id(const struct exchange *exchange)
{
    struct bytes path = bytes_of_text(exchange->request->path);
    int64_t id = 0;

    while (path.size > 0 && id == 0)
        (void)bytes_read_number(bytes_take_until(&path, '/'), &id);
    return id;
}

struct bytes
admin_path_name(const struct exchange *exchange)
{
    struct bytes rest = bytes_of_text(exchange->request->path), segment = {0};

    for (int i = 0; i < 4; i++) /* the first is empty */
        segment = bytes_take_until(&rest, '/');
    return segment;
}
