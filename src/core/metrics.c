/* metrics.c - counts into a block per thread, sums over all blocks.
 *
 * Life of a block: made at its thread's first count -> OWNED by that thread, the only one that
 * writes it
 * -> FREE when the thread ends, its counts stay in every sum -> OWNED by the next new thread, which
 * goes on counting in it. Freed by metrics_fini alone, so there are as many as threads counted at
 * once. Having one writer, an add is a relaxed load and store, no locked instruction; readers load
 * relaxed. */
#include "metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bytes.h"
#include "log.h"

enum { STATUS_CLASS_COUNT = 4, CACHE_LINE_SIZE = 64 };

typedef _Atomic int64_t counter;

/* Of one route in one thread. */
struct route_counts {
    counter decisions[DECISION_COUNT];
    counter status_classes[STATUS_CLASS_COUNT]; /* 2xx .. 5xx */
};

struct block {
    counter metrics[METRIC_COUNT];
    counter durations[METRIC_DURATION_BUCKET_COUNT + 1]; /* not cumulative */
    counter duration_sum_us;
    counter saved_micro_usd;
    /* under the registry's lock */
    struct block *next;
    bool is_owned;
    struct route_counts routes[];
};

static struct {
    pthread_mutex_t lock;
    struct block *blocks; /* linked by next */
    size_t route_count;   /* set before threads start */
    pthread_key_t key;    /* its destructor frees a thread's block */
    bool has_key;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static counter gauges[METRIC_COUNT];

static _Thread_local struct block *own_block;

const struct metric_row metric_rows[METRIC_COUNT] = {
#define COUNTER                                      false
#define GAUGE                                        true
#define METRIC_ROW(name, owner, kind, exposed, help) {exposed, help, ACTOR_##owner, kind},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
#undef GAUGE
#undef COUNTER
};

static const int64_t duration_bounds_us[] = METRIC_DURATION_BUCKETS;
static_assert(COUNT(duration_bounds_us) == METRIC_DURATION_BUCKET_COUNT, "bounds of the header");

static inline int64_t
load(counter *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

/* Only by the thread that owns the block. */
static inline void
add(counter *to, int64_t n)
{
    atomic_store_explicit(to, load(to) + n, memory_order_relaxed);
}

static void
on_thread_end(void *block)
{
    pthread_mutex_lock(&registry.lock);
    ((struct block *)block)->is_owned = false;
    pthread_mutex_unlock(&registry.lock);
    own_block = NULL;
}

static struct block *
find_free_block(void)
{
    struct block *block = registry.blocks;

    while (block != NULL && block->is_owned)
        block = block->next;
    return block;
}

static struct block *
make_block(void)
{
    size_t size = sizeof(struct block) + registry.route_count * sizeof(struct route_counts);
    size_t rounded = (size + CACHE_LINE_SIZE - 1) / CACHE_LINE_SIZE * CACHE_LINE_SIZE;
    struct block *block = aligned_alloc(CACHE_LINE_SIZE, rounded);

    if (block == NULL)
        return NULL;
    memset(block, 0, rounded);
    block->next = registry.blocks;
    registry.blocks = block;
    return block;
}

/* The calling thread's first count. A thread that has begun to end may count once more: its block
 * stays owned then, which costs memory and nothing else. */
__attribute__((noinline)) static struct block *
take_block(void)
{
    struct block *block;

    pthread_mutex_lock(&registry.lock);
    if (!registry.has_key)
        registry.has_key = pthread_key_create(&registry.key, on_thread_end) == 0;
    block = find_free_block();
    if (block == NULL)
        block = make_block();
    if (block != NULL)
        block->is_owned = true;
    pthread_mutex_unlock(&registry.lock);
    if (block == NULL || !registry.has_key || pthread_setspecific(registry.key, block) != 0)
        log_fatal("no memory for the metrics of a thread");
    own_block = block;
    return block;
}

static inline struct block *
find_own_block(void)
{
    struct block *block = own_block;

    return __builtin_expect(block != NULL, 1) ? block : take_block();
}

bool
metrics_init(size_t route_count)
{
    metrics_fini();
    registry.route_count = route_count;
    return take_block() != NULL;
}

/* No other thread may count meanwhile, nor one that counted before count again. */
void
metrics_fini(void)
{
    while (registry.blocks != NULL) {
        struct block *block = registry.blocks;

        registry.blocks = block->next;
        free(block);
    }
    if (registry.has_key)
        pthread_key_delete(registry.key);
    registry.has_key = false;
    registry.route_count = 0;
    own_block = NULL;
    for (size_t i = 0; i < METRIC_COUNT; i++)
        atomic_store_explicit(&gauges[i], 0, memory_order_relaxed);
}

void
metric_add(enum metric metric, int64_t n)
{
    assert((unsigned)metric < METRIC_COUNT);
    add(&find_own_block()->metrics[metric], n);
}

void
metric_set(enum metric metric, int64_t value)
{
    assert((unsigned)metric < METRIC_COUNT && metric_rows[metric].is_gauge);
    atomic_store_explicit(&gauges[metric], value, memory_order_relaxed);
}

static size_t
find_bucket(int64_t duration_us)
{
    size_t bucket = 0;

    while (bucket < METRIC_DURATION_BUCKET_COUNT && duration_us > duration_bounds_us[bucket])
        bucket++;
    return bucket;
}

void
metric_count_request(size_t route_index, enum decision decision, int http_status,
                     int64_t duration_us, int64_t saved_micro_usd)
{
    struct block *block = find_own_block();
    int status_class = http_status / 100 - 2;

    assert(route_index < registry.route_count && (unsigned)decision < DECISION_COUNT);
    add(&block->routes[route_index].decisions[decision], 1);
    if (status_class >= 0 && status_class < STATUS_CLASS_COUNT)
        add(&block->routes[route_index].status_classes[status_class], 1);
    add(&block->durations[find_bucket(duration_us)], 1);
    add(&block->duration_sum_us, duration_us);
    if (saved_micro_usd != 0)
        add(&block->saved_micro_usd, saved_micro_usd);
}

/* The sum over all blocks of the counter that stands offset bytes behind a block's start. */
static int64_t
sum(size_t offset)
{
    int64_t total = 0;

    pthread_mutex_lock(&registry.lock);
    for (struct block *block = registry.blocks; block != NULL; block = block->next)
        total += load((counter *)(void *)((char *)block + offset));
    pthread_mutex_unlock(&registry.lock);
    return total;
}

/* A gauge is what was set last plus what was added to it. */
int64_t
metric_value(enum metric metric)
{
    assert((unsigned)metric < METRIC_COUNT);
    return load(&gauges[metric]) +
           sum(offsetof(struct block, metrics) + (size_t)metric * sizeof(counter));
}

static size_t
offset_of_route(size_t route_index)
{
    assert(route_index < registry.route_count);
    return offsetof(struct block, routes) + route_index * sizeof(struct route_counts);
}

int64_t
metric_requests(size_t route_index, enum decision decision)
{
    assert((unsigned)decision < DECISION_COUNT);
    return sum(offset_of_route(route_index) + offsetof(struct route_counts, decisions) +
               (size_t)decision * sizeof(counter));
}

int64_t
metric_status_class(size_t route_index, int hundreds)
{
    assert(hundreds >= 2 && hundreds < 2 + STATUS_CLASS_COUNT);
    return sum(offset_of_route(route_index) + offsetof(struct route_counts, status_classes) +
               (size_t)(hundreds - 2) * sizeof(counter));
}

int64_t
metric_saved_micro_usd(void)
{
    return sum(offsetof(struct block, saved_micro_usd));
}

void
metric_durations(int64_t counts[METRIC_DURATION_BUCKET_COUNT + 1], int64_t *sum_us)
{
    int64_t total = 0;

    for (size_t i = 0; i <= METRIC_DURATION_BUCKET_COUNT; i++) {
        total += sum(offsetof(struct block, durations) + i * sizeof(counter));
        counts[i] = total;
    }
    *sum_us = sum(offsetof(struct block, duration_sum_us));
}
