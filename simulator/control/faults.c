/* faults.c - the faults in force, and what they do to a request. */
#include "control/faults.h"

#include "http/field.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
faults_init(struct faults *faults, uint64_t seed)
{
    *faults = (struct faults){.draw = draw_stream(seed, 3000, 0)};
    waiting_init(&faults->waiting);
}

void
faults_fini(struct faults *faults)
{
    free(faults->rows);
    faults->rows = NULL;
    waiting_fini(&faults->waiting);
}

static bool
faults_matches(const struct fault *fault, const struct fault_target *target)
{
    size_t length = strlen(fault->path);
    bool is_prefix = length > 0 && fault->path[length - 1] == '*';
    bool is_path = length == 0 || strcmp(fault->path, target->path) == 0 ||
                   (is_prefix && strncmp(fault->path, target->path, length - 1) == 0) ||
                   (target->template != NULL && strcmp(fault->path, target->template) == 0);
    bool is_key = fault->key_hash[0] == '\0' ||
                  (target->key_hash != NULL && strcmp(fault->key_hash, target->key_hash) == 0);
    return is_path && is_key;
}

/* Above 0, at most 1. */
static double
draw_unit(struct draw *draw)
{
    return ((double)(draw_next(draw) >> 11) + 1) / 9007199254740992.0;
}

static int64_t
draw_latency(const struct fault *fault, struct draw *draw)
{
    double mean = (double)fault->latency_ms;
    double spread = (double)fault->spread_ms;
    double drawn = mean;
    if (fault->distribution == DISTRIBUTION_FIXED)
        return fault->latency_ms;
    double unit = draw_unit(draw);
    if (fault->distribution == DISTRIBUTION_UNIFORM)
        drawn = mean + spread * unit;
    if (fault->distribution == DISTRIBUTION_NORMAL)
        drawn = mean + spread * sqrt(-2 * log(unit)) * cos(2 * M_PI * draw_unit(draw));
    if (fault->distribution == DISTRIBUTION_EXPONENTIAL)
        drawn = -mean * log(unit);
    return (int64_t)fmin(FAULT_LATENCY_MOST_MS, fmax(0, drawn));
}

/* Whether an entry applies this time; counts its times down. */
static bool
faults_strikes(struct faults *faults, struct fault *fault, const struct fault_target *target)
{
    if (fault->times == 0 || !faults_matches(fault, target))
        return false;
    if (fault->probability < 1 && draw_unit(&faults->draw) > fault->probability)
        return false;
    if (fault->times > 0)
        fault->times--;
    return true;
}

static void
add_headers(struct fault_plan *plan, const struct fault *fault)
{
    size_t used = strlen(plan->headers);
    if (used + strlen(fault->headers) < sizeof plan->headers)
        memcpy(plan->headers + used, fault->headers, strlen(fault->headers) + 1);
}

static void
faults_apply(struct faults *faults, const struct fault *fault, struct fault_plan *plan)
{
    int64_t latency_ms = draw_latency(fault, &faults->draw);
    add_headers(plan, fault);
    if (fault->kind == FAULT_TRICKLE)
        plan->piece_pause_ms = latency_ms;
    else
        plan->delay_ms += latency_ms;
    if (fault->kind == FAULT_LATENCY)
        return;
    plan->kind = fault->kind;
    plan->status = fault->status;
    plan->piece_bytes = fault->piece_bytes;
}

/* Takes out what has used up its times. Spent holds stay for those they caught, while any is. */
static void
faults_sweep(struct faults *faults)
{
    size_t kept = 0;
    for (size_t i = 0; i < faults->count; i++) {
        bool is_needed = faults->rows[i].kind == FAULT_HOLD && faults->held > 0;
        if (faults->rows[i].times == 0 && !is_needed)
            continue;
        if (kept != i)
            faults->rows[kept] = faults->rows[i];
        kept++;
    }
    faults->count = kept;
    atomic_store(&faults->armed, kept);
}

void
faults_plan(struct faults *faults, const struct fault_target *target, struct fault_plan *plan)
{
    plan->kind = FAULT_NONE;
    plan->delay_ms = 0;
    plan->piece_pause_ms = 0;
    plan->headers[0] = '\0';
    if (atomic_load(&faults->armed) == 0)
        return;
    waiting_enter(&faults->waiting);
    for (size_t i = 0; i < faults->count && plan->kind == FAULT_NONE; i++)
        if (faults_strikes(faults, &faults->rows[i], target))
            faults_apply(faults, &faults->rows[i], plan);
    if (plan->kind == FAULT_HOLD) {
        faults->held++;
        waiting_notify(&faults->waiting);
    }
    faults_sweep(faults);
    waiting_leave(&faults->waiting);
}

static bool
is_held(const struct faults *faults, const struct fault_target *target)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->rows[i].kind == FAULT_HOLD && faults_matches(&faults->rows[i], target))
            return true;
    return false;
}

bool
faults_hold(struct faults *faults, const struct fault_target *target, int64_t most_ms)
{
    int64_t deadline_ms = waiting_now_ms() + most_ms;
    bool in_time = true;
    waiting_enter(&faults->waiting);
    while (in_time && is_held(faults, target))
        in_time = waiting_until(&faults->waiting, deadline_ms);
    faults->held--;
    faults_sweep(faults);
    waiting_notify(&faults->waiting);
    waiting_leave(&faults->waiting);
    return in_time;
}

size_t
faults_wait_held(struct faults *faults, size_t requests, int64_t timeout_ms)
{
    int64_t deadline_ms = waiting_now_ms() + timeout_ms;
    waiting_enter(&faults->waiting);
    while (faults->held < requests)
        if (!waiting_until(&faults->waiting, deadline_ms))
            break;
    size_t held = faults->held;
    waiting_leave(&faults->waiting);
    return held;
}

static void
swap_rows(struct faults *faults, struct fault *rows, size_t count)
{
    waiting_enter(&faults->waiting);
    struct fault *old = faults->rows;
    faults->rows = rows;
    faults->count = count;
    atomic_store(&faults->armed, count);
    waiting_notify(&faults->waiting);
    waiting_leave(&faults->waiting);
    free(old);
}

bool
faults_replace(struct faults *faults, const json_t *document, char *complaint, size_t size)
{
    const json_t *list = json_object_get(document, "faults");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > FAULTS_MOST) {
        snprintf(complaint, size, "'faults' must be an array of at most %d entries", FAULTS_MOST);
        return false;
    }
    struct fault *rows = calloc(count + 1, sizeof *rows);
    assert(rows != NULL);
    for (size_t i = 0; i < count; i++) {
        const char *wrong = fault_read(json_array_get(list, i), &rows[i]);
        if (wrong != NULL) {
            snprintf(complaint, size, "faults[%zu]: %s", i, wrong);
            free(rows);
            return false;
        }
    }
    swap_rows(faults, rows, count);
    return true;
}

void
faults_write(struct faults *faults, struct text *text)
{
    waiting_enter(&faults->waiting);
    field_open(text, NULL, '{');
    field_open(text, "faults", '[');
    for (size_t i = 0; i < faults->count; i++)
        if (faults->rows[i].times != 0)
            fault_write(&faults->rows[i], text);
    field_close(text, ']');
    field_close(text, '}');
    waiting_leave(&faults->waiting);
}
