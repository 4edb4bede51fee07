/* slice_pace.c - slices get smaller and rarer while the processor is taken away from them. */
#include "ingest/slice_pace.h"

#define ROWS         250
#define ROWS_HELD_UP 50
#define REST_FACTOR  10 /* times as long as it waited for the processor */
#define REST_MS_MOST 1000
#define AGE_MS_MOST  60000

void
slice_pace_note(struct slice_pace *pace, const struct slice_course *course, int64_t now_ms)
{
    int64_t waited_ns = course->wall_ns - course->cpu_ns;
    int64_t rest_ms = waited_ns * REST_FACTOR / 1000000;

    pace->is_held_up = course->is_reserving && waited_ns > course->cpu_ns;
    pace->rest_end_ms = 0;
    if (pace->is_held_up && course->age_ms < AGE_MS_MOST)
        pace->rest_end_ms = now_ms + (rest_ms < REST_MS_MOST ? rest_ms : REST_MS_MOST);
}

int64_t
slice_pace_rows(const struct slice_pace *pace)
{
    return pace->is_held_up ? ROWS_HELD_UP : ROWS;
}

int64_t
slice_pace_rest_ms(const struct slice_pace *pace, int64_t now_ms)
{
    return pace->rest_end_ms > now_ms ? pace->rest_end_ms - now_ms : 0;
}
