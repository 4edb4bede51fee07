/* entry_traces.c - which entries there were. */
#include "flight/entry_traces.h"

#include <string.h>

#include "base/hash.h"

/* Where the n-th place of a key is. */
static size_t
trace_place(const char *cache_key, size_t n)
{
    return (hash_fnv1a(bytes_of_text(cache_key), 0) + n) % ENTRY_TRACES;
}

/* The key's own place, else the one that was noted first. */
static struct entry_trace *
choose_trace(struct entry_traces *traces, const char *cache_key)
{
    struct entry_trace *chosen = &traces->traces[trace_place(cache_key, 0)];

    for (size_t n = 0; n < ENTRY_TRACE_WAYS; n++) {
        struct entry_trace *trace = &traces->traces[trace_place(cache_key, n)];

        if (strcmp(trace->cache_key, cache_key) == 0)
            return trace;
        if (trace->turn < chosen->turn)
            chosen = trace;
    }
    return chosen;
}

void
entry_traces_note(struct entry_traces *traces, const char *cache_key,
                  const struct response_meta *meta, int64_t purge_number)
{
    struct entry_trace *trace = choose_trace(traces, cache_key);

    *trace = (struct entry_trace){.turn = ++traces->noted,
                                  .created_wall_ms = meta->created_wall_ms,
                                  .expires_wall_ms = meta->expires_wall_ms,
                                  .purge_number = purge_number};
    bytes_copy_text(bytes_of_text(cache_key), trace->cache_key, sizeof trace->cache_key);
}

enum cache_reason
entry_traces_explain(const struct entry_traces *traces, const char *cache_key, const char *endpoint,
                     const struct purge_ring *log, int64_t now_wall_ms)
{
    for (size_t n = 0; n < ENTRY_TRACE_WAYS; n++) {
        const struct entry_trace *trace = &traces->traces[trace_place(cache_key, n)];

        if (trace->turn == 0 || strcmp(trace->cache_key, cache_key) != 0)
            continue;
        if (purge_ring_matches(log, trace->purge_number, bytes_of_text(endpoint),
                               trace->created_wall_ms, trace->expires_wall_ms))
            return CACHE_REASON_PURGED;
        return trace->expires_wall_ms <= now_wall_ms ? CACHE_REASON_EXPIRED : CACHE_REASON_EVICTED;
    }
    return CACHE_REASON_ABSENT;
}
