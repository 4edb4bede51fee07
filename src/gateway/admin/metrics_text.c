/* metrics_text.c - Prometheus' text form: the metric tables, what is counted by endpoint, the process. */
#include "admin/admin.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metrics.h"
#include "upstream_metrics.h"

#define STAT_SIZE 2048 /* of /proc/self/stat, at most */

static const struct metric_values *
values_of(enum actor_id owner, const struct actor_view views[ACTOR_COUNT])
{
    return &views[owner].values;
}

static void
write_header(const char *family, const char *type, const char *help, FILE *out)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family, help, family, type);
}

/* Rows of one family ("name{labels}") follow each other in the table: help and type stand once. */
static void
write_table(const struct actor_view views[ACTOR_COUNT], FILE *out)
{
    char family[128], last[128] = "";

    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *row = &metric_rows[i];

        snprintf(family, sizeof family, "%.*s", (int)strcspn(row->exposed, "{"), row->exposed);
        if (strcmp(family, last) != 0)
            write_header(family, row->is_gauge ? "gauge" : "counter", row->help, out);
        fprintf(out, "%s %lld\n", row->exposed,
                (long long)values_of(row->owner, views)->metrics[i]);
        memcpy(last, family, sizeof last);
    }
}

/* labels: "name=\"value\"", or empty. The count is the sum of the buckets: they agree whenever they are read. */
static void
write_durations(const char *family, const char *labels, const struct metric_durations *durations,
                FILE *out)
{
    const char *comma = labels[0] != '\0' ? "," : "";
    const char *open = labels[0] != '\0' ? "{" : "", *close = labels[0] != '\0' ? "}" : "";
    int64_t count = 0;

    for (size_t i = 0; i < DURATION_BOUND_COUNT; i++) {
        count += durations->buckets[i];
        fprintf(out, "%s_bucket{%s%sle=\"%g\"} %lld\n", family, labels, comma,
                (double)duration_bounds_us[i] / 1e6, (long long)count);
    }
    count += durations->buckets[DURATION_BOUND_COUNT];
    fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", family, labels, comma, (long long)count);
    fprintf(out, "%s_sum%s%s%s %.6f\n%s_count%s%s%s %lld\n", family, open, labels, close,
            (double)durations->sum_us / 1e6, family, open, labels, close, (long long)count);
}

static void
write_histograms(const struct actor_view views[ACTOR_COUNT], FILE *out)
{
    const char *last = "";

    for (size_t i = 0; i < HISTOGRAM_COUNT; i++) {
        const struct metric_histogram_row *row = &metric_histogram_rows[i];

        if (strcmp(row->family, last) != 0)
            write_header(row->family, "histogram", row->help, out);
        write_durations(row->family, row->labels, &values_of(row->owner, views)->histograms[i],
                        out);
        last = row->family;
    }
}

static void
write_actors(const struct actor_view views[ACTOR_COUNT], FILE *out)
{
    write_header("rentcache_actor_up", "gauge",
                 "1: the actor is up (a recent heartbeat), 0: it is down", out);
    for (int i = 0; i < ACTOR_COUNT; i++)
        fprintf(out, "rentcache_actor_up{actor=\"%s\"} %d\n", actor_id_name((enum actor_id)i),
                views[i].is_up);
}

/* Routes of one endpoint are one label value. */
static double
hit_ratio(const struct metric_route *sums)
{
    int64_t hits = sums->decisions[DECISION_HIT] + sums->decisions[DECISION_STALE];
    int64_t all = hits + sums->decisions[DECISION_MISS] + sums->decisions[DECISION_COLLAPSED];

    return all > 0 ? (double)hits / (double)all : 0.0;
}

typedef void write_sums(const char *family, const char *endpoint, const struct metric_route *sums,
                        FILE *out);

static void
write_decisions(const char *family, const char *endpoint, const struct metric_route *sums,
                FILE *out)
{
    for (int d = 0; d < DECISION_COUNT; d++)
        fprintf(out, "%s{endpoint=\"%s\",decision=\"%s\"} %lld\n", family, endpoint,
                decision_text((enum decision)d), (long long)sums->decisions[d]);
}

/* Statuses that never occurred would be noise, but for the success: it is there from the start. */
static void
write_statuses(const char *family, const char *endpoint, const struct metric_route *sums, FILE *out)
{
    char status[METRIC_STATUS_TEXT_SIZE];

    for (size_t i = 0; i < METRIC_STATUS_COUNT; i++) {
        metric_status_text(i, status);
        if (i == 0 || sums->statuses[i] > 0)
            fprintf(out, "%s{endpoint=\"%s\",status=\"%s\"} %lld\n", family, endpoint, status,
                    (long long)sums->statuses[i]);
    }
}

static void
write_ratio(const char *family, const char *endpoint, const struct metric_route *sums, FILE *out)
{
    fprintf(out, "%s{endpoint=\"%s\"} %.6f\n", family, endpoint, hit_ratio(sums));
}

