/* gateway.c - putting the gateway together, and taking it apart in the reverse order. */
#include "gateway_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "access/auth_guard.h"
#include "access/authenticate.h"
#include "admin/admin.h"
#include "admin/documents.h"
#include "admin/health.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/client.h"
#include "listener.h"
#include "proxy/options_method.h"
#include "proxy/proxy.h"
#include "response/response.h"
#include "usage/access_log.h"
#include "usage/shipper.h"
#include "warming/warmer.h"

#define SPOOL_DRAIN_MS 5000
#define SPOOL_POLL_NS  2000000
#define EXTRA_SLOTS    8 /* epoch slots beside the workers' */

/* False: refused and answered. No redirect to HTTPS: a client of an API follows it without a word, and sends its key in clear
 * each time again. */
static bool
gateway_admits_host(struct exchange *exchange)
{
    const struct host_policy *host_policy = &exchange->worker->gateway->host_policy;
    enum status status;

    if (host_policy->is_open)
        return true;
    status = host_policy_result(host_policy, exchange->request, client_peer_is_trusted(exchange));
    if (status == STATUS_OK)
        return true;
    response_problem(
        exchange, status,
        status == STATUS_HTTPS_REQUIRED
            ? "Use HTTPS. An API key sent over plain HTTP may have been read by others: replace it"
            : NULL);
    return false;
}

/* False: refused and answered. Clients that take this server for a forward proxy send the absolute form of another one's URL:
 * its responses must not come from here. */
static bool
gateway_is_addressed(struct exchange *exchange)
{
    const struct bytes authority = exchange->request->authority;

    if (authority.size == 0 || connection_is_addressed_by(exchange->connection, authority) ||
        host_policy_lists(&exchange->worker->gateway->host_policy, authority))
        return true;
    response_problem(
        exchange, STATUS_MISDIRECTED,
        "This server is not a forward proxy. In an absolute URL it answers for its own "
        "address and port, and for the names in ALLOWED_HOSTS");
    return false;
}

static void
handle_data(void *worker, struct connection *connection, const struct request *request)
{
    struct exchange exchange;

    metric_add(METRIC_HTTP_REQUESTS, 1);
    metric_add(METRIC_WORKERS_BUSY, 1);
    exchange_begin(&exchange, worker, connection, request);
    if (gateway_is_addressed(&exchange) && !options_method_handle(&exchange) &&
        !health_handle(&exchange) && gateway_admits_host(&exchange))
        proxy_handle(&exchange);
    exchange_end(&exchange);
    metric_add(METRIC_WORKERS_BUSY, -1);
}

static void
handle_admin(void *worker, struct connection *connection, const struct request *request)
{
    struct exchange exchange;

    exchange_begin(&exchange, worker, connection, request);
    if (gateway_is_addressed(&exchange))
        admin_handle(&exchange);
    exchange_end(&exchange);
}

static void
handle_metrics(void *worker, struct connection *connection, const struct request *request)
{
    struct exchange exchange;

    exchange_begin(&exchange, worker, connection, request);
    if (gateway_is_addressed(&exchange))
        admin_handle_metrics(&exchange);
    exchange_end(&exchange);
}

static void
refuse_data(void *worker, struct connection *connection, const struct request *request,
            enum status status, const char *reason)
{
    struct exchange exchange;

    metric_add(METRIC_HTTP_REQUESTS, 1);
    exchange_begin(&exchange, worker, connection, request);
    if (status == STATUS_METHOD_NOT_ALLOWED)
        response_method_not_allowed(&exchange, OPTIONS_METHOD_ALL);
    else
        response_problem(&exchange, status, reason);
    exchange_end(&exchange);
}

static void
refuse_admin(void *worker, struct connection *connection, const struct request *request,
             enum status status, const char *reason)
{
    struct exchange exchange;

    exchange_begin(&exchange, worker, connection, request);
    if (status == STATUS_METHOD_NOT_ALLOWED)
        response_method_not_allowed(&exchange, "GET, HEAD, POST, PUT, DELETE");
    else
        response_problem(&exchange, status, reason);
    exchange_end(&exchange);
}

static void
refuse_metrics(void *worker, struct connection *connection, const struct request *request,
               enum status status, const char *reason)
{
    struct exchange exchange;

