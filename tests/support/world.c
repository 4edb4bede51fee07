/* world.c - starting, stopping, asking and counting. */
#include "support/world.h"

#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/port_hold.h"

#define ENVIRONMENT_MAX  48
#define READY_TIMEOUT_MS 60000

static const char *const part_names[WORLD_PROCESSES] = {"analytics", "upstream", "cache",
                                                        "gateway"};

static long
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static void
make_folder(struct world *world)
{
    snprintf(world->folder, sizeof world->folder, "/tmp/rentcache-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->folder));
    snprintf(world->data_dir, sizeof world->data_dir, "%s/data", world->folder);
    snprintf(world->log_path, sizeof world->log_path, "%s/log", world->folder);
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
world_start_simulator(struct world *world)
{
    char port[16], control[16];
    const char *const arguments[] = {"--port", port, "--control-port", control, "--threads",
                                     "160",    NULL};

    snprintf(port, sizeof port, "%d", world->simulator_port);
    snprintf(control, sizeof control, "%d", world->control_port);
    process_start(&world->simulator, "rentcast-simulator", arguments, NULL, world->log_path);
    ck_assert_int_eq(sscanf(world->simulator.ready,
                            "ready: http://127.0.0.1:%d control http://127.0.0.1:%d",
                            &world->simulator_port, &world->control_port),
                     2);
}

/* What every process of the server gets; texts live in the world. */
static void
server_environment(const struct world *world, char texts[8][256],
                   const char *environment[ENVIRONMENT_MAX])
{
    size_t count = 0;

    snprintf(texts[0], 256, "DATA_DIR=%s", world->data_dir);
    snprintf(texts[1], 256, "RENTCAST_BASE_URL=http://127.0.0.1:%d", world->simulator_port);
    snprintf(texts[2], 256, "PORT=%d", world->port);
    snprintf(texts[3], 256, "ADMIN_PORT=%d", world->admin_port);
    for (size_t i = 0; i < 4; i++)
        environment[count++] = texts[i];
    environment[count++] = "HOST=127.0.0.1";
    environment[count++] = "ENVIRONMENT=test";
    environment[count++] = "RENTCAST_API_KEY=sim_key_unlimited";
    environment[count++] = "UPSTREAM_RATE_PER_SECOND=0";
    environment[count++] = "GATEWAY_THREADS=64";
    environment[count++] = "SPOOL_RING_RECORDS=64";
    environment[count++] = "AUTH_FAILURE_RATE=none"; /* many tests try many bad keys */
    for (size_t i = 0; i < world->setting_count && count + 1 < ENVIRONMENT_MAX; i++)
        environment[count++] = world->settings[i];
    environment[count] = NULL;
}

static void
launch_part(struct world *world, enum world_process which)
{
    char texts[8][256];
    const char *environment[ENVIRONMENT_MAX];
    const char *const only[] = {"server", "--only", part_names[which], NULL};
    const char *const all[] = {"server", NULL};

    server_environment(world, texts, environment);
    process_launch(&world->processes[which], "rentcache", world->is_split ? only : all, environment,
                   world->log_path);
}

static void
read_ports(struct world *world)
{
    ck_assert_int_eq(sscanf(world->processes[WORLD_GATEWAY].ready,
                            "ready: http://127.0.0.1:%d admin http://127.0.0.1:%d", &world->port,
                            &world->admin_port),
                     2);
}

static void
read_token(struct world *world)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof path, "%s/admin-token", world->data_dir);
    file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(world->admin_token, sizeof world->admin_token, file));
    fclose(file);
    world->admin_token[strcspn(world->admin_token, "\n")] = '\0';
}

/* Commands ask the admin port whether there is a server: it must not be another test's meanwhile. */
static void
hold_ports(struct world *world)
{
    const int ports[2] = {world->port, world->admin_port};

    for (size_t i = 0; i < 2; i++)
        if (world->held_ports[i] <= 0)
            world->held_ports[i] = port_hold(ports[i]);
}

