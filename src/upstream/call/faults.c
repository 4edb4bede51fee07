/* faults.c - bounds of injected faults, and the draw. */
#include "call/faults.h"

bool
faults_set(struct faults *faults, int64_t ppm, int64_t latency_ms)
{
    if (ppm < 0 || ppm > FAULTS_PPM_MOST || latency_ms < 0 || latency_ms > FAULTS_LATENCY_MOST_MS)
        return false;
    *faults = (struct faults){.ppm = ppm, .latency_ms = latency_ms};
    return true;
}

/* The upper bound is never drawn: all of a million is always, none is never. */
bool
faults_hit(const struct faults *faults, uint32_t random)
{
    return (int64_t)(((uint64_t)random * FAULTS_PPM_MOST) >> 32) < faults->ppm;
}
