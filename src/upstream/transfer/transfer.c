/* transfer.c - libcurl's multi interface. Its traps and what is done about them: docs/architecture.md, "libcurl". */
#include "transfer/transfer.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/header_lines.h"
#include "base/json_scan.h"
#include "base/log.h"
#include "base/queue.h"
#include "transfer/credential.h"
#include "transfer/header_filter.h"
#include "transfer/response_body.h"
#include "transfer/transfer_loop.h"
#include "version.h"

#define URL_SIZE            16384
#define MAX_LIFETIME_CONN_S 300

struct transfer {
    struct transfer_origin *owner;
    LIST_ENTRY(transfer) link;
    CURL *curl;
    struct curl_slist *headers, *resolve;
    struct header_filter filter;
    uint8_t *body;
    size_t body_size, body_capacity;
    int64_t first_byte_by_ms;
    int64_t moved_at_ms; /* when a part of the response came last */
    int prereq_calls;
    bool is_too_large;
    const char *credential; /* secret, borrowed: of the call or the configuration; may be "" */
    void *call;
    char error[CURL_ERROR_SIZE]; /* with server.debug: names addresses, ports, certificates */
};

struct probe {
    CURL *curl; /* NULL: none is under way */
    struct curl_slist *resolve;
    int64_t started_ns;
    probe_done_function *done;
    void *context;
};

/* One upstream: everything that another one must not notice. */
struct transfer_origin {
    struct transfer_pool *pool;
    const struct upstream_config *upstream;
    LIST_HEAD(transfer_list, transfer) all;
    size_t running;
    size_t connections; /* sockets of the library that are open */
    struct probe probe;
    char host[256], port[8];
};

struct transfer_pool {
    struct transfer_loop loop;
    const struct config *config;
    transfer_done_function *done;
    void *context;
    struct transfer_origin *origins[UPSTREAMS_MAX]; /* owned */
    size_t origin_count;
    int64_t idle_connections; /* of all origins together, at most */
};

/* The library keeps connections for all origins in one place; who has its share kept already closes this one. */
static void
bound_idle_connections(struct transfer *transfer)
{
    const struct transfer_origin *origin = transfer->owner;
    size_t most = (size_t)origin->upstream->max_idle_connections;

    if (origin->connections >= origin->running + most)
        curl_easy_setopt(transfer->curl, CURLOPT_FORBID_REUSE, 1L);
}

static size_t
on_header(char *line, size_t unit, size_t count, void *context)
{
    struct transfer *transfer = context;

    transfer->moved_at_ms = clock_mono_ms();
    bound_idle_connections(transfer);
    return header_filter_add(&transfer->filter, bytes_of(line, unit * count)) ? unit * count : 0;
}

