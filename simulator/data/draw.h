/* draw.h - a small generator of pseudo-random numbers (splitmix64). Pure.
 *
 * The same state draws the same numbers on every machine; only integers are used. Draw once per
 * expression: C leaves open in which order arguments and operands are computed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

uint64_t draw_next(struct draw *draw);

/* 0 to below - 1; below at least 1. */
uint32_t draw_below(struct draw *draw, uint32_t below);

/* least to most, both included. */
int32_t draw_between(struct draw *draw, int32_t least, int32_t most);

/* True in so many of 100 cases. */
bool draw_chance(struct draw *draw, uint32_t percent);

/* A state for one of many streams of a seed. */
struct draw draw_stream(uint64_t seed, uint64_t stream, uint64_t index);
