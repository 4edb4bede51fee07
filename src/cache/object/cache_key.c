/* cache_key.c - the form of a cache key, and the hash of a signature's parameters. */

#include "object/cache_key.h"

#include <openssl/evp.h>

bool
cache_key_is_well_formed(struct bytes cache_key)
{
    if (cache_key.size != 32)
        return false;
    for (size_t i = 0; i < cache_key.size; i++) {
        uint8_t c = cache_key.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
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
    static const char digits[] = "0123456789abcdef";
    size_t start = find_member(signature, bytes_of_text("\"path_params\""));
    unsigned char md5[EVP_MAX_MD_SIZE] = {0};

    /* Fails only where the library refuses MD5 altogether: the column is for people, zeros will do.
     */
    if (EVP_Digest(signature.data + start, signature.size - start, md5, NULL, EVP_md5(), NULL) != 1)
        memset(md5, 0, sizeof md5);
    for (size_t i = 0; i < 16; i++) {
        hash[2 * i] = digits[md5[i] >> 4];
        hash[2 * i + 1] = digits[md5[i] & 15];
    }
    hash[PARAMS_HASH_SIZE - 1] = '\0';
}
