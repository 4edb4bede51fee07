/* upstream_metrics.c - one place for each upstream: a single thread writes, so an add needs no locked instruction. */
#include "upstream_metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef _Atomic int64_t counter;

static struct {
    counter values[UPSTREAM_METRIC_COUNT];
    counter buckets[DURATION_BUCKET_COUNT];
    counter sum_us;
    char detail[UPSTREAM_DETAIL_SIZE]; /* under detail_lock */
} places[UPSTREAMS_MAX];

static pthread_mutex_t detail_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t place_count; /* set before threads start */

const struct upstream_metric_row upstream_metric_rows[UPSTREAM_METRIC_COUNT] = {
#define COUNTER                                               false
#define GAUGE                                                 true
#define UPSTREAM_METRIC_ROW(name, kind, family, labels, help) {family, labels, help, kind},
    UPSTREAM_METRICS(UPSTREAM_METRIC_ROW)
#undef UPSTREAM_METRIC_ROW
#undef GAUGE
#undef COUNTER
};

static int64_t
place_load(counter *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

static void
place_store(counter *to, int64_t value)
{
    atomic_store_explicit(to, value, memory_order_relaxed);
}

void
upstream_metrics_init(size_t count)
{
    assert(count <= UPSTREAMS_MAX);
    memset(places, 0, sizeof places);
    place_count = count;
}

size_t
upstream_metrics_count(void)
{
    return place_count;
}

void
upstream_metric_add(size_t index, enum upstream_metric which, int64_t n)
{
    assert((unsigned)which < UPSTREAM_METRIC_COUNT);
    if (index < place_count)
        place_store(&places[index].values[which], place_load(&places[index].values[which]) + n);
}

void
upstream_metric_set(size_t index, enum upstream_metric which, int64_t value)
{
    assert((unsigned)which < UPSTREAM_METRIC_COUNT);
    if (index < place_count)
        place_store(&places[index].values[which], value);
}

void
upstream_metric_observe(size_t index, int64_t duration_us)
{
    counter *bucket;

    if (index >= place_count)
        return;
    bucket = &places[index].buckets[duration_bucket(duration_us)];
    place_store(bucket, place_load(bucket) + 1);
    place_store(&places[index].sum_us, place_load(&places[index].sum_us) + duration_us);
}

void
upstream_metric_set_detail(size_t index, const char *detail)
{
    if (index >= place_count)
        return;
    pthread_mutex_lock(&detail_lock);
    snprintf(places[index].detail, sizeof places[index].detail, "%s", detail);
    pthread_mutex_unlock(&detail_lock);
}

int64_t
upstream_metric_value(size_t index, enum upstream_metric which)
{
    return index < place_count ? place_load(&places[index].values[which]) : 0;
}

void
upstream_metrics_read(struct upstream_metrics *all)
{
    for (size_t i = 0; i < place_count; i++) {
        for (size_t v = 0; v < UPSTREAM_METRIC_COUNT; v++)
            all[i].values[v] = place_load(&places[i].values[v]);
        for (size_t b = 0; b < DURATION_BUCKET_COUNT; b++)
            all[i].durations.buckets[b] = place_load(&places[i].buckets[b]);
        all[i].durations.sum_us = place_load(&places[i].sum_us);
        pthread_mutex_lock(&detail_lock);
        memcpy(all[i].detail, places[i].detail, sizeof all[i].detail);
        pthread_mutex_unlock(&detail_lock);
    }
}
