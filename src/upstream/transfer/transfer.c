/* transfer.c - libcurl's multi interface. Its traps and what is done about them: docs/architecture.md, "libcurl". */
#include "transfer/transfer_private.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/header_lines.h"
#include "base/json_scan.h"
#include "base/log.h"

#define WAIT_FDS_MAX 8

/* Splits base_url once; the library's own parser says what is valid. */
static bool
read_base_url(struct transfers *self)
{
    CURLU *url = curl_url();
    char *host = NULL, *port = NULL;
    bool is_valid =
        url != NULL &&
        curl_url_set(url, CURLUPART_URL, self->config->upstream.base_url, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;

    if (is_valid) {
        snprintf(self->host, sizeof self->host, "%s", host);
        snprintf(self->port, sizeof self->port, "%s", port);
    } else {
        log_error("upstream.base_url is no URL");
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return is_valid;
}

struct transfers *
transfers_create(const struct config *config, transfer_done_function *done, void *context)
{
    struct transfers *self = calloc(1, sizeof *self);

    if (self == NULL || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
        free(self);
        return NULL;
    }
    self->config = config;
    self->done = done;
    self->context = context;
    self->multi = curl_multi_init();
    if (self->multi == NULL || !read_base_url(self)) {
        transfers_destroy(&self);
        return NULL;
    }
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS,
                      (long)config->upstream.max_idle_connections);
    curl_multi_setopt(self->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return self;
}

static void
unlink_transfer(struct transfer *transfer)
{
    struct transfers *owner = transfer->owner;

    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        owner->first = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    owner->running--;
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
    curl_multi_remove_handle(transfer->owner->multi, transfer->curl);
    unlink_transfer(transfer);
    free_transfer(transfer);
}

void
transfers_destroy(struct transfers **transfers)
{
    struct transfers *self = *transfers;

    if (self == NULL)
        return;
    while (self->first != NULL)
        drop_transfer(self->first);
    if (self->multi != NULL)
        probe_drop(self);
    if (self->multi != NULL)
        curl_multi_cleanup(self->multi);
    curl_global_cleanup();
    free(self);
    *transfers = NULL;
}

const char *
transfers_host(const struct transfers *transfers)
{
    return transfers->host;
}

enum status
transfer_start(struct transfers *self, const struct transfer_request *request)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (transfer == NULL)
        return STATUS_NO_MEMORY;
    transfer->owner = self;
    transfer->call = request->call;
    transfer->first_byte_by_ms = clock_mono_ms() + self->config->upstream.first_byte_timeout_ms;
    header_filter_init(&transfer->filter, (size_t)self->config->upstream.max_head_bytes);
    transfer->curl = curl_easy_init();
    if (transfer->curl == NULL || !transfer_set_up(transfer, request)) {
        free_transfer(transfer);
        return STATUS_NO_MEMORY;
    }
    if (curl_multi_add_handle(self->multi, transfer->curl) != CURLM_OK) {
        free_transfer(transfer);
        return STATUS_INTERNAL;
    }
    transfer->next = self->first;
    if (self->first != NULL)
        self->first->previous = transfer;
    self->first = transfer;
    self->running++;
    return STATUS_OK;
}

size_t
transfers_running(const struct transfers *transfers)
{
    return transfers->running;
}

size_t
transfers_connections(const struct transfers *transfers)
{
    return transfers->connections;
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
    for (size_t i = 0; i < COUNT(outcomes); i++)
        if (outcomes[i].code == code)
            return code == CURLE_OPERATION_TIMEDOUT && !was_sent ? TRANSFER_NOT_CONNECTED
                                                                 : outcomes[i].outcome;
    return was_sent ? TRANSFER_CUT : TRANSFER_NOT_CONNECTED;
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

/* For people. What our own callback stops is a second sending (transfer_setup.c): the first was not answered. */
static const char *
cause_of(CURLcode code)
{
    return code == CURLE_ABORTED_BY_CALLBACK ? "The connection was closed before an answer came"
                                             : curl_easy_strerror(code);
}

/* Hands the result over, then frees the transfer. */
static void
transfer_finish(struct transfer *transfer, CURLcode code)
{
    struct transfers *self = transfer->owner;
    struct transfer_result result = {
        .outcome = outcome_of(transfer, code),
        .was_sent = transfer->prereq_calls > 0,
        .http_status = transfer->filter.http_status,
        .body_bytes = transfer->body_size,
        .expects_body = transfer->filter.is_chunked || transfer->filter.content_length > 0,
        .retry_after_s = transfer->filter.retry_after_s,
        .cause = cause_of(code),
    };

    if (result.outcome != TRANSFER_OK && result.http_status < 200)
        result.http_status = 0;
    result.headers = header_filter_result(&transfer->filter);
    check_body(transfer, &result);
    if (result.outcome == TRANSFER_OK && transfer->body_size > 0) {
        result.body =
            blob_wrap(bytes_of(transfer->body, transfer->body_size), free, transfer->body);
        if (result.body == NULL)
            result.outcome = TRANSFER_TOO_LARGE;
        else
            transfer->body = NULL;
    }
    curl_multi_remove_handle(self->multi, transfer->curl);
    unlink_transfer(transfer);
    self->done(self->context, transfer->call, &result);
    blob_release(&result.body);
    free_transfer(transfer);
}

void
transfers_step(struct transfers *self)
{
    CURLMsg *message;
    int running, waiting;

    curl_multi_perform(self->multi, &running);
    while ((message = curl_multi_info_read(self->multi, &waiting)) != NULL) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (message->easy_handle == self->probe.curl)
            probe_finish(self, code);
        else
            transfer_finish(transfer, code);
    }
}

void
transfers_wait(struct transfers *self, const int *fds, size_t fd_count, int64_t timeout_ms)
{
    struct curl_waitfd extra[WAIT_FDS_MAX];
    unsigned count = 0;
    int ready;

    for (size_t i = 0; i < fd_count && i < WAIT_FDS_MAX; i++)
        extra[count++] = (struct curl_waitfd){.fd = fds[i], .events = CURL_WAIT_POLLIN};
    curl_multi_poll(self->multi, extra, count, (int)timeout_ms, &ready);
}

void
transfers_cancel_late(struct transfers *self, int64_t now_ms)
{
    struct transfer *next;

    for (struct transfer *transfer = self->first; transfer != NULL; transfer = next) {
        next = transfer->next;
        if (transfer->filter.http_status == 0 && now_ms >= transfer->first_byte_by_ms)
            transfer_finish(transfer, CURLE_OPERATION_TIMEDOUT);
    }
}
