/* metrics.c - counts into a block per thread, sums over all blocks.
 *
 * Life of a block: made at its thread's first count -> OWNED by that thread, the only one that
 * writes it
 * -> FREE when the thread ends, its counts stay in every sum -> OWNED by the next new thread, which
 * goes on counting in it. Unmapped by metrics_fini alone, so there are as many as threads counted at
 * once. Having one writer, an add is a relaxed load and store, no locked instruction; readers load
 * relaxed. */
#include "metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/log.h"

typedef _Atomic int64_t counter;

struct durations {
    counter buckets[DURATION_BUCKET_COUNT];
    counter sum_us;
};

/* What all actors count; in the order of struct metric_values. */
struct values {
    counter metrics[METRIC_COUNT];
    struct durations histograms[HISTOGRAM_COUNT];
};

/* Of one route in one thread; in the order of struct metric_route. */
struct route_counts {
    counter saved_micro_usd;
    counter decisions[DECISION_COUNT];
    struct durations durations;
    counter statuses[METRIC_STATUS_COUNT];
    counter counters[ROUTE_COUNTER_COUNT];
};

static_assert(sizeof(struct values) == sizeof(struct metric_values), "read as one array");
static_assert(sizeof(struct route_counts) == sizeof(struct metric_route), "read as one array");

/* Mapped by itself: pages of routes that a thread never answers are never made. */
struct block {
    struct values values;
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

const struct metric_histogram_row metric_histogram_rows[HISTOGRAM_COUNT] = {
#define HISTOGRAM_ROW(name, owner, family, labels, help) {family, labels, help, ACTOR_##owner},
    METRIC_HISTOGRAMS(HISTOGRAM_ROW)
#undef HISTOGRAM_ROW
};

const struct metric_route_counter_row metric_route_counter_rows[ROUTE_COUNTER_COUNT] = {
#define ROUTE_COUNTER_ROW(name, owner, family, help) {family, help, ACTOR_##owner},
    METRIC_ROUTE_COUNTERS(ROUTE_COUNTER_ROW)
#undef ROUTE_COUNTER_ROW
};

static const int statuses[] = METRIC_STATUSES;
static_assert(COUNT(statuses) == METRIC_STATUS_LISTED, "as many as the header says");

static inline int64_t
metrics_load(counter *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

/* Only by the thread that owns the block. */
static inline void
metrics_add(counter *to, int64_t n)
{
    atomic_store_explicit(to, metrics_load(to) + n, memory_order_relaxed);
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

static size_t
block_size(void)
{
    return sizeof(struct block) + registry.route_count * sizeof(struct route_counts);
}

static struct block *
make_block(void)
{
    struct block *block =
        mmap(NULL, block_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED)
        return NULL;
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
        munmap(block, block_size());
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
    metrics_add(&find_own_block()->values.metrics[metric], n);
}

void
metric_set(enum metric metric, int64_t value)
{
    assert((unsigned)metric < METRIC_COUNT && metric_rows[metric].is_gauge);
    atomic_store_explicit(&gauges[metric], value, memory_order_relaxed);
}

static inline void
metrics_observe(struct durations *durations, int64_t duration_us)
{
    metrics_add(&durations->buckets[duration_bucket(duration_us)], 1);
    metrics_add(&durations->sum_us, duration_us);
}

void
metric_observe(enum metric_histogram histogram, int64_t duration_us)
{
    assert((unsigned)histogram < HISTOGRAM_COUNT);
    metrics_observe(&find_own_block()->values.histograms[histogram], duration_us);
}

/* Most are the first. */
static inline size_t
find_status(int http_status)
{
    size_t i = 0;
    int hundreds;

    while (i < METRIC_STATUS_LISTED && statuses[i] != http_status)
        i++;
    if (__builtin_expect(i < METRIC_STATUS_LISTED, 1))
        return i;
    hundreds = http_status / 100;
    return METRIC_STATUS_LISTED + (size_t)(hundreds >= 2 && hundreds <= 5 ? hundreds - 1 : 0);
}

void
metric_status_text(size_t status_index, char text[METRIC_STATUS_TEXT_SIZE])
{
    assert(status_index < METRIC_STATUS_COUNT);
    if (status_index < METRIC_STATUS_LISTED)
        snprintf(text, METRIC_STATUS_TEXT_SIZE, "%d", statuses[status_index]);
    else if (status_index == METRIC_STATUS_LISTED)
        snprintf(text, METRIC_STATUS_TEXT_SIZE, "other");
    else
        snprintf(text, METRIC_STATUS_TEXT_SIZE, "%dxx",
                 (int)(status_index - METRIC_STATUS_LISTED) + 1);
}

void
metric_count_request(size_t route_index, enum decision decision, int http_status,
                     int64_t duration_us, int64_t saved_micro_usd)
{
    struct route_counts *route = &find_own_block()->routes[route_index];

    assert(route_index < registry.route_count && (unsigned)decision < DECISION_COUNT);
    metrics_add(&route->decisions[decision], 1);
    metrics_add(&route->statuses[find_status(http_status)], 1);
    metrics_observe(&route->durations, duration_us);
    metrics_add(&route->saved_micro_usd, saved_micro_usd);
}

void
metric_count_route(enum metric_route_counter which, size_t route_index, int64_t n)
{
    assert((unsigned)which < ROUTE_COUNTER_COUNT);
    if (route_index < registry.route_count)
        metrics_add(&find_own_block()->routes[route_index].counters[which], n);
}

/* Adds count counters that stand offset bytes behind the start of every block. */
static void
add_blocks(size_t offset, size_t count, int64_t *sums)
{
    pthread_mutex_lock(&registry.lock);
    for (struct block *block = registry.blocks; block != NULL; block = block->next) {
        counter *counters = (counter *)(void *)((char *)block + offset);

        for (size_t i = 0; i < count; i++)
            sums[i] += metrics_load(&counters[i]);
    }
    pthread_mutex_unlock(&registry.lock);
}

/* A gauge is what was set last plus what was added to it. */
int64_t
metric_value(enum metric metric)
{
    int64_t value;

    assert((unsigned)metric < METRIC_COUNT);
    value = metrics_load(&gauges[metric]);
    add_blocks(offsetof(struct block, values.metrics) + (size_t)metric * sizeof(counter), 1,
               &value);
    return value;
}

void
metrics_read(struct metric_values *values)
{
    memset(values, 0, sizeof *values);
    for (size_t i = 0; i < METRIC_COUNT; i++)
        values->metrics[i] = metrics_load(&gauges[i]);
    add_blocks(offsetof(struct block, values), sizeof *values / sizeof(int64_t),
               (int64_t *)(void *)values);
}

void
metric_route_add(size_t route_index, struct metric_route *sums)
{
    assert(route_index < registry.route_count);
    add_blocks(offsetof(struct block, routes) + route_index * sizeof(struct route_counts),
               sizeof *sums / sizeof(int64_t), (int64_t *)(void *)sums);
}

size_t
metrics_route_counters(void)
{
    return registry.route_count * ROUTE_COUNTER_COUNT;
}

void
metrics_read_routes(int64_t *counters)
{
    for (size_t route = 0; route < registry.route_count; route++) {
        int64_t *sums = &counters[route * ROUTE_COUNTER_COUNT];

        memset(sums, 0, ROUTE_COUNTER_COUNT * sizeof *sums);
        add_blocks(offsetof(struct block, routes) + route * sizeof(struct route_counts) +
                       offsetof(struct route_counts, counters),
                   ROUTE_COUNTER_COUNT, sums);
    }
}
