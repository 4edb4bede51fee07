/* faults.h - faults that an administrator injects into the calls of an upstream, for drills. Pure.
 *
 * A call that is hit fails before anything is sent, so it is never billed. Forgotten at the next start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FAULTS_PPM_MOST        1000000
#define FAULTS_LATENCY_MOST_MS 600000

struct faults {
    int64_t ppm;        /* so many calls of a million fail */
    int64_t latency_ms; /* each call is held for so long first */
};

/* False: out of bounds, and *faults stays as it is. */
bool faults_set(struct faults *faults, int64_t ppm, int64_t latency_ms);
/* random: any 32 bits. */
bool faults_hit(const struct faults *faults, uint32_t random);
