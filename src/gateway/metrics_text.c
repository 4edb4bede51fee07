/* metrics_text.c - the metric table, the per-endpoint counters, the histogram and the process. */
#include "metrics_text.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metrics.h"

struct sums {
    const char *endpoint;
    int64_t decisions[DECISION_COUNT];
    int64_t classes[6];
};

static int64_t
value_of(enum metric metric, struct actor_view views[ACTOR_COUNT])
{
    enum actor_id owner = metric_rows[metric].owner;

    return owner == ACTOR_GATEWAY ? metric_value(metric) : views[owner].metrics[metric];
}

/* Rows of one family ("name{labels}") follow each other in the table: help and type stand once. */
static void
write_table(struct actor_view views[ACTOR_COUNT], FILE *out)
{
    char family[128], last[128] = "";

    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *row = &metric_rows[i];

        snprintf(family, sizeof family, "%.*s", (int)strcspn(row->exposed, "{"), row->exposed);
        if (strcmp(family, last) != 0)
            fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family, row->help, family,
                    row->is_gauge ? "gauge" : "counter");
        fprintf(out, "%s %lld\n", row->exposed, (long long)value_of((enum metric)i, views));
        memcpy(last, family, sizeof last);
    }
}

/* Routes of one endpoint are one label value. */
static void
sum_endpoint(const struct config *config, const char *endpoint, struct sums *sums)
{
    memset(sums, 0, sizeof *sums);
    sums->endpoint = endpoint;
    for (int64_t i = 0; i < config->route_count; i++) {
        if (strcmp(config->routes[i].endpoint, endpoint) != 0)
            continue;
        for (int d = 0; d < DECISION_COUNT; d++)
            sums->decisions[d] += metric_requests((size_t)i, (enum decision)d);
        for (int c = 2; c <= 5; c++)
            sums->classes[c] += metric_status_class((size_t)i, c);
    }
}

static double
hit_ratio(const struct sums *sums)
{
    int64_t hits = sums->decisions[DECISION_HIT] + sums->decisions[DECISION_STALE];
    int64_t all = hits + sums->decisions[DECISION_MISS] + sums->decisions[DECISION_COLLAPSED];

    return all > 0 ? (double)hits / (double)all : 0.0;
}

typedef void write_sums(const struct sums *sums, FILE *out);

static void
write_decisions(const struct sums *sums, FILE *out)
{
    for (int d = 0; d < DECISION_COUNT; d++)
        fprintf(out, "rentcache_requests_total{endpoint=\"%s\",decision=\"%s\"} %lld\n",
                sums->endpoint, decision_text((enum decision)d), (long long)sums->decisions[d]);
}

static void
write_classes(const struct sums *sums, FILE *out)
{
    for (int c = 2; c <= 5; c++)
        fprintf(out, "rentcache_responses_total{endpoint=\"%s\",class=\"%dxx\"} %lld\n",
                sums->endpoint, c, (long long)sums->classes[c]);
}

static void
write_ratio(const struct sums *sums, FILE *out)
{
    fprintf(out, "cache_hit_ratio{endpoint=\"%s\"} %.6f\n", sums->endpoint, hit_ratio(sums));
}

static void
write_per_endpoint(struct gateway *gateway, const char *header, write_sums *write, FILE *out)
{
    const char *const *names = route_table_limit_names(gateway->routes);
    struct sums sums;

    fputs(header, out);
    for (size_t i = 0; i < route_table_limit_count(gateway->routes); i++) {
        sum_endpoint(gateway->config, names[i], &sums);
        write(&sums, out);
    }
}

static void
write_durations(FILE *out)
{
    static const int64_t bounds_us[] = METRIC_DURATION_BUCKETS;
    int64_t counts[METRIC_DURATION_BUCKET_COUNT + 1], sum_us;

    metric_durations(counts, &sum_us);
    fputs("# HELP api_request_duration_seconds API request duration\n"
          "# TYPE api_request_duration_seconds histogram\n",
          out);
    for (size_t i = 0; i < METRIC_DURATION_BUCKET_COUNT; i++)
        fprintf(out, "api_request_duration_seconds_bucket{le=\"%g\"} %lld\n",
                (double)bounds_us[i] / 1e6, (long long)counts[i]);
    fprintf(out, "api_request_duration_seconds_bucket{le=\"+Inf\"} %lld\n",
            (long long)counts[METRIC_DURATION_BUCKET_COUNT]);
    fprintf(out, "api_request_duration_seconds_sum %.6f\napi_request_duration_seconds_count %lld\n",
            (double)sum_us / 1e6, (long long)counts[METRIC_DURATION_BUCKET_COUNT]);
}

static void
write_process(FILE *out)
{
    struct rusage usage;
    long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm != NULL) {
        if (fscanf(statm, "%ld %ld", &pages, &resident) != 2)
            resident = 0;
        fclose(statm);
    }
    getrusage(RUSAGE_SELF, &usage);
    fprintf(out,
            "# HELP process_cpu_seconds_total CPU time of the gateway's process\n"
            "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.6f\n",
            (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    fprintf(out,
            "# HELP process_resident_memory_bytes Memory of the gateway's process\n"
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lld\n",
            (long long)resident * sysconf(_SC_PAGESIZE));
}

void
metrics_text_write(struct gateway *gateway, FILE *out)
{
    static struct actor_view views[ACTOR_COUNT]; /* large; admin threads take turns by the lock */
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    metric_set(METRIC_NEAR_ENTRIES, (int64_t)near_cache_count(gateway->near));
    metric_set(METRIC_NEAR_BYTES, (int64_t)near_cache_bytes(gateway->near));
    pthread_mutex_lock(&lock);
    for (int i = 0; i < ACTOR_COUNT; i++)
        gateway_view(gateway, (enum actor_id)i, &views[i]);
    write_table(views, out);
    pthread_mutex_unlock(&lock);
    write_per_endpoint(gateway,
                       "# HELP rentcache_requests_total Requests of known keys by decision\n"
                       "# TYPE rentcache_requests_total counter\n",
                       write_decisions, out);
    write_per_endpoint(gateway,
                       "# HELP rentcache_responses_total Requests of known keys by status\n"
                       "# TYPE rentcache_responses_total counter\n",
                       write_classes, out);
    write_per_endpoint(gateway,
                       "# HELP cache_hit_ratio Cache hit ratio by endpoint\n"
                       "# TYPE cache_hit_ratio gauge\n",
                       write_ratio, out);
    fprintf(
        out,
        "# HELP rentcache_saved_micro_usd_total Cost of the calls that were not needed\n"
        "# TYPE rentcache_saved_micro_usd_total counter\nrentcache_saved_micro_usd_total %lld\n",
        (long long)metric_saved_micro_usd());
    write_durations(out);
    write_process(out);
}
