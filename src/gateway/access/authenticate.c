/* authenticate.c - tokens to keys. */
#include "access/authenticate.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "api_key.h"
#include "base/char_set.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"

bool
authenticate_token(const struct request *request, struct bytes *token)
{
    size_t count;
    const char *value = request_header(request, "Authorization", &count);

    if (count != 1 || strncasecmp(value, "Bearer ", 7) != 0)
        return false;
    value += 7;
    while (*value == ' ')
        value++;
    *token = bytes_of_text(value);
    while (token->size > 0 && token->data[token->size - 1] == ' ')
        token->size--;
    /* "=" is taken anywhere: what is no key of ours finds no key. */
    return char_set_makes(char_set_token68, *token);
}

/* The client learns that its key is not valid; the log says why.
 *
 * What the request needs of its key is copied: the entry is only valid while the epoch is pinned. */
static bool
read_entry(struct exchange *exchange, const struct key_entry *entry)
{
    bool has_expired;

    if (entry == NULL) {
        exchange->reason = "unknown-key";
        return false;
    }
    has_expired = entry->expires_wall_ms != 0 && entry->expires_wall_ms <= clock_wall_coarse_ms();
    if (!entry->is_active || has_expired) {
        exchange->reason = has_expired ? "expired-key" : "disabled-key";
        exchange->refused_key_id = entry->api_key_id;
        return false;
    }
    exchange->api_key_id = entry->api_key_id;
    exchange->rights = entry->rights;
    return true;
}

enum status
authenticate_key(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    struct bytes token;
    bool is_usable;

    if (!key_table_is_loaded(gateway->keys))
        return STATUS_NOT_READY;
    if (!authenticate_token(exchange->request, &token)) {
        exchange->reason = "no-key";
        return STATUS_UNAUTHORIZED;
    }
    api_key_hash(token, exchange->key_hash);
    epoch_enter(exchange->worker->epoch);
    is_usable = read_entry(exchange, key_table_find(gateway->keys, exchange->key_hash));
    epoch_leave(exchange->worker->epoch);
    return is_usable ? STATUS_OK : STATUS_UNAUTHORIZED;
}

/* Visible ASCII: it goes into a header as it is. */
static bool
is_credential_text(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x21 || text.data[i] > 0x7e)
            return false;
    return text.size > 0 && text.size < CONFIG_TEXT_SIZE;
}

struct bytes
authenticate_own_credential(const struct exchange *exchange)
{
    const struct route_config *route = exchange->match.route;
    struct bytes own = {0};
    const char *from, *value;
    size_t count;

    if (route->credential != CREDENTIAL_PASSTHROUGH)
        return (struct bytes){0};
    from = route->upstream->credential.from;
    if (strcasecmp(from, "Authorization") == 0)
        return authenticate_token(exchange->request, &own) ? own : (struct bytes){0};
    value = request_header(exchange->request, from, &count);
    if (count == 1)
        own = bytes_trim(bytes_of_text(value));
    return is_credential_text(own) ? own : (struct bytes){0};
}

bool
authenticate_admin(const struct gateway *gateway, const struct request *request)
{
    struct bytes token;
    uint8_t hash[32];

    if (!authenticate_token(request, &token))
        return false;
    api_key_hash(token, hash);
    return CRYPTO_memcmp(hash, gateway->admin_token_hash, sizeof hash) == 0;
}

static bool
make_token(const char *path, char token[ADMIN_TOKEN_SIZE])
{
    uint8_t random[32];
    size_t size = 2 * sizeof random;
    int file;
    bool is_written;

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    hex_write(random, sizeof random, token);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    is_written = write(file, token, size) == (ssize_t)size && fsync(file) == 0;
    close(file);
    if (!is_written)
        unlink(path);
    return is_written;
}

static bool
read_token(const char *path, char token[ADMIN_TOKEN_SIZE])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, token, ADMIN_TOKEN_SIZE - 1) : -1;

    if (file >= 0)
        close(file);
    if (size <= 0)
        return false;
    token[size] = '\0';
    token[strcspn(token, "\r\n")] = '\0';
    return token[0] != '\0';
}

enum status
authenticate_load_admin_token(const struct config *config, uint8_t hash[32])
{
    char path[CONFIG_TEXT_SIZE + 32];
    char token[ADMIN_TOKEN_SIZE] = "";

    if (config->gateway.admin_token[0] != '\0') {
        api_key_hash(bytes_of_text(config->gateway.admin_token), hash);
        return STATUS_OK;
    }
    if (!config_data_path(config, "admin-token", path, sizeof path))
        return STATUS_STORAGE;
    if (!read_token(path, token) && !make_token(path, token)) {
        log_error("%s: the admin token can be neither read nor created", path);
        return STATUS_STORAGE;
    }
    api_key_hash(bytes_of_text(token), hash);
    OPENSSL_cleanse(token, sizeof token);
    return STATUS_OK;
}
