/* server_command.c - rentcache server: starts the actors of this process, waits for a signal, stops them in reverse.
 *
 * Start order: analytics, upstream, cache, gateway. With --only one of them runs here and the others are reached
 * by ipc; the actors' code does not know. The first SIGTERM or SIGINT stops gracefully, a second one at once, and
 * after server.stop_timeout_ms an alarm ends the process in any case. Processes that are stopped together end in the
 * same order as one process: each serves on until those that ask it have gone. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analytics.h"
#include "base/clock.h"
#include "base/data_dir.h"
#include "base/log.h"
#include "cache.h"
#include "command.h"
#include "gateway.h"
#include "metrics.h"
#include "service_notify.h"
#include "storage.h"
#include "upstream.h"
#include "upstream_metrics.h"
#include "version.h"

#define READY_POLL_NS 5000000
#define LEAVE_POLL_NS 10000000
#define OWN_STOP_MS   2000 /* of the stop timeout, for the end of this process itself */
#define PART_STOP_MS  300  /* of that, for each part that stops behind another one */

/* The parts of a process, in the order of their start. */
struct part {
    const char *name;
    const struct actor_class *class; /* NULL: the gateway */
    bool is_wanted;
    int lock;
    struct actor_runner *runner;
};

struct process {
    const struct config *config;
    struct actor_system *system;
    struct gateway *gateway;
    struct part parts[4];
    int64_t stop_by_ms; /* the alarm rings a second later */
};

static void
choose_parts(struct process *process, const char *only)
{
    struct part parts[] = {
        {.name = "analytics", .class = &analytics_actor, .lock = -1},
        {.name = "upstream", .class = &upstream_actor, .lock = -1},
        {.name = "cache", .class = &cache_actor, .lock = -1},
        {.name = "gateway", .class = NULL, .lock = -1},
    };

    for (size_t i = 0; i < COUNT(parts); i++)
        parts[i].is_wanted = only == NULL || strcmp(only, parts[i].name) == 0;
    memcpy(process->parts, parts, sizeof parts);
}

/* Separate processes cannot meet in one memory: the default endpoints become sockets in the data folder. */
static void
use_ipc(struct config *config)
{
    char *const endpoints[] = {config->actors.cache_endpoint, config->actors.upstream_endpoint,
                               config->actors.analytics_endpoint};
    static const char *const names[] = {"cache", "upstream", "analytics"};

    for (size_t i = 0; i < COUNT(endpoints); i++)
        if (strncmp(endpoints[i], "inproc://", 9) == 0)
            snprintf(endpoints[i], CONFIG_TEXT_SIZE, "ipc://%s.sock", names[i]);
}

static bool
start_part(struct process *process, struct part *part)
{
    if (part->class != NULL) {
        part->runner = actor_start(process->system, part->class, NULL);
        return part->runner != NULL;
    }
    process->gateway = gateway_start(process->system, process->config);
    return process->gateway != NULL;
}

/* All that are wanted, before any of them touches anything. */
static bool
lock_parts(struct process *process)
{
    for (size_t i = 0; i < COUNT(process->parts); i++) {
        struct part *part = &process->parts[i];

        if (part->is_wanted)
            part->lock = data_dir_lock(process->config, part->name, false);
        if (part->is_wanted && part->lock < 0)
            return false;
    }
    return true;
}

/* The cache first, which can be bought again: it is deleted by whoever holds its lock, or finds it free. */
static void
make_room(const struct process *process)
{
    int64_t free_bytes = data_dir_free_bytes(process->config);
    int lock = -1;
    bool is_ours = false;

    if (free_bytes < 0 || free_bytes >= DATA_DIR_NO_ROOM_BYTES)
        return;
    for (size_t i = 0; i < COUNT(process->parts); i++)
        is_ours =
            is_ours || (process->parts[i].is_wanted && process->parts[i].class == &cache_actor);
    if (!is_ours)
        lock = data_dir_lock(process->config, "cache", true);
    if (is_ours || lock >= 0)
        entries_yield_disk(process->config);
    if (lock >= 0)
        close(lock);
    data_dir_yield_reserve(process->config);
}

static bool
start_parts(struct process *process)
{
    if (!lock_parts(process))
        return false;
    make_room(process);
    for (size_t i = 0; i < COUNT(process->parts); i++) {
        struct part *part = &process->parts[i];

        if (part->is_wanted && !start_part(process, part)) {
            log_error("the %s component cannot start", part->name);
            return false;
        }
    }
    return true;
}

/* Whether another process runs a part that asks this one's: those start later, and hold their locks for life. */
static bool
is_asked(const struct process *process, size_t part)
{
    for (size_t i = part + 1; i < COUNT(process->parts); i++) {
        int lock = process->parts[i].is_wanted
                       ? -1
                       : data_dir_lock(process->config, process->parts[i].name, true);

        if (lock < 0 && !process->parts[i].is_wanted)
            return true;
        if (lock >= 0)
            close(lock);
    }
    return false;
}

/* What is in flight is paid, and goes to those who wait for it; a part alone serves on for most of its stop timeout. */
static void
serve_those_who_ask(const struct process *process)
{
    const struct timespec pause = {.tv_nsec = LEAVE_POLL_NS};
    int64_t deadline_ms = process->stop_by_ms - OWN_STOP_MS;
    size_t part = 0;

    while (part + 1 < COUNT(process->parts) && !process->parts[part].is_wanted)
        part++;
    while (is_asked(process, part) && clock_mono_ms() < deadline_ms)
        nanosleep(&pause, NULL);
}

