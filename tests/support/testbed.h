/* testbed.h - the whole system on free ports in a folder of its own: simulator, server in one process or four, keys.
 *
 * RENTCACHE_TOPOLOGY says which (one: default). A testbed belongs to one test; testbed_stop checks that every program ended as it
 * should and removes the folder. Failures abort the test. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/http/http.h"
#include "support/process/process.h"

#define TESTBED_SETTINGS_MAX 24

enum testbed_process {
    TESTBED_ANALYTICS,
    TESTBED_UPSTREAM,
    TESTBED_CACHE,
    TESTBED_GATEWAY,
    TESTBED_PROCESSES
};

struct testbed {
    char folder[64];
    char data_dir[96];
    char log_path[96];
    struct process simulator;
    struct process processes[TESTBED_PROCESSES]; /* one process: only [TESTBED_GATEWAY] */
    bool is_split;
    int simulator_port, control_port;
    int port, admin_port;
    int held_ports[2]; /* while the server is down; 0: none */
    char admin_token[128];
    char key[80];                             /* without limits */
    char settings[TESTBED_SETTINGS_MAX][256]; /* NAME=VALUE for the server */
    size_t setting_count;
};

/* Whether RENTCACHE_TOPOLOGY asks for a process per part. */
bool testbed_is_split(void);
/* settings: "NAME=VALUE" ..., NULL at the end, or NULL. */
void testbed_start(struct testbed *testbed, const char *const *settings);
void testbed_stop(struct testbed *testbed);

/* Parts of it, for kill tests: `which` is any process in the split testbed, the whole server otherwise. */
void testbed_start_simulator(struct testbed *testbed);
void testbed_start_server(struct testbed *testbed);
struct process *testbed_process(struct testbed *testbed, enum testbed_process which);
void testbed_restart_process(struct testbed *testbed, enum testbed_process which);
/* The two halves of it, for starts in an order of the test's own: the second waits until it is ready. */
void testbed_launch_process(struct testbed *testbed, enum testbed_process which);
void testbed_await_process(struct testbed *testbed, enum testbed_process which);
/* Ends all server processes gracefully and expects exit status 0, and that no worker's stack was used further than
 * TESTBED_STACK_BYTES of its 102,400. */
void testbed_stop_server(struct testbed *testbed);
/* The most that any worker ("data", "admin") of the servers that ended used of its stack; 0: not measured (sanitizers). */
#define TESTBED_STACK_BYTES 49152
size_t testbed_stack_used(struct testbed *testbed, const char *workers);
void testbed_kill_server(struct testbed *testbed);

/* A key made by the admin API; body: further JSON members beside key_name, e.g. "\"daily_limit\": 5", or "". */
void testbed_make_key(struct testbed *testbed, const char *name, const char *members, char key[80]);

/* GET on the data listener with testbed->key; the response is the caller's. */
void testbed_get(struct testbed *testbed, const char *target, struct http_response *response);
/* GET that must give this status; returns the decision header X-Cache-Hit as 1, 0 or -1 (absent). */
int testbed_expect(struct testbed *testbed, const char *target, int status);
/* The status of a GET with that key. */
int testbed_status(struct testbed *testbed, const char *key, const char *target);
/* GET until it gives 200, at most 20 s: each part finds a restarted one by itself, until then there is 503. */
void testbed_await_success(struct testbed *testbed, const char *target);

/* Simulator control. Bodies as docs/simulator.md has them. */
json_t *testbed_control(struct testbed *testbed, const char *method, const char *target,
                        const char *body);
int64_t testbed_upstream_calls(struct testbed *testbed);  /* rows of its journal */
int64_t testbed_upstream_billed(struct testbed *testbed); /* billable ones of its ledger */
void testbed_fault(struct testbed *testbed,
                   const char *faults_json); /* the array's content, "" clears */
/* Waits until that many requests were journalled. */
void testbed_await_upstream_calls(struct testbed *testbed, int64_t count);

/* The only column of the only row of a query on DATA_DIR/rentcache.db or cache.db. */
int64_t testbed_query(struct testbed *testbed, const char *database, const char *sql);
/* Rows of the ledger that are so. */
int64_t testbed_count_ledger(struct testbed *testbed, const char *where);
/* Repeats the query until it gives value, or aborts after timeout_ms with what it gave. */
void testbed_await_query(struct testbed *testbed, const char *database, const char *sql,
                         int64_t value, int timeout_ms);
/* A value of /metrics in Prometheus form; name with labels. -1: absent. */
double testbed_metric(struct testbed *testbed, const char *name);
void testbed_await_metric(struct testbed *testbed, const char *name, double value, int timeout_ms);
/* Waits until /readyz says 200. */
void testbed_await_ready(struct testbed *testbed, int timeout_ms);
