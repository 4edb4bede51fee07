/* cache_key.c - the form of a cache key, and the hash of a signature's parameters. */

#include "object/cache_key.h"

#include "base/digest.h"
#include "base/hex.h"

bool
cache_key_is_well_formed(struct bytes cache_key)
{
    return cache_key.size == 32 && hex_is_lower(cache_key);
}

/* Index after the string that opens at `at`. */
static size_t
skip_string(struct bytes json, size_t at)
{
    for (at++; at < json.size && json.data[at] != '"'; at++) {
        if (json.data[at] == '\\')
            at++;
    }
    return at + 1;
}

/* Where the top-level member stands, 0 when there is none. Depth and strings are followed, so that
 * the same text inside a body or a value is not taken for it. */
static size_t
find_member(struct bytes json, struct bytes quoted_name)
{
    int depth = 0;

    for (size_t at = 0; at < json.size;) {
        uint8_t c = json.data[at];

        if (c == '"') {
            size_t end = skip_string(json, at);

            if (depth == 1 && end < json.size && json.data[end] == ':' &&
                bytes_equal(bytes_of(json.data + at, end - at), quoted_name))
                return at;
            at = end;
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        if (c == '}' || c == ']')
            depth--;
        at++;
    }
    return 0;
}

void
cache_key_params_hash(struct bytes signature, char hash[PARAMS_HASH_SIZE])
{
    size_t start = find_member(signature, bytes_of_text("\"path_params\""));
    uint8_t md5[DIGEST_MD5_SIZE];

    digest_md5(bytes_skip(signature, start), md5);
    hex_write(md5, sizeof md5, hash);
}
