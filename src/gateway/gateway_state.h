/* gateway_state.h - what the gateway's threads share.
 *
 * Shared and written: epochs, keys, near, auth_guard, spool, the buckets and what is _Atomic, each by
 * the rules of its own file; views under views_lock. Everything else is const once
 * gateway_start has returned. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "access/key_table.h"
#include "actor/actor.h"
#include "actor/mailbox.h"
#include "config.h"
#include "gateway.h"
#include "http/host_policy.h"
#include "lockfree/epoch.h"
#include "metrics.h"
#include "near/near_cache.h"
#include "response/common_headers.h"
#include "routing/route_table.h"
#include "server/server.h"
#include "spool/spool.h"
#include "upstream_metrics.h"

struct access_log;
struct auth_guard;
struct documents;

#define ADMIN_TOKEN_SIZE 128

/* What the last heartbeat of an actor said. Written by the listener, read by health and metrics
 * under lock. */
struct actor_view {
    bool is_up;
    bool is_healthy;
    int64_t latency_us;
    int64_t version;
    char detail[128];
    struct metric_values values;
};

struct gateway {
    const struct config *config;
    struct actor_system *system;
    struct epoch_domain *epochs;
    struct key_table *keys;
    struct near_cache *near;
    struct route_table *routes;
    struct documents *documents;
    struct auth_guard *auth_guard;
    struct access_log *access_log;
    struct host_policy host_policy;
    struct spool *spool;
    struct common_headers data_headers, admin_headers;
    struct server *data_server;
    struct server *admin_server;
    struct server *metrics_server; /* NULL: metrics_port is 0 */
    _Atomic int data_socket; /* the data listener's, for counting who waits; -1: it is not open */
    struct actor_runner *listener;
    struct actor_runner *shipper;
    struct actor_runner *warmer; /* NULL: nothing is warmed */
    uint8_t admin_token_hash[32];
    struct bucket metrics_bucket, admin_bucket; /* of metrics_rate and admin_rate; atomic */
    int64_t gateway_id;                         /* random, new at every start */
    int64_t started_wall_us;
    _Atomic bool is_stopping;
    _Atomic bool is_registered;  /* the cache actor told where the purges stand */
    _Atomic bool is_cache_ready; /* it can fetch: its own peers are there, and the ledger is open */
    _Atomic bool
        was_upstream_ready; /* it said itself that the ledger is open: health lags behind nobody */
    _Atomic bool were_all_up; /* every actor gave a sign of life since this gateway started */
    _Atomic bool
        is_up[ACTOR_COUNT];  /* by the last signs of life: nobody waits for an actor that is away */
    _Atomic int64_t waiting; /* workers that wait for another actor */
    _Atomic int64_t waiting_of[UPSTREAMS_MAX]; /* of them, those of each upstream's routes */
    pthread_mutex_t views_lock;
    struct actor_view views[ACTOR_COUNT];
    int64_t *route_counters[ACTOR_COUNT]; /* owned: as the last heartbeats said, of every route */
    struct upstream_metrics upstreams[UPSTREAMS_MAX]; /* as the upstream actor's last one said */
};

/* readiness.c: */
/* A copy of what is known of an actor. */
void gateway_view(struct gateway *gateway, enum actor_id actor, struct actor_view *view);
/* What an actor has counted of a route; 0 until it said so. */
int64_t gateway_route_counter(struct gateway *gateway, enum metric_route_counter counter,
                              size_t route_index);
/* What the upstream actor said last of an upstream; false: it is down. */
bool gateway_upstream(struct gateway *gateway, size_t index, struct upstream_metrics *metrics);
/* The actor and all its upstreams, as one heartbeat said it. all: UPSTREAMS_MAX places. */
void gateway_view_upstreams(struct gateway *gateway, struct actor_view *view,
                            struct upstream_metrics *all);
/* The listener's: a HEARTBEAT_REPLY came, and an actor came or went. */
void gateway_note_heartbeat(struct gateway *gateway, enum actor_id actor,
                            const struct message *message);
void gateway_note_peer(struct gateway *gateway, enum actor_id actor, bool is_up);
