/* server.c - civetweb, and nothing else: threads, sockets, the guard at the door. */
#include "server/server.h"

#include <civetweb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/char_set.h"
#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"
#include "server/acceptor_waker.h"
#include "server/library_buffer.h"
#include "server/library_socket.h"
#include "server/listen_failure.h"
#include "server/stack_watermark.h"
#include "server/thread_slots.h"

#define WRITE_STEP_BYTES 65536
#define OPTION_TEXT_SIZE 32
#define HEAD_BUFFER_FACTOR                                                                         \
    4 /* the library says 400 to what does not fit; so much is seen and gets 414 or 431 */
#define CROWDED_PERCENT     70 /* of the threads: above it no connection is kept */
#define SCARCE_LOG_EVERY_MS 60000
#define BACKLOG             4096 /* connections that wait in the kernel, where they can be counted ... */
#define HANDED_OVER_MOST    8 /* ... and in the library, accepted and without a thread */
#define STOP_POLL_NS        2000000
#define STOP_MARGIN_MS      2500 /* the library needs up to two seconds to notice its stop flag */

struct server {
    struct mg_context *context;
    const struct server_handlers *handlers;
    void *argument;
    struct server_settings settings;
    _Atomic bool is_stopping;
    _Atomic int64_t crowded_log_ms;  /* when it was last logged that threads are scarce ... */
    _Atomic int64_t given_up_log_ms; /* ... and that there is none */
    struct thread_slots *slots;      /* one per worker thread: the library makes so many */
    struct stack_record stacks;
    int port;
};

/* The library's worker thread. */
struct server_worker {
    struct server *server;
    struct thread_slot *slot;
    void *worker;
    bool is_refused; /* the library refused the last request of this connection: it is answered */
    struct stack_watermark stack;
};

static size_t
buffer_capacity(const struct server *server)
{
    return HEAD_BUFFER_FACTOR * server->settings.limits.max_head_bytes;
}

/* False: the library is not one that is known here; nothing can be said about the request's end. */
static bool
find_head(const struct server *server, const struct mg_request_info *info, struct bytes *head)
{
    struct library_buffer buffer;

    *head = bytes_of(NULL, 0);
    if (!library_buffer_find(info + 1, info->request_method, buffer_capacity(server), &buffer))
        return false;
    *head = bytes_of(buffer.received.data, buffer.head_size);
    return true;
}

static void
fill_request(struct request *request, const struct mg_request_info *info, bool has_query,
             bool is_admin)
{
    request->method = info->request_method;
    request->target = info->request_uri;
    request->query = has_query ? info->query_string : NULL;
    request_split_target(request);
    request->version = info->http_version;
    request->header_count = (size_t)(info->num_headers > 0 ? info->num_headers : 0);
    for (size_t i = 0; i < request->header_count; i++)
        request->headers[i] =
            (struct request_header){info->http_headers[i].name, info->http_headers[i].value};
    request->content_length = info->content_length;
    request->body = bytes_of(NULL, 0);
    request->remote_address = info->remote_addr;
    request->is_admin = is_admin;
}

static const char *
reason_of_body(enum status status)
{
    switch (status) {
    case STATUS_BODY_TOO_LARGE:
        return GUARD_BODY_TOO_LARGE;
    case STATUS_REQUEST_TIMEOUT:
        return "the body did not come within gateway.body_timeout_ms";
    case STATUS_BAD_REQUEST:
        return "the body is cut short, or its chunks are broken";
    default:
        return NULL;
    }
}

/* Handlers get a request with its whole body, or none at all. */
static struct guard_result
make_whole(const struct server_settings *settings, struct connection *connection,
           struct request *request)
{
    struct guard_result result = {.status = STATUS_INTERNAL,
                                  .reason = "the server library is not one that is known"};

    if (request->head.size > 0)
        result = guard_check(request, &settings->limits);
    if (result.status != STATUS_OK || !connection->has_unread_body)
        return result;
    result.status = connection_read_body(connection, request, settings->limits.max_body_bytes,
                                         settings->body_timeout_ms);
    result.reason = reason_of_body(result.status);
    return result;
}

static void
server_respond(struct server_worker *self, struct connection *connection, struct request *request)
{
    struct guard_result result = make_whole(&self->server->settings, connection, request);

    if (result.status == STATUS_OK) {
        self->server->handlers->handle(self->worker, connection, request);
        return;
    }
    connection_close_after(connection);
    connection->is_too_large = result.status == STATUS_BODY_TOO_LARGE;
    self->server->handlers->refuse(self->worker, connection, request, result.status, result.reason);
}

