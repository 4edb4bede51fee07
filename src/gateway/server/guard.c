/* guard.c - the framing rules, one function each, run in the order of the table at the end. */
#include "server/guard.h"

#include <ctype.h>
#include <strings.h>

#include "base/char_set.h"

#define REFUSE(code, text) ((struct guard_result){.status = STATUS_##code, .reason = (text)})
#define PASS               ((struct guard_result){.status = STATUS_OK, .reason = NULL})

typedef struct guard_result guard_rule(const struct request *request,
                                       const struct guard_limits *limits);

static bool
is_token(const char *text)
{
    return char_set_makes(char_set_token, bytes_of_text(text));
}

static const char *
end_of(const char *text)
{
    return text + strlen(text);
}

static const char *
target_end(const struct request *request)
{
    return end_of(request->query != NULL ? request->query : request->path);
}

/* The library looks for the end of a head from the first byte, but for its beginning behind all white space: with an empty
 * line in between it cuts a head of four bytes and reads one that begins behind it. So a head begins at the first byte,
 * or behind the one empty line that RFC 9112 2.2 has a server overlook; then both ends are the same. */
static struct guard_result
check_start(const struct request *request, const struct guard_limits *limits)
{
    const char *first = (const char *)request->head.data;
    bool is_behind_line = request->head.size > 2 && first[0] == '\r' && first[1] == '\n' &&
                          request->method == first + 2;

    (void)limits;
    if (request->head.size == 0 || (request->method != first && !is_behind_line))
        return REFUSE(BAD_REQUEST, "the request line must come first");
    return PASS;
}

/* Exactly one blank between the three parts of the request line. */
static struct guard_result
check_request_line(const struct request *request, const struct guard_limits *limits)
{
    const char *version_text = request->version - 5; /* "HTTP/" */

    (void)limits;
    if (!is_token(request->method))
        return REFUSE(BAD_REQUEST, "the method contains an invalid character");
    if (request->target != end_of(request->method) + 1 || version_text != target_end(request) + 1)
        return REFUSE(BAD_REQUEST, "the request line must have single spaces");
    if (strcmp(request->version, "1.1") != 0 && strcmp(request->version, "1.0") != 0)
        return REFUSE(VERSION_NOT_SUPPORTED, "only HTTP/1.1 and HTTP/1.0 are supported");
    return PASS;
}

static struct guard_result
check_sizes(const struct request *request, const struct guard_limits *limits)
{
    const char *last = end_of(request->version);

    if ((size_t)(target_end(request) - request->target) > limits->max_target_bytes)
        return REFUSE(TARGET_TOO_LONG, "the URL is longer than gateway.max_target_bytes");
    if (request->header_count >= REQUEST_HEADERS_MAX)
        return REFUSE(HEADERS_TOO_LARGE, "more than 63 headers");
    if (request->header_count > 0)
        last = end_of(request->headers[request->header_count - 1].value);
    if ((size_t)(last - request->method) > limits->max_head_bytes)
        return REFUSE(HEADERS_TOO_LARGE,
                      "the request line and headers are larger than gateway.max_head_bytes");
    return PASS;
}

/* Each field must stand exactly behind the one before, and the last must end the head: else
 * something was folded, separated by a bare LF, or dropped. */
static struct guard_result
check_layout(const struct request *request, const struct guard_limits *limits)
{
    const char *expected = end_of(request->version) + 2;

    (void)limits;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        const char *blank = end_of(header->name) + 1;

        if (header->name != expected)
            return REFUSE(BAD_REQUEST, "header lines must end with CR LF and must not be folded");
        for (; blank < header->value; blank++)
            if (*blank != ' ' && *blank != '\t')
                return REFUSE(BAD_REQUEST, "a header name is followed by a space");
        expected = end_of(header->value) + 2;
    }
    if (request->header_count == 0 ? expected[0] != '\0'
                                   : expected[0] != '\r' || expected[1] != '\0')
        return REFUSE(BAD_REQUEST, "a line of the headers has no header name");
    if (expected + 2 != (const char *)request->head.data + request->head.size)
        return REFUSE(BAD_REQUEST, "the headers end in two places");
    return PASS;
}

static struct guard_result
check_fields(const struct request *request, const struct guard_limits *limits)
{
    (void)limits;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_token(request->headers[i].name))
            return REFUSE(BAD_REQUEST, "a header name contains an invalid character");
        for (const char *c = request->headers[i].value; *c != '\0'; c++)
            if ((unsigned char)*c < ' ' && *c != '\t')
                return REFUSE(BAD_REQUEST, "a header value contains a control character");
    }
    return PASS;
}

/* name, name:port, [address] or [address]:port (RFC 9110 4.2.1); the port may be empty. */
static bool
is_host(struct bytes text)
{
    const uint8_t *bracket;
    struct bytes rest;

    if (text.size == 0 || !char_set_makes(char_set_host, text))
        return false;
    bracket = memchr(text.data, ']', text.size);
    if (text.data[0] == '[') {
        if (bracket == NULL || bracket == text.data + 1)
            return false;
        rest = bytes_skip(text, (size_t)(bracket - text.data) + 1);
    } else {
        const uint8_t *colon = memchr(text.data, ':', text.size);

        if (bracket != NULL || memchr(text.data, '[', text.size) != NULL || colon == text.data)
            return false;
        rest = bytes_skip(text, colon != NULL ? (size_t)(colon - text.data) : text.size);
    }
    if (rest.size == 0 || rest.data[0] != ':')
        return rest.size == 0;
    for (size_t i = 1; i < rest.size; i++)
        if (!isdigit(rest.data[i]))
            return false;
    return true;
}

