/* guard_fuzz.c - any head that passes the guard can be read in one way only. */
/* links: gateway/server/guard.c gateway/server/request.c */

#include "server/guard.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#include "support/http/loose_head.h"

static const struct guard_limits limits = {
    .max_target_bytes = 8192, .max_head_bytes = 16384, .max_body_bytes = 65536};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines between the request line and the empty line. What ends the request line is overwritten before anybody looks. */
static size_t
count_lines(const char *from, size_t size)
{
    size_t lines = 0;

    for (size_t i = 0; i + 3 < size; i++) {
        if (memcmp(from + i, "\r\n\r\n", 4) == 0)
            return lines + 1;
        lines += from[i] == '\r' && from[i + 1] == '\n';
    }
    return lines;
}

static void
check_fields(const struct request *request)
{
    size_t count;

    for (size_t i = 0; i < request->header_count; i++) {
        assert(strpbrk(request->headers[i].name, " \t:\r\n") == NULL);
        assert(strpbrk(request->headers[i].value, "\r\n") == NULL);
    }
    assert(request->header_count < REQUEST_HEADERS_MAX);
    request_header(request, "Host", &count);
    assert(count == 1 || (count == 0 && strcmp(request->version, "1.0") == 0));
    request_header(request, "Content-Length", &count);
    assert(count <= 1);
    if (request_header(request, "Transfer-Encoding", NULL) != NULL)
        assert(count == 0 && strcmp(request->version, "1.1") == 0);
    if (request_method_is(request, "GET") || request_method_is(request, "HEAD"))
        assert(!guard_has_body(request));
}

/* Behind a request line alone the library has put NUL over all white space: which it was nobody can see any more, only that
 * four bytes of it end the head. Nothing follows that could be read in two ways: such a request has no body. */
static void
check_end(const uint8_t *end, bool has_headers)
{
    if (has_headers)
        assert(memcmp(end, "\r\n\r\n", 4) == 0);
    for (size_t i = 0; i < 4; i++)
        assert(isspace(end[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *buffer = malloc(size + LOOSE_HEAD_SPARE);
    struct request request;

    assert(buffer != NULL);
    if (size > 0)
        memcpy(buffer, data, size);
    memset(buffer + size, 'Z', LOOSE_HEAD_SPARE);
    if (loose_head_parse(buffer, size, &request)) {
        struct guard_result result = guard_check(&request, &limits);

        if (result.status == STATUS_OK) {
            size_t at = (size_t)(request.version - buffer) + strlen(request.version) + 2;

            check_fields(&request);
            assert(request.method == buffer ||
                   (size > 2 && memcmp(data, "\r\n", 2) == 0 && request.method == buffer + 2));
            check_end(data + request.head.size - 4, request.header_count > 0);
            if (request.header_count > 0)
                assert(count_lines((const char *)data + at, size - at) == request.header_count);
        } else {
            assert(result.reason != NULL);
        }
    }
    free(buffer);
    return 0;
}