/* Above it a connection that is kept takes the thread of one that waits. */
static bool
is_crowded(const struct server *server)
{
    return thread_slots_connected(server->slots) * 100 > server->settings.threads * CROWDED_PERCENT;
}

/* Once in a while. *last_ms: when it was true last, 0: never. */
static bool
is_log_due(_Atomic int64_t *last_ms)
{
    int64_t now_ms = clock_mono_coarse_ms();
    int64_t then_ms = atomic_load_explicit(last_ms, memory_order_relaxed);

    return (then_ms == 0 || now_ms - then_ms >= SCARCE_LOG_EVERY_MS) &&
           atomic_compare_exchange_strong(last_ms, &then_ms, now_ms);
}

/* One thread serves one connection: the few of the admin listener are never kept. */
static void
close_where_crowded(struct server *server, struct connection *connection)
{
    if (server->settings.is_admin || thread_slot_is_given_up(connection->slot)) {
        connection_close_after(connection);
    } else if (is_crowded(server)) {
        connection_close_after(connection);
        metric_add(METRIC_CROWDED_CLOSES, 1);
        if (is_log_due(&server->crowded_log_ms))
            log_warning("over %d %% of the %lld threads hold a connection: responses close theirs",
                        CROWDED_PERCENT, (long long)server->settings.threads);
    }
}

/* The last free thread was taken: the next connection would wait in the kernel, for as long as others only wait for their
 * clients. */
static void
keep_a_thread_free(struct server *server, const struct thread_slot *newest)
{
    if (thread_slots_connected(server->slots) < server->settings.threads ||
        !thread_slots_give_up_idle(server->slots, newest))
        return;
    metric_add(METRIC_IDLE_CLOSES, 1);
    if (is_log_due(&server->given_up_log_ms))
        log_warning("all %lld threads of the %s listener hold a connection: the longest idle one "
                    "is closed for each new one",
                    (long long)server->settings.threads,
                    server->settings.is_admin ? "admin" : "data");
}

static int
on_connection(const struct mg_connection *library, void **data)
{
    struct server_worker *self = mg_get_thread_pointer(library);

    (void)data;
    if (self == NULL)
        return 0;
    self->is_refused = false;
    thread_slot_connect(self->server->slots, self->slot, library_socket_find(library),
                        clock_mono_coarse_ms());
    keep_a_thread_free(self->server, self->slot);
    return 0;
}

/* Always answers by itself. is_routed: by the library, which cuts the query off then. */
static void
serve(struct mg_connection *library, struct server_worker *self, bool is_routed)
{
    const struct mg_request_info *info = mg_get_request_info(library);
    struct server *server = self->server;
    struct connection connection = {.library = library, .server = server, .slot = self->slot};
    struct request request;

    thread_slot_begin(self->slot);
    fill_request(&request, info, is_routed, server->settings.is_admin);
    if (!find_head(server, info, &request.head))
        log_error("the server library is not one that is known here: civetweb %s", mg_version());
    connection.has_unread_body = guard_has_body(&request);
    if (!is_routed || atomic_load_explicit(&server->is_stopping, memory_order_relaxed))
        connection_close_after(&connection);
    close_where_crowded(server, &connection);
    server_respond(self, &connection, &request);
    connection_drop_body(&request);
    if (connection.is_too_large)
        connection_drain(&connection, &request, server->settings.drain_bytes,
                         server->settings.drain_ms);
    if (connection.must_close || connection.has_unread_body)
        mg_disable_connection_keep_alive(library);
    thread_slot_end(self->slot, clock_mono_coarse_ms());
}

/* A 0 from here would make the library look for files. */
static int
on_request(struct mg_connection *library)
{
    struct server_worker *self = mg_get_thread_pointer(library);

    if (self == NULL || self->worker == NULL) {
        mg_disable_connection_keep_alive(library);
        return 503;
    }
    serve(library, self, true);
    return 200;
}

/* The library read a request whose target is "*" or names a host or port that it takes for another's, and closes without a
 * word. Such a target is not "local" to it; a request that it refused is not, either. */
static bool
is_unanswered(const struct server_worker *self, const struct mg_connection *library)
{
    const struct mg_request_info *info = mg_get_request_info(library);

    return !self->is_refused && info != NULL && info->request_uri != NULL &&
           info->request_method != NULL && info->http_version != NULL && info->local_uri == NULL;
}

/* Still open: what is written here arrives. */
static void
on_connection_close(const struct mg_connection *library)
{
    struct server_worker *self = mg_get_thread_pointer(library);

    if (self == NULL)
        return;
    if (self->worker != NULL && is_unanswered(self, library))
        serve((struct mg_connection *)(uintptr_t)library, self, false);
    thread_slot_disconnect(self->server->slots, self->slot);
}

