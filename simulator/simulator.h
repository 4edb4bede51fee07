/* simulator.h - all that the two listeners share.
 *
 * Made before the listeners start, given back after they stopped. Each member guards itself; the
 * data set never changes.
 */
#pragma once

#include "control/faults.h"
#include "control/journal.h"
#include "control/ledger.h"
#include "control/settable_clock.h"
#include "control/settings.h"
#include "control/waiting.h"
#include "data/dataset.h"
#include "operation/keys.h"
#include "options.h"

#include <stdatomic.h>
#include <stdint.h>

struct simulator {
    struct options options;
    struct dataset *dataset;
    struct settable_clock clock;
    struct keys keys;
    struct faults faults;
    struct journal journal;
    struct ledger ledger;
    struct settings settings;
    struct waiting pauses;  /* where delayed answers wait */
    _Atomic uint64_t draws; /* calls of the random operation */
};

struct simulator *simulator_create(const struct options *options);
void simulator_destroy(struct simulator **simulator);

/* Wakes everything that waits; held and delayed requests end without an answer. */
void simulator_stop(struct simulator *simulator);
