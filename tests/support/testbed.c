/* testbed.c - starting, stopping, asking and counting. */
#include "support/testbed.h"

#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/now.h"
#include "support/process/port_hold.h"

#define ENVIRONMENT_MAX    48
#define READY_TIMEOUT_MS   60000
#define SUCCESS_TIMEOUT_MS 60000

static const char *const part_names[TESTBED_PROCESSES] = {"analytics", "upstream", "cache",
                                                          "gateway"};

static void
make_folder(struct testbed *testbed)
{
    snprintf(testbed->folder, sizeof testbed->folder, "/tmp/rentcache-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(testbed->folder));
    snprintf(testbed->data_dir, sizeof testbed->data_dir, "%s/data", testbed->folder);
    snprintf(testbed->log_path, sizeof testbed->log_path, "%s/log", testbed->folder);
}

static int
remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void
testbed_start_simulator(struct testbed *testbed)
{
    char port[16], control[16];
    const char *const arguments[] = {"--port", port, "--control-port", control, "--threads",
                                     "160",    NULL};

    snprintf(port, sizeof port, "%d", testbed->simulator_port);
    snprintf(control, sizeof control, "%d", testbed->control_port);
    process_start(&testbed->simulator, "rentcast-simulator", arguments, NULL, testbed->log_path);
    ck_assert_int_eq(sscanf(testbed->simulator.ready,
                            "ready: http://127.0.0.1:%d control http://127.0.0.1:%d",
                            &testbed->simulator_port, &testbed->control_port),
                     2);
}

/* What every process of the server gets; texts live in the testbed. */
static void
server_environment(const struct testbed *testbed, char texts[8][256],
                   const char *environment[ENVIRONMENT_MAX])
{
    size_t count = 0;

    snprintf(texts[0], 256, "DATA_DIR=%s", testbed->data_dir);
    snprintf(texts[1], 256, "RENTCAST_BASE_URL=http://127.0.0.1:%d", testbed->simulator_port);
    snprintf(texts[2], 256, "PORT=%d", testbed->port);
    snprintf(texts[3], 256, "ADMIN_PORT=%d", testbed->admin_port);
    snprintf(texts[4], 256, "SPOOL_MEMORY_DIR=%s", testbed->folder);
    for (size_t i = 0; i < 5; i++)
        environment[count++] = texts[i];
    environment[count++] = "HOST=127.0.0.1";
    environment[count++] = "ENVIRONMENT=test";
    environment[count++] = "RENTCAST_API_KEY=sim_key_unlimited";
    environment[count++] = "UPSTREAM_RATE_PER_SECOND=0";
    environment[count++] = "GATEWAY_THREADS=64";
    environment[count++] = "SPOOL_RING_RECORDS=64";
    environment[count++] = "AUTH_FAILURE_RATE=none";      /* many tests try many bad keys */
    environment[count++] = "UPSTREAM_BREAKER_FAILURES=0"; /* and let many calls fail */
    environment[count++] = "UPSTREAM_BREAKER_FAILURE_PERCENT=0";
    for (size_t i = 0; i < testbed->setting_count && count + 1 < ENVIRONMENT_MAX; i++)
        environment[count++] = testbed->settings[i];
    environment[count] = NULL;
}

static void
launch_part(struct testbed *testbed, enum testbed_process which)
{
    char texts[8][256];
    const char *environment[ENVIRONMENT_MAX];
    const char *const only[] = {"server", "--only", part_names[which], NULL};
    const char *const all[] = {"server", NULL};

    server_environment(testbed, texts, environment);
    process_launch(&testbed->processes[which], "rentcache", testbed->is_split ? only : all,
                   environment, testbed->log_path);
}

static void
read_ports(struct testbed *testbed)
{
    ck_assert_int_eq(sscanf(testbed->processes[TESTBED_GATEWAY].ready,
                            "ready: http://127.0.0.1:%d admin http://127.0.0.1:%d", &testbed->port,
                            &testbed->admin_port),
                     2);
}

static void
read_token(struct testbed *testbed)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof path, "%s/admin-token", testbed->data_dir);
    file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(testbed->admin_token, sizeof testbed->admin_token, file));
    fclose(file);
    testbed->admin_token[strcspn(testbed->admin_token, "\n")] = '\0';
}

/* Commands ask the admin port whether there is a server: it must not be another test's meanwhile. */
static void
hold_ports(struct testbed *testbed)
{
    const int ports[2] = {testbed->port, testbed->admin_port};

    for (size_t i = 0; i < 2; i++)
        if (testbed->held_ports[i] <= 0)
            testbed->held_ports[i] = port_hold(ports[i]);
}

static void
let_ports_go(struct testbed *testbed)
{
    for (size_t i = 0; i < 2; i++)
        if (testbed->held_ports[i] > 0)
            close(testbed->held_ports[i]);
    memset(testbed->held_ports, 0, sizeof testbed->held_ports);
}

