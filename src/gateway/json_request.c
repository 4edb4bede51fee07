/* json_request.c - what counts as JSON, and parsing it strictly, bounded in depth. */
#include "json_request.h"

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
    if (!is_json_type(exchange->request)) {
        response_problem(exchange, STATUS_MEDIA_TYPE, "expected Content-Type: application/json");
        return NULL;
    }
    return admits_coding(exchange) ? json_request_parse(exchange, exchange->request->body) : NULL;
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