static bool
grow_body(struct transfer *transfer, size_t size)
{
    size_t most = (size_t)transfer->owner->upstream->max_body_bytes;
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

    transfer->moved_at_ms = clock_mono_ms();
    if (!grow_body(transfer, size)) {
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

/* The base URL, the target, and the key where it stands in the query. False: it is too long. */
static bool
write_url(const struct transfer *transfer, const char *target, char *url)
{
    const struct upstream_config *upstream = transfer->owner->upstream;
    char query[CREDENTIAL_LINE_SIZE] = "";
    bool has_query = transfer->credential[0] != '\0' && upstream->credential.in == CREDENTIAL_QUERY;
    int size = -1;

    if (!has_query || credential_write_query(&upstream->credential, transfer->credential, query))
        size = snprintf(url, URL_SIZE, "%s%s%s%s", upstream->base_url, target,
                        !has_query                    ? ""
                        : strchr(target, '?') != NULL ? "&"
                                                      : "?",
                        query);
    OPENSSL_cleanse(query, sizeof query);
    return size >= 0 && size < URL_SIZE;
}

static bool
set_url(struct transfer *transfer, const char *target)
{
    char *url = malloc(URL_SIZE);
    bool is_set = url != NULL && write_url(transfer, target, url) &&
                  curl_easy_setopt(transfer->curl, CURLOPT_URL, url) == CURLE_OK;

    if (url != NULL)
        OPENSSL_cleanse(url, URL_SIZE);
    free(url);
    return is_set;
}

static void
add_header(struct transfer *transfer, const char *line)
{
    transfer->headers = curl_slist_append(transfer->headers, line);
}

static void
add_credential(struct transfer *transfer)
{
    char line[CREDENTIAL_LINE_SIZE];

    if (transfer->credential[0] != '\0' &&
        credential_write_header(&transfer->owner->upstream->credential, transfer->credential, line))
        add_header(transfer, line);
    OPENSSL_cleanse(line, sizeof line);
}

/* Those that the upstream's entry fixes; it may say another Accept than ours. */
static void
add_fixed_headers(struct transfer *transfer)
{
    const struct upstream_config *upstream = transfer->owner->upstream;
    char line[UPSTREAM_HEADER_NAME_SIZE + UPSTREAM_HEADER_VALUE_SIZE + 4];
    bool has_accept = false;

    for (int64_t i = 0; i < upstream->header_count; i++) {
        has_accept |= strcasecmp(upstream->headers[i].name, "Accept") == 0;
        snprintf(line, sizeof line, "%s: %s", upstream->headers[i].name,
                 upstream->headers[i].value);
        add_header(transfer, line);
    }
    if (!has_accept)
        add_header(transfer, "Accept: application/json");
}

static bool
set_request(struct transfer *transfer, const struct transfer_request *request)
{
    const struct transfer_origin *origin = transfer->owner;
    char line[CONFIG_TEXT_SIZE * 2 + 4];
    bool is_set = set_url(transfer, request->target);

    add_fixed_headers(transfer);
    /* bodies are checked and stored as they are meant; the gateway compresses */
    add_header(transfer, "Accept-Encoding: identity");
    add_credential(transfer);
    if (request->request_id[0] != '\0') {
        snprintf(line, sizeof line, "X-Request-ID: %s", request->request_id);
        add_header(transfer, line);
    }
    snprintf(line, sizeof line, "X-Call-ID: %s", request->call_id);
    add_header(transfer, line);
    snprintf(line, sizeof line, "%s:%s:%s", origin->host, origin->port, request->addresses);
    transfer->resolve = curl_slist_append(NULL, line);
    curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(transfer->curl, CURLOPT_RESOLVE, transfer->resolve);
    return is_set && transfer->headers != NULL && transfer->resolve != NULL;
}

/* As the library opens and closes sockets itself; here they are counted. */
static curl_socket_t
transfer_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer_origin *origin = context;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    origin->connections++;
    return fd;
}

static int
transfer_close_socket(void *context, curl_socket_t fd)
{
    struct transfer_origin *origin = context;

    origin->connections--;
    return close(fd);
}

/* Timeouts, what is refused, and how sockets are opened: for every handle. */
static void
transfer_set_bounds(struct transfer_origin *origin, CURL *curl, int64_t timeout_ms)
{
    const struct upstream_config *upstream = origin->upstream;

    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, transfer_open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, origin);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, transfer_close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, origin);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "RentCache/" RENTCACHE_VERSION);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (upstream->ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, upstream->ca_file);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)upstream->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)upstream->idle_timeout_s);
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
    if (transfer->owner->pool->config->server.debug)
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
}

/* Everything that the library must know of this request. False: no memory, or the URL is too long. */
static bool
transfer_set_up(struct transfer *transfer, const struct transfer_request *request)
{
    if (!set_request(transfer, request))
        return false;
    transfer_set_bounds(transfer->owner, transfer->curl, request->timeout_ms);
    set_callbacks(transfer);
    return true;
}

/* Its done function is not called. */
static void
probe_drop(struct transfer_origin *self)
{
    if (self->probe.curl != NULL) {
        curl_multi_remove_handle(self->pool->loop.multi, self->probe.curl);
        curl_easy_cleanup(self->probe.curl);
    }
    curl_slist_free_all(self->probe.resolve);
    memset(&self->probe, 0, sizeof self->probe);
}