void
testbed_start_server(struct testbed *testbed)
{
    for (int i = testbed->is_split ? 0 : TESTBED_GATEWAY; i < TESTBED_PROCESSES; i++)
        launch_part(testbed, (enum testbed_process)i);
    for (int i = testbed->is_split ? 0 : TESTBED_GATEWAY; i < TESTBED_PROCESSES; i++)
        if (!process_await_ready(&testbed->processes[i], READY_TIMEOUT_MS))
            ck_abort_msg("the %s process did not get ready, see %s", part_names[i],
                         testbed->log_path);
    read_ports(testbed);
    let_ports_go(testbed);
    read_token(testbed);
}

bool
testbed_is_split(void)
{
    const char *topology = getenv("RENTCACHE_TOPOLOGY");

    return topology != NULL && strcmp(topology, "four") == 0;
}

void
testbed_start(struct testbed *testbed, const char *const *settings)
{
    memset(testbed, 0, sizeof *testbed);
    make_folder(testbed);
    testbed->is_split = testbed_is_split();
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        ck_assert_uint_lt(testbed->setting_count, TESTBED_SETTINGS_MAX);
        snprintf(testbed->settings[testbed->setting_count++], 256, "%s", settings[i]);
    }
    testbed_start_simulator(testbed);
    testbed_start_server(testbed);
    testbed_make_key(
        testbed, "test_unlimited",
        "\"limits\": {\"global\": \"none\", \"*\": \"none\"}, \"daily_limit\": \"none\","
        "\"monthly_limit\": \"none\"",
        testbed->key);
}

struct process *
testbed_process(struct testbed *testbed, enum testbed_process which)
{
    return &testbed->processes[testbed->is_split ? which : TESTBED_GATEWAY];
}

void
testbed_launch_process(struct testbed *testbed, enum testbed_process which)
{
    launch_part(testbed, testbed->is_split ? which : TESTBED_GATEWAY);
}

void
testbed_await_process(struct testbed *testbed, enum testbed_process which)
{
    enum testbed_process actual = testbed->is_split ? which : TESTBED_GATEWAY;

    if (!process_await_ready(&testbed->processes[actual], READY_TIMEOUT_MS))
        ck_abort_msg("the %s process did not come back, see %s", part_names[actual],
                     testbed->log_path);
    if (actual == TESTBED_GATEWAY)
        read_ports(testbed);
}

/* What the servers of this testbed that ended said of their workers' stacks. */
size_t
testbed_stack_used(struct testbed *testbed, const char *workers)
{
    FILE *log = fopen(testbed->log_path, "re");
    char line[4096], text[64];
    size_t most = 0;

    ck_assert_ptr_nonnull(log);
    snprintf(text, sizeof text, "stacks of the %s workers: at most ", workers);
    while (fgets(line, sizeof line, log) != NULL) {
        const char *found = strstr(line, text);
        size_t used = found != NULL ? strtoull(found + strlen(text), NULL, 10) : 0;

        most = used > most ? used : most;
    }
    fclose(log);
    return most;
}

static void
expect_shallow_stacks(struct testbed *testbed)
{
    ck_assert_uint_le(testbed_stack_used(testbed, "data"), TESTBED_STACK_BYTES);
    ck_assert_uint_le(testbed_stack_used(testbed, "admin"), TESTBED_STACK_BYTES);
}

void
testbed_restart_process(struct testbed *testbed, enum testbed_process which)
{
    testbed_launch_process(testbed, which);
    testbed_await_process(testbed, which);
}

void
testbed_stop_server(struct testbed *testbed)
{
    for (int i = TESTBED_PROCESSES - 1; i >= 0; i--)
        if (testbed->processes[i].pid != 0)
            ck_assert_msg(process_stop(&testbed->processes[i]) == 0,
                          "the %s process ended badly, see %s", part_names[i], testbed->log_path);
    hold_ports(testbed);
    expect_shallow_stacks(testbed);
}

void
testbed_kill_server(struct testbed *testbed)
{
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        process_kill(&testbed->processes[i]);
    hold_ports(testbed);
}

