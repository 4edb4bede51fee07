/* problem.c - errors of ours as application/problem+json (RFC 9457), with the texts that clients of
 * the original read. */
#include "response/response.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define PROBLEM_HEAD_SIZE   512
#define PROBLEM_DETAIL_SIZE 8192
#define PROBLEM_BODY_SIZE   32768

/* Each byte that is no UTF-8 becomes U+FFFD. NULL: no memory. */
static json_t *
text_as_replaced_json(const char *text, size_t size)
{
    static const char replacement[] = {'\xef', '\xbf', '\xbd'};
    char *replaced = malloc(sizeof replacement * size + 1);
    size_t to = 0;
    json_t *value;

    for (size_t at = 0; replaced != NULL && at < size;) {
        uint32_t code;
        size_t length = utf8_decode(text + at, size - at, &code);

        if (length > 0)
            memcpy(replaced + to, text + at, length);
        else
            memcpy(replaced + to, replacement, sizeof replacement);
        to += length > 0 ? length : sizeof replacement;
        at += length > 0 ? length : 1;
    }
    value = replaced != NULL ? json_stringn(replaced, to) : NULL;
    free(replaced);
    return value;
}

/* The last character may have been cut through on the way here: it is left out. NULL: no memory. */
static json_t *
text_as_json(const char *text, size_t size)
{
    json_t *value = json_stringn(text, size);

    for (size_t cut = 1; value == NULL && cut <= 3 && cut <= size; cut++)
        value = json_stringn(text, size - cut);
    return value != NULL ? value : text_as_replaced_json(text, size);
}

/* A text as a JSON string, at most PROBLEM_DETAIL_SIZE bytes of it. */
static void
add_json_text(struct text *body, const char *detail)
{
    json_t *value = text_as_json(detail, strnlen(detail, PROBLEM_DETAIL_SIZE));
    char *json = value != NULL ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

    text_add(body, json != NULL ? json : "\"\"");
    free(json);
    json_decref(value);
}

void
problem_add_members(struct text *body, const struct problem *problem, int http_status)
{
    text_add(body, "\"title\": \"");
    text_add(body, status_title(problem->status));
    text_add(body, "\", \"status\": ");
    text_add_int(body, http_status);
    text_add(body, ", \"detail\": ");
    if (problem->detail_json.size > 0)
        text_add_bytes(body, problem->detail_json);
    else
        add_json_text(body,
                      problem->detail != NULL ? problem->detail : status_title(problem->status));
    text_add_bytes(body, problem->members);
}

/* What only the log says otherwise: for whoever debugs, who sees the log as well. */
static void
add_cause(struct text *body, const struct exchange *exchange)
{
    if (exchange->reason == NULL || !exchange->worker->gateway->config->server.debug)
        return;
    text_add(body, ", \"cause\": ");
    add_json_text(body, exchange->reason);
}

static void
render_body(struct text *body, const struct exchange *exchange, const struct problem *problem,
            int http_status)
{
    text_add(body, "{\"type\": \"urn:rentcache:problem:");
    text_add(body, status_slug(problem->status));
    text_add(body, "\", ");
    problem_add_members(body, problem, http_status);
    add_cause(body, exchange);
    text_add(body, "}\n");
}

static void
render_problem_head(struct text *head, const struct problem *problem)
{
    text_add(head, "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n");
    if (problem->status == STATUS_UNAUTHORIZED)
        text_add(head, "WWW-Authenticate: Bearer\r\n");
    if (problem->head != NULL)
        text_add(head, problem->head);
}

void
response_problem_with(struct exchange *exchange, const struct problem *problem)
{
    char head_buffer[PROBLEM_HEAD_SIZE];
    char *body_buffer = malloc(PROBLEM_BODY_SIZE);
    struct text head = text_of(head_buffer, sizeof head_buffer);
    struct text body = text_of(body_buffer, body_buffer != NULL ? PROBLEM_BODY_SIZE : 0);
    int http_status =
        problem->http_status != 0 ? problem->http_status : status_http(problem->status);
    struct response response = response_of(http_status);

    response.cache_status = problem->cache_status;
    response.cache_detail = problem->cache_detail;
    render_body(&body, exchange, problem, http_status);
    if (exchange->reason == NULL)
        exchange->reason = status_slug(problem->status);
    render_problem_head(&head, problem);
    response.head = text_bytes(&head);
    response.body = text_bytes(&body);
    response.retry_after_s = problem->retry_after_s;
    if (response.retry_after_s < 0 && http_status == 503)
        response.retry_after_s = 1;
    response_send(exchange, &response);
    free(body_buffer);
}

void
response_no_route(struct exchange *exchange)
{
    char detail[256];

    snprintf(detail, sizeof detail, "no route has the path %.200s", exchange->request->path);
    response_problem(exchange, STATUS_NOT_FOUND, detail);
}

void
response_method_not_allowed(struct exchange *exchange, const char *allowed)
{
    char head[96];
    struct text text = text_of(head, sizeof head - 1);
    struct problem problem = {
        .status = STATUS_METHOD_NOT_ALLOWED, .head = head, .retry_after_s = -1};

    text_add(&text, "Allow: ");
    text_add(&text, allowed);
    text_add(&text, "\r\n");
    head[text.size] = '\0';
    response_problem_with(exchange, &problem);
}

void
response_problem(struct exchange *exchange, enum status status, const char *detail)
{
    struct problem problem = {.status = status, .detail = detail, .retry_after_s = -1};

    response_problem_with(exchange, &problem);
}
