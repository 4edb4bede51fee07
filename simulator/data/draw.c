/* draw.c - a small generator of pseudo-random numbers (splitmix64). */
#include "data/draw.h"

#include <assert.h>

uint64_t
draw_next(struct draw *draw)
{
    draw->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = draw->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

uint32_t
draw_below(struct draw *draw, uint32_t below)
{
    assert(below > 0);
    return (uint32_t)(((draw_next(draw) >> 32) * below) >> 32);
}

int32_t
draw_between(struct draw *draw, int32_t least, int32_t most)
{
    assert(least <= most);
    return least + (int32_t)draw_below(draw, (uint32_t)(most - least) + 1);
}

bool
draw_chance(struct draw *draw, uint32_t percent)
{
    return draw_below(draw, 100) < percent;
}

struct draw
draw_stream(uint64_t seed, uint64_t stream, uint64_t index)
{
    struct draw draw = {seed};
    draw.state = draw_next(&draw) ^ (stream * UINT64_C(0xd1342543de82ef95));
    draw.state = draw_next(&draw) ^ (index * UINT64_C(0xaf251af3b0f025b5));
    return (struct draw){draw_next(&draw)};
}
