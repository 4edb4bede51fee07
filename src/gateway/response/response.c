/* response.c - rendering responses without printf, and sending them in one write. */
#include "response/response.h"

#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"
#include "usage/access_log.h"
#include "usage/usage.h"

struct phrase {
    int http_status;
    const char *text;
};

static const struct phrase phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"}, /* of logs and counts: nobody reads it */
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *
response_reason_phrase(int http_status)
{
    for (size_t i = 0; i < COUNT(phrases); i++)
        if (phrases[i].http_status == http_status)
            return phrases[i].text;
    return "Status";
}

static void
add_status_line(struct text *text, int http_status)
{
    if (http_status == 200) {
        text_add(text, "HTTP/1.1 200 OK\r\n");
        return;
    }
    text_add(text, "HTTP/1.1 ");
    text_add_int(text, http_status);
    text_add(text, " ");
    text_add(text, response_reason_phrase(http_status));
    text_add(text, "\r\n");
}

static void
add_cache_detail(struct text *text, const struct response *response)
{
    bool is_two = response->cache_cause != NULL && response->cache_cause[0] != '\0';

    text_add(text, is_two ? "; detail=\"" : "; detail=");
    text_add(text, response->cache_detail);
    if (!is_two)
        return;
    text_add(text, " ");
    text_add(text, response->cache_cause);
    text_add(text, "\"");
}

/* RFC 9211. */
static void
add_cache_status(struct text *text, const struct response *response)
{
    text_add(text, "Cache-Status: RentCache; ");
    text_add(text, response->cache_status);
    if (response->cache_outcome != NULL) {
        text_add(text, "; ");
        text_add(text, response->cache_outcome);
    }
    if (response->ttl_s >= 0) {
        text_add(text, "; ttl=");
        text_add_int(text, response->ttl_s);
    }
    if (response->cache_detail != NULL && response->cache_detail[0] != '\0')
        add_cache_detail(text, response);
    text_add(text, "\r\n");
}

static void
add_line(struct text *text, const char *name, const char *value)
{
    text_add(text, name);
    text_add(text, value);
    text_add(text, "\r\n");
}

static void
add_number_line(struct text *text, const char *name, int64_t value)
{
    text_add(text, name);
    text_add_int(text, value);
    text_add(text, "\r\n");
}

static void
add_proxy_headers(struct text *text, const struct response *response)
{
    if (response->cache_hit != NULL)
        add_line(text, "X-Cache-Hit: ", response->cache_hit);
    if (response->cache_level != NULL && response->cache_level[0] != '\0')
        add_line(text, "X-Cache-Level: ", response->cache_level);
    if (response->is_stale)
        text_add(text, "X-Cache-Stale: true\r\n");
    if (response->age_s >= 0)
        add_number_line(text, "Age: ", response->age_s);
    if (response->cache_status != NULL)
        add_cache_status(text, response);
    if (response->cost_micro_usd >= 0) {
        text_add(text, "X-Estimated-Cost: ");
        text_add_usd(text, response->cost_micro_usd);
        text_add(text, "\r\n");
    }
    if (response->retry_after_s >= 0)
        add_number_line(text, "Retry-After: ", response->retry_after_s);
}

static void
add_common_headers(struct text *text, const struct exchange *exchange)
{
    const struct common_headers *headers = exchange->worker->headers;

    text_add_bytes(text, common_headers_bytes(headers));
    if (headers->names_origins && exchange->request != NULL)
        cors_write_allowed(&headers->cors, request_header(exchange->request, "Origin", NULL), text);
}

static void
add_ignored(struct text *text, struct bytes names)
{
    text_add(text, "X-Ignored-Parameters: ");
    text_add_bytes(text, names);
    text_add(text, "\r\n");
}

static void
add_pace(struct text *text, const struct exchange *exchange)
{
    add_number_line(text, "X-RateLimit-Limit: ", exchange->rate_limit);
    add_number_line(text, "X-RateLimit-Remaining: ", exchange->rate_remaining);
    add_number_line(text, "X-RateLimit-Reset: ", (exchange->rate_reset_ms + 999) / 1000);
}

static void
render_head(struct exchange *exchange, const struct response *response, struct text *text)
{
    add_status_line(text, response->http_status);
    text_add(text, worker_date(exchange->worker));
    add_common_headers(text, exchange);
    text_add_bytes(text, response->head);
    if (!response->has_length)
        add_number_line(text, "Content-Length: ", (int64_t)response->body.size);
    add_proxy_headers(text, response);
    if (exchange->rate_limit > 0)
        add_pace(text, exchange);
    if (exchange->ignored.size > 0)
        add_ignored(text, exchange->ignored);
    text_add(text, "X-Response-Time-MS: ");
    text_add_ms(text, exchange_elapsed_us(exchange));
    text_add(text, "\r\nX-Request-ID: ");
    text_add(text, exchange->request_id);
    text_add(text, "\r\n");
    if (connection_will_close(exchange->connection, exchange->request))
        text_add(text, "Connection: close\r\n");
    text_add(text, "\r\n");
}

void
response_send(struct exchange *exchange, const struct response *response)
{
    struct text text = text_of(exchange->worker->response, WORKER_RESPONSE_BYTES);
    struct bytes rest = exchange->is_head ? (struct bytes){0} : response->body;
    bool is_sent;

    usage_commit(exchange, response->http_status);
    render_head(exchange, response, &text);
    if (text.is_cut) { /* heads are bounded at their source; this would be a bug of ours */
        log_error("the head of a response does not fit into its buffer");
        connection_close_after(exchange->connection);
        return;
    }
    if (rest.size <= text.capacity - text.size) {
        text_add_bytes(&text, rest);
        rest.size = 0;
    }
    is_sent = connection_write(exchange->connection, text.data, text.size) &&
              (rest.size == 0 || connection_write(exchange->connection, rest.data, rest.size));
    if (!is_sent)
        metric_add(METRIC_CLIENT_ABORTS, 1);
    access_log_add(exchange, response->http_status, response->ttl_s,
                   exchange->is_head ? 0 : response->body.size);
}

static bool
is_not_modified(const struct exchange *exchange, const struct content *content,
                const struct variant *variant)
{
    return negotiation_is_conditional(&exchange->negotiation) &&
           negotiation_is_not_modified(&exchange->negotiation, variant_tag(variant),
                                       content->last_modified_s, clock_wall_coarse_ms() / 1000);
}

/* The encoding first, then the conditions on that encoding's tag. */
void
response_fill_stored(struct response *response, const struct exchange *exchange,
                     const struct content *content, const struct variant *gzip, int http_status)
{
    const struct variant *variant = &content->plain;

    if (exchange->negotiation.takes_gzip && gzip != NULL && variant_is_made(gzip))
        variant = gzip;
    response->http_status = http_status;
    response->has_length = true;
    response->head = variant->head;
    response->body = variant->body;
    if (is_not_modified(exchange, content, variant)) {
        response->http_status = 304;
        response->head.size = variant->not_modified_size;
        response->body = bytes_of(NULL, 0);
    }
}

void
response_json(struct exchange *exchange, int http_status, struct bytes body)
{
    struct response response = response_of(http_status);

    response.head = bytes_of_text("Content-Type: application/json\r\nCache-Control: no-store\r\n");
    response.body = body;
    response_send(exchange, &response);
}
