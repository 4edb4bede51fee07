/* credential.c - keys in headers and in queries. */
#include "transfer/credential.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "transfer/response_body.h"

/* Of base64: four characters for three bytes. */
#define BASE64_SIZE(size) (((size) + 2) / 3 * 4 + 1)

static bool
write_base64(const char *key, char text[CREDENTIAL_LINE_SIZE])
{
    size_t size = strlen(key);

    if (BASE64_SIZE(size) > CREDENTIAL_LINE_SIZE)
        return false;
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)key, (int)size);
    return true;
}

/* RFC 3986: unreserved bytes stay. */
static bool
write_encoded(const char *key, char text[CREDENTIAL_LINE_SIZE])
{
    static const char unreserved[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    size_t used = 0;

    for (; *key != '\0'; key++) {
        if (used + 4 > CREDENTIAL_LINE_SIZE)
            return false;
        used += (size_t)snprintf(text + used, CREDENTIAL_LINE_SIZE - used,
                                 strchr(unreserved, *key) != NULL ? "%c" : "%%%02X",
                                 (unsigned char)*key);
    }
    text[used] = '\0';
    return true;
}

const char *
credential_header_name(const struct upstream_credential *credential)
{
    switch (credential->in) {
    case CREDENTIAL_HEADER:
        return credential->name;
    case CREDENTIAL_BEARER:
    case CREDENTIAL_BASIC:
        return "Authorization";
    default:
        return NULL;
    }
}

bool
credential_write_header(const struct upstream_credential *credential, const char *key,
                        char line[CREDENTIAL_LINE_SIZE])
{
    const char *name = credential_header_name(credential);
    char encoded[CREDENTIAL_LINE_SIZE] = "";
    bool is_basic = credential->in == CREDENTIAL_BASIC;
    int size = -1;

    if (name != NULL && (!is_basic || write_base64(key, encoded)))
        size = snprintf(line, CREDENTIAL_LINE_SIZE, "%s: %s%s", name,
                        is_basic                              ? "Basic "
                        : credential->in == CREDENTIAL_BEARER ? "Bearer "
                                                              : "",
                        is_basic ? encoded : key);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return size >= 0 && size < CREDENTIAL_LINE_SIZE;
}

bool
credential_write_query(const struct upstream_credential *credential, const char *key,
                       char text[CREDENTIAL_LINE_SIZE])
{
    char encoded[CREDENTIAL_LINE_SIZE];
    int size = -1;

    if (credential->in == CREDENTIAL_QUERY && write_encoded(key, encoded))
        size = snprintf(text, CREDENTIAL_LINE_SIZE, "%s=%s", credential->name, encoded);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return size >= 0 && size < CREDENTIAL_LINE_SIZE;
}

/* user:password: an answer may name the password alone. */
static size_t
redact_basic(const char *key, uint8_t *text, size_t size)
{
    char encoded[CREDENTIAL_LINE_SIZE];
    const char *colon = strchr(key, ':');

    if (write_base64(key, encoded))
        size = redact_secret(text, size, encoded);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return colon != NULL ? redact_secret(text, size, colon + 1) : size;
}

size_t
credential_redact(const struct upstream_credential *credential, const char *key, uint8_t *text,
                  size_t size)
{
    char encoded[CREDENTIAL_LINE_SIZE];

    size = redact_secret(text, size, key);
    if (credential->in == CREDENTIAL_BASIC)
        return redact_basic(key, text, size);
    if (credential->in == CREDENTIAL_QUERY && write_encoded(key, encoded))
        size = redact_secret(text, size, encoded);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return size;
}

/* The whole parameter, with its name. */
static size_t
redact_parameter(const struct upstream_credential *credential, const char *key, uint8_t *text,
                 size_t size)
{
    char written[CREDENTIAL_LINE_SIZE];

    if (credential_write_query(credential, key, written))
        size = redact_secret(text, size, written);
    OPENSSL_cleanse(written, sizeof written);
    return size;
}

size_t
credential_redact_data(const struct upstream_credential *credential, const char *key, uint8_t *text,
                       size_t size)
{
    if (key[0] == '\0')
        return size;
    return strlen(key) >= CREDENTIAL_DATA_MIN ? credential_redact(credential, key, text, size)
                                              : redact_parameter(credential, key, text, size);
}
