/* world.h - the whole system on free ports in a folder of its own: simulator, server in one process or four, keys.
 *
 * RENTCACHE_TOPOLOGY says which (one: default). A world belongs to one test; world_stop checks that every program ended as it
 * should and removes the folder. Failures abort the test. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/http.h"
#include "support/process.h"

#define WORLD_SETTINGS_MAX 24

enum world_process { WORLD_ANALYTICS, WORLD_UPSTREAM, WORLD_CACHE, WORLD_GATEWAY, WORLD_PROCESSES };

struct world {
    char folder[64];
    char data_dir[96];
    char log_path[96];
    struct process simulator;
    struct process processes[WORLD_PROCESSES]; /* one process: only [WORLD_GATEWAY] */
    bool is_split;
    int simulator_port, control_port;
    int port, admin_port;
    int held_ports[2]; /* while the server is down; 0: none */
    char admin_token[128];
    char key[80];                           /* without limits */
    char settings[WORLD_SETTINGS_MAX][256]; /* NAME=VALUE for the server */
    size_t setting_count;
};

/* settings: "NAME=VALUE" ..., NULL at the end, or NULL. */
void world_start(struct world *world, const char *const *settings);
void world_stop(struct world *world);

/* Parts of it, for kill tests: `which` is any process in the split world, the whole server otherwise. */
void world_start_simulator(struct world *world);
void world_start_server(struct world *world);
struct process *world_process(struct world *world, enum world_process which);
void world_restart_process(struct world *world, enum world_process which);
/* The two halves of it, for starts in an order of the test's own: the second waits until it is ready. */
void world_launch_process(struct world *world, enum world_process which);
void world_await_process(struct world *world, enum world_process which);
/* Ends all server processes gracefully and expects exit status 0, and that no worker's stack was used further than
 * WORLD_STACK_BYTES of its 102,400. */
void world_stop_server(struct world *world);
/* The most that any worker ("data", "admin") of the servers that ended used of its stack; 0: not measured (sanitizers). */
#define WORLD_STACK_BYTES 49152
size_t world_stack_used(struct world *world, const char *workers);
void world_kill_server(struct world *world);

/* A key made by the admin API; body: further JSON members beside key_name, e.g. "\"daily_limit\": 5", or "". */
void world_make_key(struct world *world, const char *name, const char *members, char key[80]);

/* GET on the data listener with world->key; the response is the caller's. */
void world_get(struct world *world, const char *target, struct http_response *response);
/* GET that must give this status; returns the decision header X-Cache-Hit as 1, 0 or -1 (absent). */
int world_expect(struct world *world, const char *target, int status);

/* Simulator control. Bodies as docs/simulator.md has them. */
json_t *world_control(struct world *world, const char *method, const char *target,
                      const char *body);
int64_t world_upstream_calls(struct world *world);              /* rows of its journal */
int64_t world_upstream_billed(struct world *world);             /* billable ones of its ledger */
void world_fault(struct world *world, const char *faults_json); /* the array's content, "" clears */
/* Waits until that many requests were journalled. */
void world_await_upstream_calls(struct world *world, int64_t count);

/* The only column of the only row of a query on DATA_DIR/rentcache.db or cache.db. */
int64_t world_query(struct world *world, const char *database, const char *sql);
/* Repeats the query until it gives value, or aborts after timeout_ms with what it gave. */
void world_await_query(struct world *world, const char *database, const char *sql, int64_t value,
                       int timeout_ms);
/* A value of /metrics in Prometheus form; name with labels. -1: absent. */
double world_metric(struct world *world, const char *name);
void world_await_metric(struct world *world, const char *name, double value, int timeout_ms);
/* Waits until /readyz says 200. */
void world_await_ready(struct world *world, int timeout_ms);