void
testbed_stop(struct testbed *testbed)
{
    testbed_stop_server(testbed);
    let_ports_go(testbed);
    if (testbed->simulator.pid != 0)
        process_kill(&testbed->simulator);
    nftw(testbed->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
testbed_make_key(struct testbed *testbed, const char *name, const char *members, char key[80])
{
    struct http_response response;
    char body[1024];
    json_t *answer;

    snprintf(body, sizeof body, "{\"key_name\": \"%s\"%s%s}", name, members[0] != '\0' ? ", " : "",
             members);
    http_call(testbed->admin_port, "POST", "/admin/api-keys", testbed->admin_token, body, NULL,
              &response);
    ck_assert_msg(response.status == 201, "making a key gave %d: %s", response.status,
                  response.body);
    answer = json_loads(response.body, 0, NULL);
    snprintf(key, 80, "%s", json_string_value(json_object_get(answer, "api_key")));
    ck_assert_int_gt((int)strlen(key), 40);
    json_decref(answer);
    http_response_fini(&response);
}

void
testbed_get(struct testbed *testbed, const char *target, struct http_response *response)
{
    http_call(testbed->port, "GET", target, testbed->key, NULL, NULL, response);
}

int
testbed_expect(struct testbed *testbed, const char *target, int status)
{
    struct http_response response;
    char hit[16];
    int result = -1;

    testbed_get(testbed, target, &response);
    ck_assert_msg(response.status == status, "GET %s gave %d, not %d: %.300s", target,
                  response.status, status, response.body);
    if (http_field(&response, "X-Cache-Hit", hit, sizeof hit))
        result = strcmp(hit, "true") == 0;
    http_response_fini(&response);
    return result;
}

int
testbed_status(struct testbed *testbed, const char *key, const char *target)
{
    struct http_response response;
    int status;

    http_call(testbed->port, "GET", target, key, NULL, NULL, &response);
    status = response.status;
    http_response_fini(&response);
    return status;
}

void
testbed_await_success(struct testbed *testbed, const char *target)
{
    long deadline_ms = now_ms() + SUCCESS_TIMEOUT_MS;
    int status = 0;

    while (status != 200) {
        struct http_response response;

        testbed_get(testbed, target, &response);
        status = response.status;
        ck_assert_msg(status == 200 || status == 503, "%d %s", status, response.body);
        ck_assert_msg(now_ms() < deadline_ms, "%s", response.body);
        http_response_fini(&response);
    }
}

json_t *
testbed_control(struct testbed *testbed, const char *method, const char *target, const char *body)
{
    struct http_response response;
    json_t *answer;

    http_call(testbed->control_port, method, target, NULL, body, NULL, &response);
    ck_assert_msg(response.status >= 200 && response.status < 300,
                  "%s %s of the simulator gave %d: %s", method, target, response.status,
                  response.body);
    answer = json_loads(response.body, JSON_DECODE_ANY, NULL);
    http_response_fini(&response);
    return answer;
}

int64_t
testbed_upstream_calls(struct testbed *testbed)
{
    json_t *journal = testbed_control(testbed, "GET", "/_control/journal", NULL);
    int64_t count = (int64_t)json_array_size(json_object_get(journal, "requests"));

    json_decref(journal);
    return count;
}

int64_t
testbed_upstream_billed(struct testbed *testbed)
{
    json_t *ledger = testbed_control(testbed, "GET", "/_control/ledger", NULL);
    int64_t count = json_integer_value(json_object_get(ledger, "billable"));

    json_decref(ledger);
    return count;
}

void
testbed_fault(struct testbed *testbed, const char *faults_json)
{
    char body[2048];

    snprintf(body, sizeof body, "{\"faults\": [%s]}", faults_json);
    json_decref(testbed_control(testbed, "PUT", "/_control/faults", body));
}

void
testbed_await_upstream_calls(struct testbed *testbed, int64_t count)
{
    char target[96];
    json_t *journal;
    int64_t seen;

    snprintf(target, sizeof target, "/_control/journal?wait=%lld&timeout_ms=60000",
             (long long)count);
    journal = testbed_control(testbed, "GET", target, NULL);
    seen = (int64_t)json_array_size(json_object_get(journal, "requests"));
    json_decref(journal);
    ck_assert_msg(seen >= count, "only %lld of %lld upstream calls came", (long long)seen,
                  (long long)count);
}

int64_t
testbed_query(struct testbed *testbed, const char *database, const char *sql)
{
    char path[200];
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t value;

    snprintf(path, sizeof path, "%s/%s", testbed->data_dir, database);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, 10000);
    ck_assert_msg(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(handle));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return value;
}

int64_t
testbed_count_ledger(struct testbed *testbed, const char *where)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM ledger WHERE %s", where);
    return testbed_query(testbed, "rentcache.db", sql);
}

void
testbed_await_query(struct testbed *testbed, const char *database, const char *sql, int64_t value,
                    int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    int64_t seen;

    while ((seen = testbed_query(testbed, database, sql)) != value)
        ck_assert_msg(now_ms() < deadline_ms, "%s gives %lld, not %lld", sql, (long long)seen,
                      (long long)value);
}

double
testbed_metric(struct testbed *testbed, const char *name)
{
    struct http_response response;
    size_t size = strlen(name);
    double value = -1;

    http_call(testbed->admin_port, "GET", "/metrics", NULL, NULL, "Accept: text/plain\r\n",
              &response);
    ck_assert_int_eq(response.status, 200);
    for (const char *line = response.body; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, size) == 0 && line[size] == ' ') {
            value = strtod(line + size, NULL);
            break;
        }
    }
    http_response_fini(&response);
    return value;
}

void
testbed_await_metric(struct testbed *testbed, const char *name, double value, int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    double seen;

    while ((seen = testbed_metric(testbed, name)) < value || seen > value)
        ck_assert_msg(now_ms() < deadline_ms, "%s is %f, not %f", name, seen, value);
}

void
testbed_await_ready(struct testbed *testbed, int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    int status = 0;

    while (status != 200) {
        struct http_response response;

        http_call(testbed->admin_port, "GET", "/readyz", NULL, NULL, NULL, &response);
        status = response.status;
        http_response_fini(&response);
        ck_assert_msg(now_ms() < deadline_ms, "/readyz still says %d", status);
    }
}