static void
write_saved(const char *family, const char *endpoint, const struct metric_route *sums, FILE *out)
{
    fprintf(out, "%s{endpoint=\"%s\"} %lld\n", family, endpoint, (long long)sums->saved_micro_usd);
}

static void
write_request_durations(const char *family, const char *endpoint, const struct metric_route *sums,
                        FILE *out)
{
    char labels[32 + ROUTE_NAME_SIZE];

    snprintf(labels, sizeof labels, "endpoint=\"%s\"", endpoint);
    write_durations(family, labels, &sums->durations, out);
}

struct family {
    const char *name, *type, *help;
    write_sums *write;
};

static const struct family families[] = {
    {"rentcache_requests_total", "counter", "Authenticated requests by endpoint and decision",
     write_decisions},
    {"rentcache_responses_total", "counter", "Authenticated requests by endpoint and status",
     write_statuses},
    {"cache_hit_ratio", "gauge", "Cache hit ratio by endpoint", write_ratio},
    {"rentcache_saved_micro_usd_total", "counter",
     "Cost of the upstream calls that cache hits avoided, in micro-dollars", write_saved},
    {"api_request_duration_seconds", "histogram", "API request duration", write_request_durations},
};

/* One for each endpoint, in the order of names; the caller frees them. NULL: no memory. */
static struct metric_route *
sum_endpoints(const struct config *config, const char *const *names, size_t count)
{
    struct metric_route *sums = calloc(count, sizeof *sums);

    for (int64_t route = 0; sums != NULL && route < config->route_count; route++)
        for (size_t i = 0; i < count; i++)
            if (strcmp(config->routes[route].endpoint, names[i]) == 0)
                metric_route_add((size_t)route, &sums[i]);
    return sums;
}

/* What other actors count by route, summed by endpoint. */
static void
write_route_counters(struct gateway *gateway, FILE *out)
{
    const struct config *config = gateway->config;
    const char *const *names = route_table_limit_names(gateway->routes);
    size_t count = route_table_limit_count(gateway->routes);

    for (int c = 0; c < ROUTE_COUNTER_COUNT; c++) {
        const struct metric_route_counter_row *row = &metric_route_counter_rows[c];

        write_header(row->family, "counter", row->help, out);
        for (size_t i = 0; i < count; i++) {
            int64_t sum = 0;

            for (int64_t route = 0; route < config->route_count; route++)
                if (strcmp(config->routes[route].endpoint, names[i]) == 0)
                    sum +=
                        gateway_route_counter(gateway, (enum metric_route_counter)c, (size_t)route);
            fprintf(out, "%s{endpoint=\"%s\"} %lld\n", row->family, names[i], (long long)sum);
        }
    }
}

static void
write_upstream_values(const struct config *config, const struct upstream_metrics *upstreams,
                      FILE *out)
{
    const char *last = "";

    for (size_t v = 0; v < UPSTREAM_METRIC_COUNT; v++) {
        const struct upstream_metric_row *row = &upstream_metric_rows[v];

        if (strcmp(row->family, last) != 0)
            write_header(row->family, row->is_gauge ? "gauge" : "counter", row->help, out);
        for (int64_t i = 0; i < config->upstream_count; i++)
            fprintf(out, "%s{upstream=\"%s\"%s%s} %lld\n", row->family, config->upstreams[i].name,
                    row->labels[0] != '\0' ? "," : "", row->labels,
                    (long long)upstreams[i].values[v]);
        last = row->family;
    }
}

/* Names are made of letters, digits, "-", "." and "_": nothing in them has to be escaped. */
static void
write_upstreams(struct gateway *gateway, FILE *out)
{
    static const char family[] = "rentcache_upstream_call_duration_seconds";
    const struct config *config = gateway->config;
    struct upstream_metrics *upstreams = calloc(UPSTREAMS_MAX, sizeof *upstreams);
    char labels[32 + UPSTREAM_NAME_SIZE];

    if (upstreams == NULL)
        return;
    for (int64_t i = 0; i < config->upstream_count; i++)
        (void)gateway_upstream(gateway, (size_t)i, &upstreams[i]);
    write_upstream_values(config, upstreams, out);
    write_header(family, "histogram",
                 "Time of calls to the paid API, from the first byte sent to the last received",
                 out);
    for (int64_t i = 0; i < config->upstream_count; i++) {
        snprintf(labels, sizeof labels, "upstream=\"%s\"", config->upstreams[i].name);
        write_durations(family, labels, &upstreams[i].durations, out);
    }
    free(upstreams);
}

/* Each endpoint is read once, so that its families agree with each other. */
static void
write_endpoints(const struct gateway *gateway, FILE *out)
{
    const char *const *names = route_table_limit_names(gateway->routes);
    size_t count = route_table_limit_count(gateway->routes);
    struct metric_route *sums = sum_endpoints(gateway->config, names, count);

    for (size_t f = 0; sums != NULL && f < COUNT(families); f++) {
        write_header(families[f].name, families[f].type, families[f].help, out);
        for (size_t i = 0; i < count; i++)
            families[f].write(families[f].name, names[i], &sums[i], out);
    }
    free(sums);
}