/* Connects and hangs up again: no request is sent, so nothing can be billed. */
static bool
probe_set_up(struct transfer_origin *self, const char *addresses)
{
    struct probe *probe = &self->probe;
    char line[CONFIG_TEXT_SIZE * 2];

    snprintf(line, sizeof line, "%s:%s:%s", self->host, self->port, addresses);
    probe->curl = curl_easy_init();
    probe->resolve = curl_slist_append(NULL, line);
    if (probe->curl == NULL || probe->resolve == NULL ||
        curl_easy_setopt(probe->curl, CURLOPT_URL, self->upstream->base_url) != CURLE_OK)
        return false;
    transfer_set_bounds(self, probe->curl, self->upstream->connect_timeout_ms);
    curl_easy_setopt(probe->curl, CURLOPT_RESOLVE, probe->resolve);
    curl_easy_setopt(probe->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(probe->curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(probe->curl, CURLOPT_FORBID_REUSE, 1L);
    return curl_multi_add_handle(self->pool->loop.multi, probe->curl) == CURLM_OK;
}

enum status
transfer_probe(struct transfer_origin *self, const char *addresses, probe_done_function *done,
               void *context)
{
    if (self->probe.curl != NULL)
        return STATUS_OVERLOADED;
    self->probe.done = done;
    self->probe.context = context;
    self->probe.started_ns = clock_mono_ns();
    if (probe_set_up(self, addresses))
        return STATUS_OK;
    probe_drop(self);
    return STATUS_NO_MEMORY;
}

/* False: the handle is no probe's. */
static bool
probe_finish(struct transfer_pool *self, const CURL *curl, CURLcode code)
{
    for (size_t i = 0; i < self->origin_count; i++) {
        struct transfer_origin *origin = self->origins[i];
        struct probe ended = origin->probe;

        if (ended.curl != curl)
            continue;
        probe_drop(origin);
        ended.done(ended.context, code == CURLE_OK, (clock_mono_ns() - ended.started_ns) / 1000,
                   curl_easy_strerror(code));
        return true;
    }
    return false;
}

/* Splits base_url once; the library's own parser says what is valid. */
static bool
read_base_url(struct transfer_origin *self)
{
    CURLU *url = curl_url();
    char *host = NULL, *port = NULL;
    bool is_valid = url != NULL &&
                    curl_url_set(url, CURLUPART_URL, self->upstream->base_url, 0) == CURLUE_OK &&
                    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;

    if (is_valid) {
        snprintf(self->host, sizeof self->host, "%s", host);
        snprintf(self->port, sizeof self->port, "%s", port);
    } else {
        log_error("base_url of the upstream %s is not a URL", self->upstream->name);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return is_valid;
}

struct transfer_pool *
transfer_pool_create(const struct config *config, transfer_done_function *done, void *context)
{
    struct transfer_pool *self = calloc(1, sizeof *self);

    if (self == NULL || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
        free(self);
        return NULL;
    }
    self->config = config;
    self->done = done;
    self->context = context;
    if (!transfer_loop_init(&self->loop)) {
        transfer_pool_destroy(&self);
        return NULL;
    }
    curl_multi_setopt(self->loop.multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return self;
}

struct transfer_origin *
transfer_pool_add(struct transfer_pool *self, const struct upstream_config *upstream)
{
    struct transfer_origin *origin =
        self->origin_count < UPSTREAMS_MAX ? calloc(1, sizeof *origin) : NULL;

    if (origin == NULL)
        return NULL;
    origin->pool = self;
    origin->upstream = upstream;
    if (!read_base_url(origin)) {
        free(origin);
        return NULL;
    }
    self->origins[self->origin_count++] = origin;
    self->idle_connections += upstream->max_idle_connections;
    curl_multi_setopt(self->loop.multi, CURLMOPT_MAXCONNECTS, (long)self->idle_connections);
    return origin;
}

static void
unlink_transfer(struct transfer *transfer)
{
    LIST_REMOVE(transfer, link);
    transfer->owner->running--;
}

static void
free_transfer(struct transfer *transfer)
{
    if (transfer->curl != NULL)
        curl_easy_cleanup(transfer->curl);
    for (struct curl_slist *line = transfer->headers; line != NULL; line = line->next)
        OPENSSL_cleanse(line->data, strlen(line->data)); /* one of them carries the key */
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->resolve);
    free(transfer->body);
    free(transfer);
}

static void
drop_transfer(struct transfer *transfer)
{
    curl_multi_remove_handle(transfer->owner->pool->loop.multi, transfer->curl);
    unlink_transfer(transfer);
    free_transfer(transfer);
}

static void
drop_transfers(struct transfer_origin *origin)
{
    struct transfer *transfer, *next;

    LIST_FOREACH_SAFE (transfer, &origin->all, link, next)
        drop_transfer(transfer);
    probe_drop(origin);
}

void
transfer_pool_destroy(struct transfer_pool **transfers)
{
    struct transfer_pool *self = *transfers;

    if (self == NULL)
        return;
    for (size_t i = 0; i < self->origin_count; i++)
        drop_transfers(self->origins[i]);
    transfer_loop_fini(&self->loop); /* counts the sockets that it closes */
    for (size_t i = 0; i < self->origin_count; i++)
        free(self->origins[i]);
    curl_global_cleanup();
    free(self);
    *transfers = NULL;
}

const char *
transfer_origin_host(const struct transfer_origin *origin)
{
    return origin->host;
}

enum status
transfer_start(struct transfer_origin *self, const struct transfer_request *request)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (transfer == NULL)
        return STATUS_NO_MEMORY;
    transfer->owner = self;
    transfer->call = request->call;
    transfer->credential =
        request->credential != NULL ? request->credential : self->upstream->credential.value;
    transfer->first_byte_by_ms = clock_mono_ms() + self->upstream->first_byte_timeout_ms;
    header_filter_init(&transfer->filter, (size_t)self->upstream->max_head_bytes);
    transfer->curl = curl_easy_init();
    if (transfer->curl == NULL || !transfer_set_up(transfer, request)) {
        free_transfer(transfer);
        return STATUS_NO_MEMORY;
    }
    if (curl_multi_add_handle(self->pool->loop.multi, transfer->curl) != CURLM_OK) {
        free_transfer(transfer);
        return STATUS_INTERNAL;
    }
    LIST_INSERT_HEAD(&self->all, transfer, link);
    self->running++;
    return STATUS_OK;
}

size_t
transfer_origin_running(const struct transfer_origin *origin)
{
    return origin->running;
}

size_t
transfer_origin_connections(const struct transfer_origin *origin)
{
    return origin->connections;
}

struct outcome_row {
    CURLcode code;
    enum transfer_outcome outcome;
};

/* Everything else: cut once the request was sent, not connected before. */
static const struct outcome_row outcomes[] = {
    {CURLE_OK, TRANSFER_OK},
    {CURLE_OPERATION_TIMEDOUT, TRANSFER_TIMED_OUT},
    {CURLE_PEER_FAILED_VERIFICATION, TRANSFER_NOT_TRUSTED},
    {CURLE_SSL_CONNECT_ERROR, TRANSFER_NOT_TRUSTED},
    {CURLE_SSL_CACERT_BADFILE, TRANSFER_NOT_TRUSTED},
    {CURLE_SSL_CERTPROBLEM, TRANSFER_NOT_TRUSTED},
    {CURLE_WEIRD_SERVER_REPLY, TRANSFER_MALFORMED},
    {CURLE_UNSUPPORTED_PROTOCOL, TRANSFER_MALFORMED},
    {CURLE_BAD_CONTENT_ENCODING, TRANSFER_MALFORMED},
};

static enum transfer_outcome
outcome_of(const struct transfer *transfer, CURLcode code)
{
    bool was_sent = transfer->prereq_calls > 0;

    if (transfer->is_too_large || transfer->filter.is_too_large)
        return TRANSFER_TOO_LARGE;
    if (transfer->filter.is_malformed)
        return TRANSFER_MALFORMED;
    if (transfer->prereq_calls > 1)
        return TRANSFER_RESEND_REFUSED;
    if (code == CURLE_OK && !transfer->filter.is_complete)
        return TRANSFER_CUT; /* closed within the head: the library takes that for its end */
    for (size_t i = 0; i < COUNT(outcomes); i++)
        if (outcomes[i].code == code)
            return code == CURLE_OPERATION_TIMEDOUT && !was_sent ? TRANSFER_NOT_CONNECTED
                                                                 : outcomes[i].outcome;
    return was_sent ? TRANSFER_CUT : TRANSFER_NOT_CONNECTED;
}

static void
transfer_replace_body(struct transfer *transfer, struct bytes body)
{
    free(transfer->body);
    transfer->body = (uint8_t *)(uintptr_t)body.data;
    transfer->body_size = transfer->body_capacity = body.size;
}

/* Whoever did not ask for a coding cannot be given one. A text of an error that nobody can read is dropped. */
static void
decode_body(struct transfer *transfer, struct transfer_result *result)
{
    size_t most = (size_t)transfer->owner->upstream->max_body_bytes;
    struct bytes coding = bytes_trim(header_lines_find(result->headers, "Content-Encoding"));
    struct bytes body = bytes_of(transfer->body, transfer->body_size), decoded;
    enum body_decoding decoding = BODY_DECODED;

    if (result->outcome != TRANSFER_OK || coding.size == 0)
        return;
    if (!bytes_is_name(coding, "identity") && body.size > 0) {
        decoding = response_body_decode(coding, body, most, &decoded);
        if (decoding == BODY_DECODED)
            transfer_replace_body(transfer, decoded);
        else
            transfer->body_size = 0;
    }
    header_filter_drop(&transfer->filter, "Content-Encoding");
    result->headers = bytes_of(transfer->filter.kept, transfer->filter.size);
    if (decoding != BODY_DECODED && result->http_status == 200) {
        result->outcome = decoding == BODY_MALFORMED ? TRANSFER_MALFORMED : TRANSFER_TOO_LARGE;
        result->cause = decoding == BODY_MALFORMED
                            ? "The response's body cannot be decoded as its Content-Encoding says"
                            : "The decoded body is larger than upstream.max_body_bytes";
    }
}

static void
strip_mark(struct transfer *transfer)
{
    size_t mark = response_body_mark(bytes_of(transfer->body, transfer->body_size));

    if (mark == 0)
        return;
    transfer->body_size -= mark;
    memmove(transfer->body, transfer->body + mark, transfer->body_size);
}

/* What the paid API says about a key is for nobody else; nor is what the library says. */
static void
redact(struct transfer *transfer, struct transfer_result *result)
{
    const struct upstream_credential *credential = &transfer->owner->upstream->credential;
    const char *header = credential_header_name(credential), *key = transfer->credential;
    struct header_filter *filter = &transfer->filter;

    if (header != NULL)
        header_filter_drop(filter, header);
    filter->size = credential_redact(credential, key, (uint8_t *)filter->kept, filter->size);
    result->headers = bytes_of(filter->kept, filter->size);
    transfer->body_size =
        result->http_status == 200
            ? credential_redact_data(credential, key, transfer->body, transfer->body_size)
            : credential_redact(credential, key, transfer->body, transfer->body_size);
    transfer->error[credential_redact(credential, key, (uint8_t *)transfer->error,
                                      strlen(transfer->error))] = '\0';
}

/* As the library reads it: seconds, or an instant. */
static int64_t
retry_after_s(const struct transfer *transfer)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK ||
        seconds <= 0)
        return 0;
    return seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S;
}

