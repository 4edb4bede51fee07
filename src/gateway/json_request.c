/* json_request.c - reading, bounded in size, time and depth, and parsing strictly. */
#include "json_request.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <strings.h>

#include "base/header_lines.h"
#include "base/json_scan.h"
#include "response/response.h"

/* Absent counts as JSON: there is nothing else to send here. */
static bool
is_json_type(const struct request *request)
{
    const char *type = request_header(request, "Content-Type", NULL);

    return type == NULL ||
           bytes_is_name(header_media_type(bytes_of_text(type)), "application/json");
}

/* RFC 9110 15.5.16: what would be taken is said. False: answered. */
static bool
admits_coding(struct exchange *exchange)
{
    static const struct problem coded = {
        .status = STATUS_MEDIA_TYPE,
        .detail = "the body must not be compressed: no Content-Encoding is supported",
        .head = "Accept-Encoding: identity\r\n",
        .retry_after_s = -1,
    };
    const struct request *request = exchange->request;

    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, "Content-Encoding") == 0 &&
            strcasecmp(request->headers[i].value, "identity") != 0) {
            response_problem_with(exchange, &coded);
            return false;
        }
    return true;
}

static json_t *
json_request_parse(struct exchange *exchange, struct bytes body)
{
    json_error_t error;
    json_t *json;

    if (!json_depth_is_within(body, JSON_DEPTH_MOST)) {
        response_problem(exchange, STATUS_BAD_REQUEST, "the body is nested too deeply");
        return NULL;
    }
    json = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        response_problem(exchange, STATUS_BAD_REQUEST, error.text);
    return json;
}

json_t *
json_request_read(struct exchange *exchange)
{
    const struct config *config = exchange->worker->gateway->config;
    size_t capacity = (size_t)config->gateway.max_request_body_bytes, size = 0;
    enum status status = STATUS_NO_MEMORY;
    json_t *json = NULL;
    char *body;

    if (!is_json_type(exchange->request)) {
        response_problem(exchange, STATUS_MEDIA_TYPE, "expected Content-Type: application/json");
        return NULL;
    }
    if (!admits_coding(exchange))
        return NULL;
    body = malloc(capacity + 1);
    if (body != NULL)
        status =
            connection_read_body(exchange->connection, exchange->request, bytes_of(body, capacity),
                                 config->gateway.body_timeout_ms, &size);
    if (status == STATUS_OK)
        json = json_request_parse(exchange, bytes_of(body, size));
    else
        response_problem(exchange, status, NULL);
    if (body != NULL)
        OPENSSL_cleanse(body, size); /* it may hold a customer's key */
    free(body);
    return json;
}

json_t *
json_request_read_object(struct exchange *exchange)
{
    json_t *json = json_request_read(exchange);

    if (json == NULL || json_is_object(json))
        return json;
    response_problem(exchange, STATUS_INVALID_PARAMETER, "the body must be a JSON object");
    json_decref(json);
    return NULL;
}