/* What the gateway counts elsewhere, or not at all. */
static void
take_own_values(struct gateway *gateway, struct actor_view *view)
{
    int64_t *metrics = view->values.metrics;

    metrics_read(&view->values);
    view->is_up = true;
    metrics[METRIC_NEAR_ENTRIES] = (int64_t)near_cache_count(gateway->near);
    metrics[METRIC_NEAR_BYTES] = (int64_t)near_cache_bytes(gateway->near);
    metrics[METRIC_NEAR_EVICTIONS] = near_cache_evictions(gateway->near);
    metrics[METRIC_WORKERS] = gateway->config->gateway.threads;
    metrics[METRIC_WORKERS_WAITING] = atomic_load(&gateway->waiting);
}

struct process_facts {
    double cpu_s, start_wall_s;
    long long resident_bytes, virtual_bytes;
    long long threads;
};

/* The text of a small file; false: it cannot be read. */
static bool
read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t got;

    if (file == NULL)
        return false;
    got = fread(text, 1, size - 1, file);
    text[got] = '\0';
    fclose(file);
    return got > 0;
}

/* When the machine started, in seconds since 1970; 0: not known. */
static double
boot_wall_s(void)
{
    char line[256];
    FILE *file = fopen("/proc/stat", "re");
    long long seconds = 0;

    while (file != NULL && seconds == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "btime ", 6) == 0)
            seconds = strtoll(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return (double)seconds;
}

/* A field of /proc/self/stat by its number in proc(5). rest: what follows the name, which is the second and may hold anything. */
static long long
stat_field(const char *rest, int number)
{
    for (int at = 3; at < number && rest != NULL; at++)
        rest = strchr(rest + 1, ' ');
    return rest != NULL ? strtoll(rest, NULL, 10) : 0;
}

enum { STAT_UTIME = 14, STAT_STIME = 15, STAT_THREADS = 20, STAT_START = 22 };
enum { STAT_VSIZE = 23, STAT_RSS = 24 };

static bool
read_facts(struct process_facts *facts)
{
    char text[STAT_SIZE];
    double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    const char *rest;

    if (!read_text("/proc/self/stat", text, sizeof text) || (rest = strrchr(text, ')')) == NULL)
        return false;
    rest++;
    facts->cpu_s =
        (double)(stat_field(rest, STAT_UTIME) + stat_field(rest, STAT_STIME)) / ticks_per_s;
    facts->start_wall_s = boot_wall_s() + (double)stat_field(rest, STAT_START) / ticks_per_s;
    facts->threads = stat_field(rest, STAT_THREADS);
    facts->virtual_bytes = stat_field(rest, STAT_VSIZE);
    facts->resident_bytes = stat_field(rest, STAT_RSS) * (long long)sysconf(_SC_PAGESIZE);
    return true;
}

/* Without the one that reads them; -1: not known. */
static long long
count_open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    long long count = 0;

    if (folder == NULL)
        return -1;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1;
}

static void
write_process_row(const char *name, const char *type, const char *help, double value, FILE *out)
{
    write_header(name, type, help, out);
    fprintf(out, "%s %.15g\n", name, value);
}

/* What the kernel says of this process, in Prometheus' usual names; rows that it does not give are left out. */
static void
write_process(FILE *out)
{
    struct process_facts facts;
    struct rlimit files;
    long long open_fds = count_open_fds();

    if (read_facts(&facts)) {
        write_process_row("process_cpu_seconds_total", "counter",
                          "User and system CPU time of the gateway's process", facts.cpu_s, out);
        write_process_row("process_resident_memory_bytes", "gauge",
                          "Resident memory of the gateway's process", (double)facts.resident_bytes,
                          out);
        write_process_row("process_virtual_memory_bytes", "gauge",
                          "Virtual memory of the gateway's process", (double)facts.virtual_bytes,
                          out);
        write_process_row("process_start_time_seconds", "gauge",
                          "Start time of the gateway's process, in seconds since the epoch",
                          facts.start_wall_s, out);
        write_process_row("process_threads", "gauge", "Threads of the gateway's process",
                          (double)facts.threads, out);
    }
    if (open_fds >= 0)
        write_process_row("process_open_fds", "gauge",
                          "Open file descriptors of the gateway's process", (double)open_fds, out);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        write_process_row("process_max_fds", "gauge",
                          "Maximum number of open file descriptors of the gateway's process",
                          (double)files.rlim_cur, out);
}

bool
metrics_text_write(struct gateway *gateway, FILE *out)
{
    struct actor_view *views = calloc(ACTOR_COUNT, sizeof *views); /* large for a thread's stack */

    if (views == NULL)
        return false;
    for (int i = 0; i < ACTOR_COUNT; i++)
        gateway_view(gateway, (enum actor_id)i, &views[i]);
    take_own_values(gateway, &views[ACTOR_GATEWAY]);
    write_table(views, out);
    write_histograms(views, out);
    write_actors(views, out);
    free(views);
    write_endpoints(gateway, out);
    write_route_counters(gateway, out);
    write_upstreams(gateway, out);
    write_process(out);
    return true;
}