/* A 200 is kept for hours: it must be what was asked for. */
static void
check_body(const struct transfer *transfer, struct transfer_result *result)
{
    if (result->outcome != TRANSFER_OK || result->http_status != 200 ||
        (header_lines_announce_json(result->headers) &&
         json_is_well_formed(bytes_of(transfer->body, transfer->body_size))))
        return;
    result->outcome = TRANSFER_MALFORMED;
    result->cause = "The answer's body is no JSON";
}

/* For people. What our own callbacks stop has a text of ours: the library's speaks of its callbacks, and of disks. */
static const char *
cause_of(const struct transfer *transfer, enum transfer_outcome outcome, CURLcode code)
{
    const struct header_filter *filter = &transfer->filter;

    if (transfer->is_too_large)
        return "The response's body is larger than upstream.max_body_bytes";
    if (filter->is_too_large)
        return "The response's headers are larger than upstream.max_head_bytes";
    if (filter->is_malformed)
        return filter->complaint;
    if (outcome == TRANSFER_RESEND_REFUSED)
        return "The connection was closed before a response came";
    if (outcome == TRANSFER_CUT && code == CURLE_OK)
        return "The connection was closed within the response's headers";
    return curl_easy_strerror(code);
}

/* Hands the result over, then frees the transfer. */
static void
transfer_finish(struct transfer *transfer, CURLcode code)
{
    struct transfer_pool *self = transfer->owner->pool;
    struct transfer_result result = {
        .outcome = outcome_of(transfer, code),
        .was_sent = transfer->prereq_calls > 0,
        .http_status = transfer->filter.http_status,
        .body_bytes = transfer->body_size,
        .expects_body = transfer->filter.is_chunked || transfer->filter.content_length > 0,
        .has_no_body = transfer->filter.is_complete && transfer->filter.content_length == 0,
        .retry_after_s = retry_after_s(transfer),
    };

    result.cause = cause_of(transfer, result.outcome, code);
    if (result.outcome != TRANSFER_OK && result.http_status < 200)
        result.http_status = 0;
    result.headers = header_filter_result(&transfer->filter);
    decode_body(transfer, &result);
    result.detail = result.cause == curl_easy_strerror(code) && transfer->error[0] != '\0'
                        ? transfer->error
                        : result.cause;
    strip_mark(transfer);
    redact(transfer, &result);
    check_body(transfer, &result);
    if (result.outcome == TRANSFER_OK && transfer->body_size > 0) {
        result.body =
            blob_wrap(bytes_of(transfer->body, transfer->body_size), free, transfer->body);
        if (result.body == NULL)
            result.outcome = TRANSFER_TOO_LARGE;
        else
            transfer->body = NULL;
    }
    curl_multi_remove_handle(self->loop.multi, transfer->curl);
    unlink_transfer(transfer);
    self->done(self->context, transfer->call, &result);
    blob_release(&result.body);
    free_transfer(transfer);
}