static void
let_ports_go(struct world *world)
{
    for (size_t i = 0; i < 2; i++)
        if (world->held_ports[i] > 0)
            close(world->held_ports[i]);
    memset(world->held_ports, 0, sizeof world->held_ports);
}

void
world_start_server(struct world *world)
{
    for (int i = world->is_split ? 0 : WORLD_GATEWAY; i < WORLD_PROCESSES; i++)
        launch_part(world, (enum world_process)i);
    for (int i = world->is_split ? 0 : WORLD_GATEWAY; i < WORLD_PROCESSES; i++)
        if (!process_await_ready(&world->processes[i], READY_TIMEOUT_MS))
            ck_abort_msg("the %s process did not get ready, see %s", part_names[i],
                         world->log_path);
    read_ports(world);
    let_ports_go(world);
    read_token(world);
}

void
world_start(struct world *world, const char *const *settings)
{
    const char *topology = getenv("RENTCACHE_TOPOLOGY");

    memset(world, 0, sizeof *world);
    make_folder(world);
    world->is_split = topology != NULL && strcmp(topology, "four") == 0;
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        ck_assert_uint_lt(world->setting_count, WORLD_SETTINGS_MAX);
        snprintf(world->settings[world->setting_count++], 256, "%s", settings[i]);
    }
    world_start_simulator(world);
    world_start_server(world);
    world_make_key(world, "test_unlimited",
                   "\"limits\": {\"global\": \"none\", \"*\": \"none\"}, \"daily_limit\": \"none\","
                   "\"monthly_limit\": \"none\"",
                   world->key);
}

struct process *
world_process(struct world *world, enum world_process which)
{
    return &world->processes[world->is_split ? which : WORLD_GATEWAY];
}

void
world_launch_process(struct world *world, enum world_process which)
{
    launch_part(world, world->is_split ? which : WORLD_GATEWAY);
}

void
world_await_process(struct world *world, enum world_process which)
{
    enum world_process actual = world->is_split ? which : WORLD_GATEWAY;

    if (!process_await_ready(&world->processes[actual], READY_TIMEOUT_MS))
        ck_abort_msg("the %s process did not come back, see %s", part_names[actual],
                     world->log_path);
    if (actual == WORLD_GATEWAY)
        read_ports(world);
}