    exchange_begin(&exchange, worker, connection, request);
    if (status == STATUS_METHOD_NOT_ALLOWED)
        response_method_not_allowed(&exchange, "GET, HEAD");
    else
        response_problem(&exchange, status, reason);
    exchange_end(&exchange);
}

static const struct server_handlers data_handlers = {worker_create, worker_destroy, handle_data,
                                                     refuse_data};
static const struct server_handlers admin_handlers = {worker_create_admin, worker_destroy,
                                                      handle_admin, refuse_admin};
static const struct server_handlers metrics_handlers = {worker_create_admin, worker_destroy,
                                                        handle_metrics, refuse_metrics};

/* What each listener has of its own. */
static struct server *
start_server(struct gateway *gateway, const char *host_setting, const char *host, int64_t port,
             const struct server_handlers *handlers)
{
    const struct config *config = gateway->config;
    bool is_admin = handlers != &data_handlers;
    struct server_settings settings = {
        .host_setting = host_setting,
        .host = host,
        .port = port,
        .threads = is_admin ? config->gateway.admin_threads : config->gateway.threads,
        .is_admin = is_admin,
        .measures_stacks = strcmp(config->server.environment, "test") == 0,
        .keep_alive_timeout_ms = config->gateway.keep_alive_timeout_ms,
        .head_timeout_ms = config->gateway.head_timeout_ms,
        .body_timeout_ms = config->gateway.body_timeout_ms,
        .drain_bytes = config->gateway.drain_bytes,
        .drain_ms = config->gateway.drain_ms,
        .limits =
            {
                .max_target_bytes = (size_t)config->gateway.max_target_bytes,
                .max_head_bytes = (size_t)config->gateway.max_head_bytes,
                .max_body_bytes = (size_t)config->gateway.max_request_body_bytes,
            },
    };

    return server_start(&settings, handlers, gateway);
}

/* Probes find the admin listener before clients find the data listener. */
static bool
start_servers(struct gateway *gateway)
{
    const struct config *config = gateway->config;

    gateway->admin_server = start_server(gateway, "ADMIN_HOST", config->gateway.admin_host,
                                         config->gateway.admin_port, &admin_handlers);
    if (gateway->admin_server == NULL)
        return false;
    if (config->gateway.metrics_port != 0) {
        gateway->metrics_server =
            start_server(gateway, "METRICS_HOST", config->gateway.metrics_host,
                         config->gateway.metrics_port, &metrics_handlers);
        if (gateway->metrics_server == NULL)
            return false;
    }
    gateway->data_server =
        start_server(gateway, "HOST", config->gateway.host, config->gateway.port, &data_handlers);
    return gateway->data_server != NULL;
}

static bool
make_tables(struct gateway *gateway)
{
    const struct config *config = gateway->config;
    char folder[CONFIG_TEXT_SIZE];

    gateway->access_log = access_log_create();
    gateway->auth_guard = auth_guard_create(&config->limits.auth_failures);
    gateway->routes = route_table_create(config);
    gateway->epochs = epoch_domain_create(
        (size_t)(config->gateway.threads + 2 * config->gateway.admin_threads) + EXTRA_SLOTS);
    if (gateway->access_log == NULL || gateway->auth_guard == NULL || gateway->routes == NULL ||
        gateway->epochs == NULL)
        return false;
    gateway->near = near_cache_create(gateway->epochs, (size_t)config->gateway.near_cache_bytes);
    gateway->keys = key_table_create(
        gateway->epochs, &config->limits.global, route_table_limit_rates(gateway->routes),
        route_table_limit_names(gateway->routes), route_table_limit_count(gateway->routes));
    return gateway->near != NULL && gateway->keys != NULL &&
           config_data_path(config, "spool", folder, sizeof folder) &&
           spool_open(folder, config, (size_t)config->gateway.threads, &gateway->spool) ==
               STATUS_OK;
}

static bool
make_documents(struct gateway *gateway)
{
    struct openapi_own own[ADMIN_ROUTES_MAX];
    size_t count = admin_routes_list(own);

    gateway->documents = documents_create(gateway->config, own, count);
    return gateway->documents != NULL;
}