void
transfer_pool_step(struct transfer_pool *self)
{
    CURLMsg *message;
    int waiting;

    transfer_loop_step(&self->loop);
    while ((message = curl_multi_info_read(self->loop.multi, &waiting)) != NULL) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (!probe_finish(self, message->easy_handle, code))
            transfer_finish(transfer, code);
    }
}

void
transfer_pool_wait(struct transfer_pool *self, const int *fds, size_t fd_count, int64_t timeout_ms)
{
    transfer_loop_wait(&self->loop, fds, fd_count, timeout_ms);
}

/* Before the response begins the first byte has its deadline; low speed counts from then on. The library's own low-speed time
 * also runs while the paid API still thinks, so it is not used: it would cut calls that are paid and about to be answered. */
static bool
transfer_is_late(const struct transfer *transfer, int64_t now_ms)
{
    bool has_begun = transfer->filter.http_status >= 200; /* an interim head is no response */

    if (!has_begun)
        return now_ms >= transfer->first_byte_by_ms;
    return now_ms >= transfer->moved_at_ms + transfer->owner->upstream->low_speed_time_s * 1000;
}

void
transfer_origin_cancel_late(struct transfer_origin *self, int64_t now_ms)
{
    struct transfer *transfer, *next;

    LIST_FOREACH_SAFE (transfer, &self->all, link, next)
        if (transfer_is_late(transfer, now_ms))
            transfer_finish(transfer, CURLE_OPERATION_TIMEDOUT);
}
