/* encode.c - the bytes of an answer: head, body, transfer and content coding. */
#include "operation/encode.h"

#include "common/calendar.h"

#include <assert.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* Whether the parameters after a coding say q=0, in any spelling. */
static bool
is_refused(const char *parameters, size_t length)
{
    const char *end = parameters + length;
    const char *q = memmem(parameters, length, "q=", 2);
    if (q == NULL)
        return false;
    q += 2;
    while (q < end && (*q == '0' || *q == '.'))
        q++;
    return q == end || *q < '1' || *q > '9';
}

bool
encode_accepts_gzip(const char *accept_encoding)
{
    while (accept_encoding != NULL && *accept_encoding != '\0') {
        accept_encoding += strspn(accept_encoding, " \t,");
        size_t length = strcspn(accept_encoding, ",");
        size_t name = strcspn(accept_encoding, ",; \t");
        bool is_gzip = (name == 4 && strncasecmp(accept_encoding, "gzip", 4) == 0) ||
                       (name == 6 && strncasecmp(accept_encoding, "x-gzip", 6) == 0);
        if (is_gzip)
            return !is_refused(accept_encoding + name, length - name);
        accept_encoding += length;
    }
    return false;
}

void
encode_gzip(struct text *body)
{
    z_stream stream = {0};
    int status = deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    assert(status == Z_OK);
    struct text out = {0};
    size_t bound = deflateBound(&stream, body->size);
    text_reserve(&out, bound);
    stream.next_in = (unsigned char *)body->data;
    stream.avail_in = (uInt)body->size;
    stream.next_out = (unsigned char *)out.data;
    stream.avail_out = (uInt)bound;
    status = deflate(&stream, Z_FINISH);
    assert(status == Z_STREAM_END);
    out.size = bound - stream.avail_out;
    deflateEnd(&stream);
    text_fini(body);
    *body = out;
}

bool
encode_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static const char *
encode_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Other";
}

void
encode_head(const struct answer *answer, const struct encode_head *options, struct text *text)
{
    char date[CALENDAR_HTTP_SIZE];
    calendar_format_http(options->date_ms, date);
    text_print(text, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status,
               encode_reason(answer->status), date);
    if (answer->is_paged)
        text_print(text, "X-Limit: %zu\r\nX-Offset: %zu\r\n", answer->limit, answer->offset);
    if (answer->is_counted)
        text_print(text, "X-Total-Count: %zu\r\n", answer->total);
    if (answer->status == 405)
        text_add(text, "Allow: GET\r\n");
    text_add(text, options->extra);
    if (encode_has_body(answer->status)) {
        text_print(text, "Content-Type: %s\r\n", options->content_type);
        if (options->is_gzip)
            text_add(text, "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
        if (options->is_chunked)
            text_add(text, "Transfer-Encoding: chunked\r\n");
        else
            text_print(text, "Content-Length: %zu\r\n", answer->body.size);
    }
    if (options->is_last)
        text_add(text, "Connection: close\r\n");
    else if (options->is_kept)
        text_add(text, "Connection: keep-alive\r\n");
    text_add(text, "\r\n");
}

void
encode_chunk(const char *bytes, size_t size, struct text *text)
{
    text_print(text, "%zx\r\n", size);
    text_append(text, bytes, size);
    text_add(text, "\r\n");
}