/* What the servers of this world that ended said of their workers' stacks. */
size_t
world_stack_used(struct world *world, const char *workers)
{
    FILE *log = fopen(world->log_path, "re");
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
expect_shallow_stacks(struct world *world)
{
    ck_assert_uint_le(world_stack_used(world, "data"), WORLD_STACK_BYTES);
    ck_assert_uint_le(world_stack_used(world, "admin"), WORLD_STACK_BYTES);
}

void
world_restart_process(struct world *world, enum world_process which)
{
    world_launch_process(world, which);
    world_await_process(world, which);
}

void
world_stop_server(struct world *world)
{
    for (int i = WORLD_PROCESSES - 1; i >= 0; i--)
        if (world->processes[i].pid != 0)
            ck_assert_msg(process_stop(&world->processes[i]) == 0,
                          "the %s process ended badly, see %s", part_names[i], world->log_path);
    hold_ports(world);
    expect_shallow_stacks(world);
}

void
world_kill_server(struct world *world)
{
    for (int i = 0; i < WORLD_PROCESSES; i++)
        process_kill(&world->processes[i]);
    hold_ports(world);
}

void
world_stop(struct world *world)
{
    world_stop_server(world);
    let_ports_go(world);
    if (world->simulator.pid != 0)
        process_kill(&world->simulator);
    nftw(world->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
world_make_key(struct world *world, const char *name, const char *members, char key[80])
{
    struct http_response response;
    char body[1024];
    json_t *answer;

    snprintf(body, sizeof body, "{\"key_name\": \"%s\"%s%s}", name, members[0] != '\0' ? ", " : "",
             members);
    http_call(world->admin_port, "POST", "/admin/api-keys", world->admin_token, body, NULL,
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
world_get(struct world *world, const char *target, struct http_response *response)
{
    http_call(world->port, "GET", target, world->key, NULL, NULL, response);
}

int
world_expect(struct world *world, const char *target, int status)
{
    struct http_response response;
    char hit[16];
    int result = -1;

    world_get(world, target, &response);
    ck_assert_msg(response.status == status, "GET %s gave %d, not %d: %.300s", target,
                  response.status, status, response.body);
    if (http_field(&response, "X-Cache-Hit", hit, sizeof hit))
        result = strcmp(hit, "true") == 0;
    http_response_fini(&response);
    return result;
}

json_t *
world_control(struct world *world, const char *method, const char *target, const char *body)
{
    struct http_response response;
    json_t *answer;

    http_call(world->control_port, method, target, NULL, body, NULL, &response);
    ck_assert_msg(response.status >= 200 && response.status < 300,
                  "%s %s of the simulator gave %d: %s", method, target, response.status,
                  response.body);
    answer = json_loads(response.body, JSON_DECODE_ANY, NULL);
    http_response_fini(&response);
    return answer;
}

int64_t
world_upstream_calls(struct world *world)
{
    json_t *journal = world_control(world, "GET", "/_control/journal", NULL);
    int64_t count = (int64_t)json_array_size(json_object_get(journal, "requests"));

    json_decref(journal);
    return count;
}

int64_t
world_upstream_billed(struct world *world)
{
    json_t *ledger = world_control(world, "GET", "/_control/ledger", NULL);
    int64_t count = json_integer_value(json_object_get(ledger, "billable"));

    json_decref(ledger);
    return count;
}

void
world_fault(struct world *world, const char *faults_json)
{
    char body[2048];

    snprintf(body, sizeof body, "{\"faults\": [%s]}", faults_json);
    json_decref(world_control(world, "PUT", "/_control/faults", body));
}

void
world_await_upstream_calls(struct world *world, int64_t count)
{
    char target[96];
    json_t *journal;
    int64_t seen;

    snprintf(target, sizeof target, "/_control/journal?wait=%lld&timeout_ms=20000",
             (long long)count);
    journal = world_control(world, "GET", target, NULL);
    seen = (int64_t)json_array_size(json_object_get(journal, "requests"));
    json_decref(journal);
    ck_assert_msg(seen >= count, "only %lld of %lld upstream calls came", (long long)seen,
                  (long long)count);
}

int64_t
world_query(struct world *world, const char *database, const char *sql)
{
    char path[200];
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t value;

    snprintf(path, sizeof path, "%s/%s", world->data_dir, database);
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

void
world_await_query(struct world *world, const char *database, const char *sql, int64_t value,
                  int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    int64_t seen;

    while ((seen = world_query(world, database, sql)) != value)
        ck_assert_msg(now_ms() < deadline_ms, "%s gives %lld, not %lld", sql, (long long)seen,
                      (long long)value);
}

double
world_metric(struct world *world, const char *name)
{
    struct http_response response;
    size_t size = strlen(name);
    double value = -1;

    http_call(world->admin_port, "GET", "/metrics", NULL, NULL, "Accept: text/plain\r\n",
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
world_await_metric(struct world *world, const char *name, double value, int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    double seen;

    while ((seen = world_metric(world, name)) < value || seen > value)
        ck_assert_msg(now_ms() < deadline_ms, "%s is %f, not %f", name, seen, value);
}

void
world_await_ready(struct world *world, int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    int status = 0;

    while (status != 200) {
        struct http_response response;

        http_call(world->admin_port, "GET", "/readyz", NULL, NULL, NULL, &response);
        status = response.status;
        http_response_fini(&response);
        ck_assert_msg(now_ms() < deadline_ms, "/readyz still says %d", status);
    }
}