/* The buffer is full, and no end of the head is in it. */
static bool
fills_buffer(const struct server *server, const struct mg_connection *library)
{
    const struct mg_request_info *info = mg_get_request_info(library);
    struct library_buffer buffer;
    size_t capacity = buffer_capacity(server);

    return info != NULL && library_buffer_find(info + 1, NULL, capacity, &buffer) &&
           buffer.received.size == capacity && buffer.head_size == 0;
}

/* The library reads the request line whole before it looks the method up, and no field when it does not know it. */
static bool
is_unknown_method(const struct mg_connection *library)
{
    static const char *const known[] = {"GET",    "HEAD",    "POST",  "PUT",
                                        "DELETE", "OPTIONS", "PATCH", "CONNECT"};
    const struct mg_request_info *info = mg_get_request_info(library);

    if (info == NULL || info->http_version == NULL || info->request_method == NULL ||
        strncmp(info->http_version, "1.", 2) != 0)
        return false;
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(info->request_method, known[i]) == 0)
            return false;
    return char_set_makes(char_set_token, bytes_of_text(info->request_method));
}

/* RFC 9110 9.1: 501 where the method is not known, 405 where it is, and no resource has it. */
static enum status
status_of_method(const char *method)
{
    return strcmp(method, "TRACE") == 0 ? STATUS_METHOD_NOT_ALLOWED : STATUS_NOT_IMPLEMENTED;
}

/* The library refused before on_request: its own codes are mapped to ours, and the connection
 * always closes. */
static int
on_library_error(struct mg_connection *library, int http_status, const char *text)
{
    struct server_worker *self = mg_get_thread_pointer(library);
    struct connection connection = {.library = library};
    enum status status = STATUS_BAD_REQUEST;

    (void)text;
    mg_disable_connection_keep_alive(library);
    if (self == NULL || self->worker == NULL)
        return 0;
    self->is_refused = true;
    connection.server = self->server;
    connection.slot = self->slot;
    connection.must_close = true;
    if (thread_slot_is_given_up(self->slot))
        status = STATUS_OVERLOADED;
    else if (http_status == 413 || fills_buffer(self->server, library))
        status = STATUS_HEADERS_TOO_LARGE;
    else if (is_unknown_method(library))
        status = status_of_method(mg_get_request_info(library)->request_method);
    else if (http_status == 505)
        status = STATUS_VERSION_NOT_SUPPORTED;
    else if (http_status == 500)
        status = STATUS_INTERNAL;
    self->server->handlers->refuse(self->worker, &connection, NULL, status,
                                   status == STATUS_OVERLOADED
                                       ? "the connection was needed before its request was whole"
                                       : "the request is malformed");
    return 0;
}

static int
on_library_message(const struct mg_connection *library, const char *text)
{
    (void)library;
    log_debug("server library: %s", text);
    return 1;
}

static void *
on_thread_start(const struct mg_context *context, int thread_type)
{
    struct server *server = mg_get_user_data(context);
    struct server_worker *self;

    if (thread_type != 1)
        return NULL;
    self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->server = server;
    self->slot = thread_slots_take(server->slots);
    if (server->settings.measures_stacks)
        stack_watermark_paint(&self->stack);
    self->worker = server->handlers->worker_create(server->argument);
    return self;
}

static void
on_thread_end(const struct mg_context *context, int thread_type, void *thread_pointer)
{
    struct server_worker *self = thread_pointer;

    (void)context;
    if (thread_type != 1 || self == NULL)
        return;
    if (self->worker != NULL)
        self->server->handlers->worker_destroy(self->worker);
    stack_watermark_note(&self->stack, &self->server->stacks);
    free(self);
}

struct option_texts {
    char ports[128], threads[OPTION_TEXT_SIZE], head[OPTION_TEXT_SIZE], idle[OPTION_TEXT_SIZE];
    char head_bytes[OPTION_TEXT_SIZE], backlog[OPTION_TEXT_SIZE], handed_over[OPTION_TEXT_SIZE];
};

