/* entry_traces.h - which entries there were: what became of one that no level has any more. Pure.
 *
 * A fixed table; a key has ENTRY_TRACE_WAYS places, and the one that was noted first gives way. It is forgotten with the
 * process: of a key without a trace nothing is said. */
#pragma once

#include <stdint.h>

#include "decision.h"
#include "object/entry.h"
#include "purge.h"

#define ENTRY_TRACES     16384
#define ENTRY_TRACE_WAYS 4

struct entry_traces {
    int64_t noted; /* so far */
    struct entry_trace {
        char cache_key[ENTRY_KEY_SIZE];
        int64_t turn; /* 0: empty; else the later it was noted, the larger */
        int64_t created_wall_ms;
        int64_t expires_wall_ms;
        int64_t purge_number; /* the last one that left it alone */
    } traces[ENTRY_TRACES];
};

/* There is an entry, and purges up to purge_number left it alone. */
void entry_traces_note(struct entry_traces *traces, const char *cache_key,
                       const struct response_meta *meta, int64_t purge_number);
/* Why there is none: PURGED, EXPIRED or EVICTED; ABSENT: nothing is known of one. */
enum cache_reason entry_traces_explain(const struct entry_traces *traces, const char *cache_key,
                                       const char *endpoint, const struct purge_ring *log,
                                       int64_t now_wall_ms);
