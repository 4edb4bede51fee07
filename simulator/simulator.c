/* simulator.c - all that the two listeners share: made, stopped, given back. */
#include "simulator.h"

#include "common/calendar.h"

#include <assert.h>
#include <stdlib.h>

struct simulator *
simulator_create(const struct options *options)
{
    struct simulator *simulator = calloc(1, sizeof *simulator);
    assert(simulator != NULL);
    simulator->options = *options;
    settable_clock_init(&simulator->clock, options->now_ms);
    int32_t today = calendar_day_of(settable_clock_now_ms(&simulator->clock));
    simulator->dataset = dataset_create((uint64_t)options->seed, today);
    keys_init(&simulator->keys);
    faults_init(&simulator->faults, (uint64_t)options->seed);
    journal_init(&simulator->journal, (size_t)options->journal_rows);
    ledger_init(&simulator->ledger);
    waiting_init(&simulator->pauses);
    return simulator;
}

void
simulator_stop(struct simulator *simulator)
{
    waiting_stop(&simulator->pauses);
    waiting_stop(&simulator->faults.waiting);
    waiting_stop(&simulator->journal.waiting);
}

void
simulator_destroy(struct simulator **simulator)
{
    if (*simulator == NULL)
        return;
    waiting_fini(&(*simulator)->pauses);
    ledger_fini(&(*simulator)->ledger);
    journal_fini(&(*simulator)->journal);
    faults_fini(&(*simulator)->faults);
    keys_fini(&(*simulator)->keys);
    dataset_destroy(&(*simulator)->dataset);
    free(*simulator);
    *simulator = NULL;
}
