/* upstream_health.h - is the paid API healthy? From the last call, and from probes while no calls say it. Pure: times are
 * arguments.
 *
 * A probe connects and sends nothing. So it can tell that nobody is there, and that somebody is there again; a failure that
 * came over an open connection it does not undo. A failed call says nothing any more after UPSTREAM_FAILURE_MAX_AGE_MS; one
 * whose key was rejected counts until another call ends otherwise. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define UPSTREAM_FAILURE_MAX_AGE_MS 30000
/* While it is unhealthy it is probed this often at least. */
#define UPSTREAM_UNHEALTHY_PROBE_MS 5000

enum upstream_health_call {
    UPSTREAM_CALL_OK,
    UPSTREAM_CALL_FAILED,
    UPSTREAM_CALL_UNREACHABLE,
    UPSTREAM_CALL_REJECTED /* our key was: time does not mend that, nor does a probe */
};

struct upstream_health {
    enum upstream_health_call call;
    int64_t called_at_ms; /* when the last call ended; 0: there was none */
    int64_t call_us;      /* how long it took; -1: not known */
    bool is_probe_ok;
    int64_t probed_at_ms; /* when the last probe ended; 0: there was none */
    int64_t probe_us;     /* how long connecting took; -1: not known */
    const char *cause;    /* of the last failure; static */
};

void upstream_health_init(struct upstream_health *health);
void upstream_health_note_call(struct upstream_health *health, int64_t now_ms,
                               enum upstream_health_call call, int64_t duration_us,
                               const char *cause);
void upstream_health_note_probe(struct upstream_health *health, int64_t now_ms, bool is_fine,
                                int64_t duration_us, const char *cause);
bool upstream_health_is_healthy(const struct upstream_health *health, int64_t now_ms);
/* Neither a call nor a probe ended for interval_ms; 0: probes are never due. */
bool upstream_health_is_probe_due(const struct upstream_health *health, int64_t now_ms,
                                  int64_t interval_ms);
/* Of the last call, else of the last probe; -1: neither. */
int64_t upstream_health_latency_us(const struct upstream_health *health);
/* Why it is unhealthy; "" while it is healthy. */
const char *upstream_health_detail(const struct upstream_health *health, int64_t now_ms);