static void
stop_parts(struct process *process)
{
    gateway_stop(&process->gateway);
    for (size_t i = COUNT(process->parts); i-- > 0;) {
        actor_system_stop_by(process->system, process->stop_by_ms - (int64_t)i * PART_STOP_MS);
        actor_stop(&process->parts[i].runner);
        if (process->parts[i].lock >= 0)
            close(process->parts[i].lock);
    }
}

static void
block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* A second signal, or the alarm, finds the default action: the end. */
static void
let_impatience_through(struct process *process, const sigset_t *set)
{
    process->stop_by_ms = clock_mono_ms() + process->config->server.stop_timeout_ms;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_IGN);
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
    alarm((unsigned)(process->config->server.stop_timeout_ms / 1000) + 1);
}

/* stdout may be the log's pipe, and full: then nobody reads this either. */
static void
announce_ready(const struct process *process, const char *only)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

    if (poll(&output, 1, 0) != 1)
        return;
    if (process->gateway == NULL)
        printf("ready: %s\n", only);
    else
        printf("ready: http://%s:%d admin http://%s:%d\n", process->config->gateway.host,
               gateway_port(process->gateway), process->config->gateway.admin_host,
               gateway_admin_port(process->gateway));
    fflush(stdout);
}

/* True: a signal came that ends the process. SIGHUP does not: a lost terminal is no reason to stop. */
static bool
is_end(int number)
{
    if (number == SIGHUP)
        log_warning(
            "SIGHUP: nothing was reloaded; settings are read at start: restart to change them");
    return number > 0 && number != SIGHUP;
}

/* Says ready once it is, then waits for the signal that ends it. From there the end is sure, whatever else waits. */
static void
serve_until_signal(struct process *process, const char *only, const sigset_t *set)
{
    const struct timespec pause = {.tv_nsec = READY_POLL_NS}, minute = {.tv_sec = 60};
    siginfo_t info;
    bool is_ending = false;

    while (process->gateway != NULL && !gateway_is_ready(process->gateway) && !is_ending)
        is_ending = is_end(sigtimedwait(set, &info, &pause));
    if (!is_ending) {
        announce_ready(process, only);
        (void)service_notify("READY=1");
    }
    while (!is_ending) {
        data_dir_keep_reserve(process->config, false);
        is_ending = is_end(sigtimedwait(set, &info, &minute));
    }
    let_impatience_through(process, set);
    (void)service_notify("STOPPING=1");
    log_info("stopping on signal %d from process %d", info.si_signo, (int)info.si_pid);
}

/* Lines that are lost count for the actor whose thread wrote them; all others for the gateway. */
static void
count_lost_lines(const char *actor_name, int64_t lines)
{
    for (int i = 0; actor_name != NULL && i < ACTOR_COUNT; i++) {
        const char *name = actor_id_name((enum actor_id)i);

        if (strncmp(actor_name, name, strlen(name)) == 0) {
            metric_add((enum metric)(METRIC_LOG_LINES_LOST_GATEWAY + i), lines);
            return;
        }
    }
    metric_add(METRIC_LOG_LINES_LOST_GATEWAY, lines);
}

static bool
prepare_process(struct process *process)
{
    const struct config *config = process->config;
    const char *clock_file = getenv("RENTCACHE_TEST_CLOCK");

    umask(077);
    if (clock_file != NULL) {
        if (strcmp(config->server.environment, "test") != 0 ||
            clock_use_test_file(clock_file) != STATUS_OK) {
            log_error("RENTCACHE_TEST_CLOCK is refused outside of ENVIRONMENT=test");
            return false;
        }
    }
    if (data_dir_prepare(config) != STATUS_OK || !metrics_init((size_t)config->route_count))
        return false;
    upstream_metrics_init((size_t)config->upstream_count);
    log_on_lost(count_lost_lines);
    process->system = actor_system_create(config);
    return process->system != NULL;
}

static void
log_each_warning(const char *warning)
{
    log_warning("%s", warning);
}

static int
run_process(struct process *process, const char *only)
{
    sigset_t set;
    int exit_status = EXIT_FAILED;

    block_signals(&set);
    log_set_actor("main");
    log_never_wait();
    log_configure(process->config->server.debug ? "DEBUG" : process->config->server.log_level,
                  process->config->server.log_format);
    config_each_warning(process->config, log_each_warning);
    if (prepare_process(process) && start_parts(process)) {
        log_info("rentcache %s runs %s", RENTCACHE_VERSION, only);
        serve_until_signal(process, only, &set);
        exit_status = EXIT_OK;
    }
    if (process->system != NULL) {
        let_impatience_through(process, &set);
        if (exit_status == EXIT_OK)
            serve_those_who_ask(process);
        stop_parts(process);
        if (process->parts[0].is_wanted) /* those that asked it have stopped before */
            data_dir_keep_reserve(process->config, true);
        actor_system_destroy(&process->system);
    }
    log_on_lost(NULL);
    metrics_fini();
    return exit_status;
}

static int
run_server(struct config *config, const struct options *options)
{
    struct process process = {.config = config};

    choose_parts(&process, options->only);
    if (options->only != NULL)
        use_ipc(config);
    return run_process(&process, options->only != NULL ? options->only : "all parts");
}

const struct command command_server = {
    .name = "server",
    .arguments = "",
    .summary = "run the gateway, or one of its parts",
    .example = "rentcache server --port 8000",
    .takes = "cOhpLR",
    .run = run_server,
};