static bool
start_parts(struct gateway *gateway)
{
    gateway->listener = actor_start(gateway->system, &gateway_listener, gateway);
    gateway->shipper = actor_start(gateway->system, &gateway_shipper, gateway);
    if (gateway->listener == NULL || gateway->shipper == NULL)
        return false;
    if (!start_servers(gateway))
        return false;
    atomic_store(&gateway->data_socket, server_socket(gateway->data_server));
    return true;
}

/* Last, as nothing waits for it; and no reason not to serve. */
static void
start_warming(struct gateway *gateway)
{
    if (!gateway->config->cache.warming || gateway->config->warming_count == 0)
        return;
    gateway->warmer = actor_start(gateway->system, &gateway_warmer, gateway);
    if (gateway->warmer == NULL)
        log_warning("warming does not start; requests alone fill the cache");
}

static bool
make_id(int64_t *id)
{
    if (getrandom(id, sizeof *id, 0) != (ssize_t)sizeof *id)
        return false;
    *id &= INT64_MAX;
    return true;
}

struct gateway *
gateway_start(struct actor_system *system, const struct config *config)
{
    struct gateway *gateway = calloc(1, sizeof *gateway);

    if (gateway == NULL)
        return NULL;
    gateway->system = system;
    gateway->config = config;
    gateway->started_wall_us = clock_wall_us();
    atomic_store(&gateway->data_socket, -1);
    host_policy_init(&gateway->host_policy, config);
    common_headers_init(&gateway->data_headers, config, false);
    common_headers_init(&gateway->admin_headers, config, true);
    pthread_mutex_init(&gateway->views_lock, NULL);
    if (!make_id(&gateway->gateway_id) ||
        authenticate_load_admin_token(config, gateway->admin_token_hash) != STATUS_OK ||
        !make_tables(gateway) || !make_documents(gateway) || !start_parts(gateway)) {
        gateway_stop(&gateway);
        return NULL;
    }
    start_warming(gateway);
    return gateway;
}

/* Of the stop timeout. */
static int64_t
drain_ms(const struct gateway *gateway)
{
    int64_t share_ms = gateway->config->server.stop_timeout_ms / 4;

    return share_ms < SPOOL_DRAIN_MS ? share_ms : SPOOL_DRAIN_MS;
}

/* What the spool still holds is carried out while somebody takes it; the rest stays in its file. */
static void
drain_spool(struct gateway *gateway)
{
    struct timespec pause = {.tv_nsec = SPOOL_POLL_NS};
    int64_t deadline_ms = clock_mono_ms() + drain_ms(gateway);
    struct actor_view analytics;

    gateway_view(gateway, ACTOR_ANALYTICS, &analytics);
    while (analytics.is_up && spool_waiting(gateway->spool) > 0 && clock_mono_ms() < deadline_ms) {
        nanosleep(&pause, NULL);
        gateway_view(gateway, ACTOR_ANALYTICS, &analytics);
    }
}

static void
stop_serving(struct gateway *gateway)
{
    atomic_store(&gateway->is_stopping, true);
    atomic_store(&gateway->data_socket, -1);
    if (gateway->data_server == NULL)
        return;
    server_stop(&gateway->data_server, gateway->config->server.stop_timeout_ms - drain_ms(gateway));
    drain_spool(gateway);
}

void
gateway_stop(struct gateway **gateway)
{
    struct gateway *self = *gateway;

    if (self == NULL)
        return;
    actor_stop(&self->warmer);
    stop_serving(self);
    server_stop(&self->metrics_server, 0);
    server_stop(&self->admin_server, 0);
    actor_stop(&self->shipper);
    actor_stop(&self->listener);
    access_log_destroy(&self->access_log);
    for (int i = 0; i < ACTOR_COUNT; i++)
        free(self->route_counters[i]);
    spool_close(&self->spool);
    key_table_destroy(&self->keys);
    near_cache_destroy(&self->near);
    epoch_domain_destroy(&self->epochs);
    documents_destroy(&self->documents);
    auth_guard_destroy(&self->auth_guard);
    route_table_destroy(&self->routes);
    pthread_mutex_destroy(&self->views_lock);
    free(self);
    *gateway = NULL;
}

int
gateway_port(const struct gateway *gateway)
{
    return server_port(gateway->data_server);
}

int
gateway_admin_port(const struct gateway *gateway)
{
    return server_port(gateway->admin_server);
}