/* The origin form, the absolute form, or "*" with OPTIONS (RFC 9112 3.2). */
static struct guard_result
check_target(const struct request *request, const struct guard_limits *limits)
{
    const char *end = target_end(request);

    (void)limits;
    if (strcmp(request->target, "*") == 0 && request->query == NULL)
        return request_method_is(request, "OPTIONS")
                   ? PASS
                   : REFUSE(BAD_REQUEST, "only OPTIONS can have the target *");
    if (request->authority.data != NULL && !is_host(request->authority))
        return REFUSE(BAD_REQUEST, "the host in the request target is not valid");
    if (request->path[0] != '/')
        return REFUSE(BAD_REQUEST, "the request target must be a path");
    for (const char *c = request->path; c < end; c++)
        if (*c != '\0' &&
            !char_set_has(char_set_target,
                          (unsigned char)*c)) /* NUL: the library's cut before the query */
            return REFUSE(BAD_REQUEST, "the URL contains a character that must be percent-encoded");
    return PASS;
}

static struct guard_result
check_host(const struct request *request, const struct guard_limits *limits)
{
    size_t count;
    const char *host = request_header(request, "Host", &count);

    (void)limits;
    if (count > 1)
        return REFUSE(BAD_REQUEST, "more than one Host header");
    if (count == 0)
        return strcmp(request->version, "1.0") == 0
                   ? PASS
                   : REFUSE(BAD_REQUEST, "the Host header is missing");
    return is_host(bytes_of_text(host)) ? PASS
                                        : REFUSE(BAD_REQUEST, "the Host header is not valid");
}

/* The value without the blanks around it is a plain decimal number that fits. */
static bool
is_length(const char *text, int64_t *length)
{
    *length = 0;
    for (; isdigit((unsigned char)*text); text++) {
        if (*length > (INT64_MAX - 9) / 10)
            return false;
        *length = *length * 10 + (*text - '0');
    }
    while (*text == ' ' || *text == '\t')
        text++;
    return *text == '\0';
}

static struct guard_result
check_framing(const struct request *request, const struct guard_limits *limits)
{
    size_t lengths, codings;
    int64_t length = 0;
    const char *text = request_header(request, "Content-Length", &lengths);
    const char *coding = request_header(request, "Transfer-Encoding", &codings);

    if (request_header(request, "Transfer_Encoding", NULL) != NULL ||
        request_header(request, "Content_Length", NULL) != NULL)
        return REFUSE(BAD_REQUEST, "an underscore stands for the hyphen of a field that says where "
                                   "the body ends");
    if (codings > 0 && lengths > 0)
        return REFUSE(BAD_REQUEST,
                      "Content-Length and Transfer-Encoding must not be sent together");
    if (codings > 1 || lengths > 1)
        return REFUSE(BAD_REQUEST, "Content-Length or Transfer-Encoding is sent more than once");
    if (codings == 1 && strcmp(request->version, "1.0") == 0)
        return REFUSE(BAD_REQUEST, "Transfer-Encoding is not allowed in HTTP/1.0");
    if (codings == 1 && strcasecmp(coding, "chunked") != 0)
        return REFUSE(NOT_IMPLEMENTED, "the only supported Transfer-Encoding is chunked");
    if (lengths == 1 && (!isdigit((unsigned char)*text) || !is_length(text, &length)))
        return REFUSE(BAD_REQUEST, "Content-Length is not a number");
    if (length > (int64_t)limits->max_body_bytes)
        return REFUSE(BODY_TOO_LARGE, GUARD_BODY_TOO_LARGE);
    return PASS;
}

static struct guard_result
check_body_allowed(const struct request *request, const struct guard_limits *limits)
{
    bool takes_body = request_method_is(request, "POST") || request_method_is(request, "PUT") ||
                      request_method_is(request, "PATCH");

    (void)limits;
    if (!takes_body && guard_has_body(request))
        return REFUSE(BAD_REQUEST, "this method must not have a body");
    return PASS;
}

static struct guard_result
check_expectations(const struct request *request, const struct guard_limits *limits)
{
    size_t count;
    const char *expect = request_header(request, "Expect", &count);

    (void)limits;
    if (count > 1 || (count == 1 && strcasecmp(expect, "100-continue") != 0))
        return REFUSE(EXPECTATION_FAILED, "the only supported expectation is 100-continue");
    return PASS;
}

bool
guard_has_body(const struct request *request)
{
    const char *length = request_header(request, "Content-Length", NULL);

    if (request_header(request, "Transfer-Encoding", NULL) != NULL)
        return true;
    return length != NULL && strspn(length, "0 \t") != strlen(length);
}

struct guard_result
guard_check(const struct request *request, const struct guard_limits *limits)
{
    static guard_rule *const rules[] = {
        check_start,  check_sizes, check_request_line, check_layout,       check_fields,
        check_target, check_host,  check_framing,      check_body_allowed, check_expectations,
    };
    struct guard_result result = PASS;

    for (size_t i = 0; i < COUNT(rules) && result.status == STATUS_OK; i++)
        result = rules[i](request, limits);
    return result;
}
