/* response_body.c - zlib for the codings, plain searching for the rest. */
#include "transfer/response_body.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16)
#define WINDOW_ZLIB 15
#define WINDOW_RAW  (-15) /* what some servers call deflate */
#define GROWTH_MIN  4096

/* Where the output goes, grown as it comes. */
struct inflated {
    uint8_t *data;
    size_t size, capacity;
};

static enum body_decoding
inflated_grow(struct inflated *out, size_t most)
{
    size_t capacity = out->capacity * 2 + GROWTH_MIN;
    uint8_t *grown;

    if (out->capacity > most)
        return BODY_TOO_LARGE;
    if (capacity > most + 1) /* the byte beyond the bound shows that there is more */
        capacity = most + 1;
    grown = realloc(out->data, capacity);
    if (grown == NULL)
        return BODY_NO_MEMORY;
    out->data = grown;
    out->capacity = capacity;
    return BODY_DECODED;
}

static enum body_decoding
inflate_all(z_stream *stream, size_t most, struct inflated *out)
{
    int code = Z_OK;

    while (code != Z_STREAM_END) {
        enum body_decoding grown = inflated_grow(out, most);

        if (grown != BODY_DECODED)
            return grown;
        stream->next_out = out->data + out->size;
        stream->avail_out = (uInt)(out->capacity - out->size);
        code = inflate(stream, Z_NO_FLUSH);
        out->size = out->capacity - stream->avail_out;
        if (out->size > most)
            return BODY_TOO_LARGE;
        if (code == Z_MEM_ERROR)
            return BODY_NO_MEMORY;
        if (code != Z_STREAM_END && (code != Z_OK || stream->avail_out > 0))
            return BODY_MALFORMED; /* broken, or over before its end */
    }
    return stream->avail_in == 0 ? BODY_DECODED : BODY_MALFORMED;
}

static enum body_decoding
inflate_as(int window, struct bytes body, size_t most, struct bytes *decoded)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)body.data, .avail_in = (uInt)body.size};
    struct inflated out = {0};
    enum body_decoding decoding;

    if (inflateInit2(&stream, window) != Z_OK)
        return BODY_NO_MEMORY;
    decoding = inflate_all(&stream, most, &out);
    inflateEnd(&stream);
    if (decoding == BODY_DECODED)
        *decoded = bytes_of(out.data, out.size);
    else
        free(out.data);
    return decoding;
}

enum body_decoding
response_body_decode(struct bytes coding, struct bytes body, size_t most, struct bytes *decoded)
{
    enum body_decoding decoding;

    if (body.size > UINT_MAX || most >= UINT_MAX)
        return BODY_TOO_LARGE;
    if (bytes_is_name(coding, "gzip") || bytes_is_name(coding, "x-gzip"))
        return inflate_as(WINDOW_GZIP, body, most, decoded);
    if (!bytes_is_name(coding, "deflate"))
        return BODY_MALFORMED;
    decoding = inflate_as(WINDOW_ZLIB, body, most, decoded);
    return decoding == BODY_MALFORMED ? inflate_as(WINDOW_RAW, body, most, decoded) : decoding;
}

size_t
response_body_mark(struct bytes body)
{
    static const char mark[] = "\xef\xbb\xbf";

    return body.size >= 3 && memcmp(body.data, mark, 3) == 0 ? 3 : 0;
}

size_t
redact_secret(uint8_t *text, size_t size, const char *secret)
{
    size_t length = strlen(secret), to = 0, from = 0;
    const uint8_t *found;

    if (length < SECRET_SIZE_MIN || size < length)
        return size;
    while ((found = memmem(text + from, size - from, secret, length)) != NULL) {
        size_t before = (size_t)(found - text) - from;

        memmove(text + to, text + from, before);
        memset(text + to + before, '*', 3);
        to += before + 3;
        from += before + length;
    }
    if (to < from)
        memmove(text + to, text + from, size - from);
    return to + size - from;
}
