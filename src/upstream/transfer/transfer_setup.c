/* transfer_setup.c - options and callbacks of one transfer. */
#include "transfer/transfer_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "version.h"

#define URL_SIZE            16384
#define MAX_LIFETIME_CONN_S 300

static size_t
on_header(char *line, size_t unit, size_t count, void *context)
{
    struct transfer *transfer = context;

    return header_filter_add(&transfer->filter, bytes_of(line, unit * count)) ? unit * count : 0;
}

static bool
make_room(struct transfer *transfer, size_t size)
{
    size_t most = (size_t)transfer->owner->config->upstream.max_body_bytes;
    size_t needed = transfer->body_size + size;
    size_t capacity = transfer->body_capacity;
    uint8_t *grown;

    if (needed > most)
        return false;
    if (needed <= capacity)
        return true;
    if (capacity == 0 && transfer->filter.content_length > 0)
        capacity = (size_t)transfer->filter.content_length;
    while (capacity < needed)
        capacity = capacity * 2 + 4096;
    if (capacity > most)
        capacity = most;
    grown = realloc(transfer->body, capacity);
    if (grown == NULL)
        return false;
    transfer->body = grown;
    transfer->body_capacity = capacity;
    return true;
}

/* Counts what comes, announced or not: the library's own limit does not see chunked bodies. */
static size_t
on_body(char *data, size_t unit, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t size = unit * count;

    if (!make_room(transfer, size)) {
        transfer->is_too_large = true;
        return 0;
    }
    if (size > 0)
        memcpy(transfer->body + transfer->body_size, data, size);
    transfer->body_size += size;
    return size;
}

/* Called right before a request leaves. A second call means that a kept connection died unanswered and the library wants to
 * send again: a paid call must not be doubled. */
static int
on_before_request(void *context, char *primary, char *local, int primary_port, int local_port)
{
    struct transfer *transfer = context;

    (void)primary;
    (void)local;
    (void)primary_port;
    (void)local_port;
    return transfer->prereq_calls++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static bool
set_texts(struct transfer *transfer, const struct transfer_request *request)
{
    struct transfers *owner = transfer->owner;
    const struct config *config = owner->config;
    const char *key = request->credential != NULL ? request->credential : config->upstream.api_key;
    char line[CONFIG_TEXT_SIZE * 2 + 4];
    char *url = malloc(URL_SIZE);
    bool is_set =
        url != NULL &&
        snprintf(url, URL_SIZE, "%s%s", config->upstream.base_url, request->target) < URL_SIZE &&
        curl_easy_setopt(transfer->curl, CURLOPT_URL, url) == CURLE_OK;

    free(url);
    transfer->headers = curl_slist_append(NULL, "Accept: application/json");
    /* bodies are checked and stored as they are meant; the gateway makes the codings */
    transfer->headers = curl_slist_append(transfer->headers, "Accept-Encoding: identity");
    if (key[0] != '\0') {
        snprintf(line, sizeof line, "%s: %s", config->upstream.api_key_header, key);
        transfer->headers = curl_slist_append(transfer->headers, line);
    }
    if (request->request_id[0] != '\0') {
        snprintf(line, sizeof line, "X-Request-ID: %s", request->request_id);
        transfer->headers = curl_slist_append(transfer->headers, line);
    }
    snprintf(line, sizeof line, "%s:%s:%s", owner->host, owner->port, request->addresses);
    transfer->resolve = curl_slist_append(NULL, line);
    OPENSSL_cleanse(line, sizeof line);
    curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(transfer->curl, CURLOPT_RESOLVE, transfer->resolve);
    return is_set && transfer->headers != NULL && transfer->resolve != NULL;
}

/* As the library opens and closes sockets itself; here they are counted. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfers *transfers = context;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    transfers->connections++;
    return fd;
}

static int
close_socket(void *context, curl_socket_t fd)
{
    struct transfers *transfers = context;

    transfers->connections--;
    return close(fd);
}

void
transfer_set_bounds(struct transfers *transfers, CURL *curl, int64_t timeout_ms)
{
    const struct config *config = transfers->config;

    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfers);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, transfers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "RentCache/" RENTCACHE_VERSION);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (config->upstream.ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, config->upstream.ca_file);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)config->upstream.connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)config->upstream.low_speed_time_s);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)config->upstream.idle_timeout_s);
    curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, (long)MAX_LIFETIME_CONN_S);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void
set_callbacks(struct transfer *transfer)
{
    CURL *curl = transfer->curl;

    curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_before_request);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, transfer);
}

bool
transfer_set_up(struct transfer *transfer, const struct transfer_request *request)
{
    if (!set_texts(transfer, request))
        return false;
    transfer_set_bounds(transfer->owner, transfer->curl, request->timeout_ms);
    set_callbacks(transfer);
    return true;
}
