/* header_filter_fuzz.c - whatever lines an upstream sends, what is kept is a list of clean fields. */
/* links: upstream/transfer/header_filter.c */

#include "transfer/header_filter.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct header_filter filter;

static bool
is_never_kept(const char *line, size_t name_size)
{
    static const char *const names[] = {"Connection", "Transfer-Encoding", "Content-Length",
                                        "Set-Cookie", "Keep-Alive",        "Upgrade"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (strlen(names[i]) == name_size && strncasecmp(line, names[i], name_size) == 0)
            return true;
    return false;
}

static void
check_result(struct bytes result)
{
    const char *line = (const char *)result.data;
    size_t left = result.size;

    while (left > 0) {
        const char *end = memchr(line, '\n', left);
        const char *colon = memchr(line, ':', left);
        size_t size;

        assert(end != NULL && colon != NULL && colon > line && colon < end && end[-1] == '\r');
        size = (size_t)(end - line) + 1;
        for (size_t i = 0; i + 2 < size; i++)
            assert((unsigned char)line[i] >= ' ' || line[i] == '\t');
        assert(!is_never_kept(line, (size_t)(colon - line)));
        line += size;
        left -= size;
    }
}

/* Each line is copied, so that a read past its end is seen. */
static bool
add_line(const uint8_t *line, size_t size)
{
    uint8_t *copy = malloc(size);
    bool is_taken;

    assert(copy != NULL);
    memcpy(copy, line, size);
    is_taken = header_filter_add(&filter, bytes_of(copy, size));
    free(copy);
    return is_taken;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool is_taken = true;

    header_filter_init(&filter, 8192);
    while (size > 0 && is_taken) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t line_size = end != NULL ? (size_t)(end - data) + 1 : size;

        is_taken = add_line(data, line_size);
        data += line_size;
        size -= line_size;
    }
    assert(is_taken || filter.is_malformed || filter.is_too_large);
    check_result(header_filter_result(&filter));
    return 0;
}