static struct mg_context *
start_library(struct server *server)
{
    const struct server_settings *settings = &server->settings;
    struct option_texts texts;
    struct mg_callbacks callbacks = {
        .begin_request = on_request,
        .http_error = on_library_error,
        .log_message = on_library_message,
        .init_thread = on_thread_start,
        .exit_thread = on_thread_end,
        .init_connection = on_connection,
        .connection_close = on_connection_close,
    };
    const char *options[] = {
        "listening_ports",
        texts.ports,
        "num_threads",
        texts.threads,
        "request_timeout_ms",
        texts.head,
        "keep_alive_timeout_ms",
        texts.idle,
        "max_request_size",
        texts.head_bytes,
        "listen_backlog",
        texts.backlog,
        "connection_queue",
        texts.handed_over,
        "enable_keep_alive",
        "yes",
        "tcp_nodelay",
        "1",
        "decode_url",
        "no",
        "enable_auth_domain_check",
        "no",
        "enable_directory_listing",
        "no",
        "access_control_allow_methods",
        "",
        "cgi_pattern",
        "",
        NULL,
    };

    snprintf(texts.ports, sizeof texts.ports, "%s:%lld", settings->host, (long long)settings->port);
    snprintf(texts.threads, sizeof texts.threads, "%lld", (long long)settings->threads);
    snprintf(texts.head, sizeof texts.head, "%lld", (long long)settings->head_timeout_ms);
    snprintf(texts.idle, sizeof texts.idle, "%lld", (long long)settings->keep_alive_timeout_ms);
    snprintf(texts.head_bytes, sizeof texts.head_bytes, "%zu", buffer_capacity(server));
    snprintf(texts.backlog, sizeof texts.backlog, "%d", BACKLOG);
    snprintf(texts.handed_over, sizeof texts.handed_over, "%d", HANDED_OVER_MOST);
    return mg_start(&callbacks, server, options);
}

struct server *
server_start(const struct server_settings *settings, const struct server_handlers *handlers,
             void *argument)
{
    struct server *server = calloc(1, sizeof *server);
    struct mg_server_port ports[4];

    if (server == NULL)
        return NULL;
    server->slots = thread_slots_create(settings->threads);
    if (server->slots == NULL) {
        free(server);
        return NULL;
    }
    server->settings = *settings;
    server->handlers = handlers;
    server->argument = argument;
    server->context = start_library(server);
    if (server->context == NULL || mg_get_server_ports(server->context, COUNT(ports), ports) < 1) {
        char why[LISTEN_FAILURE_SIZE];

        listen_failure_explain(settings->host, settings->port, why);
        log_error("%s: cannot listen on %s, port %lld: %s", settings->host_setting, settings->host,
                  (long long)settings->port, why);
        if (server->context != NULL)
            mg_stop(server->context);
        thread_slots_destroy(&server->slots);
        free(server);
        return NULL;
    }
    server->port = ports[0].port;
    return server;
}

int
server_port(const struct server *server)
{
    return server->port;
}

int
server_socket(const struct server *server)
{
    return library_socket_listening(server->port);
}

void
server_stop_accepting(struct server *server)
{
    atomic_store(&server->is_stopping, true);
}

void
server_stop(struct server **server, int64_t timeout_ms)
{
    struct timespec pause = {.tv_nsec = STOP_POLL_NS};
    int64_t deadline_ms = clock_mono_ms() + timeout_ms - STOP_MARGIN_MS;
    struct acceptor_waker *waker;

    if (*server == NULL)
        return;
    server_stop_accepting(*server);
    while (thread_slots_are_answering((*server)->slots) && clock_mono_ms() < deadline_ms)
        nanosleep(&pause, NULL);
    waker = acceptor_waker_start((*server)->settings.host, (*server)->port);
    mg_stop((*server)->context);
    acceptor_waker_stop(&waker);
    stack_record_log(&(*server)->stacks, (*server)->settings.is_admin ? "admin" : "data");
    thread_slots_destroy(&(*server)->slots);
    free(*server);
    *server = NULL;
}

bool
connection_write(struct connection *connection, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        size_t step = size < WRITE_STEP_BYTES ? size : WRITE_STEP_BYTES;
        int written = mg_write(connection->library, next, step);

        if (written < 0 || (size_t)written != step) {
            connection->must_close = true;
            return false;
        }
        next += step;
        size -= step;
    }
    return true;
}

bool
connection_is_gone(const struct connection *connection)
{
    struct pollfd client = {.fd = thread_slot_file(connection->slot), .events = POLLRDHUP};

    /* what is given up has its reading side closed by us */
    return client.fd >= 0 && !thread_slot_is_given_up(connection->slot) &&
           poll(&client, 1, 0) == 1 && (client.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

int
connection_receive(struct connection *connection, void *to, size_t size)
{
    return mg_read(connection->library, to, size);
}

bool
connection_is_addressed_by(const struct connection *connection, struct bytes authority)
{
    return library_socket_is_named(thread_slot_file(connection->slot), authority);
}
