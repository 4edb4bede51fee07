/* ledger_epochs.c - the epoch that is open, and the last ones that were. */
#include "ledger/ledger_epochs.h"

static bool
has_ended(const struct ledger_epochs *epochs, int64_t epoch)
{
    for (size_t i = 0; i < LEDGER_EPOCHS_ENDED_MAX; i++)
        if (epochs->ended[i] == epoch)
            return true;
    return false;
}

bool
ledger_epochs_open(struct ledger_epochs *epochs, int64_t epoch)
{
    if (epoch == epochs->current)
        return true;
    if (has_ended(epochs, epoch))
        return false;
    if (epochs->current != 0) {
        epochs->ended[epochs->next] = epochs->current;
        epochs->next = (epochs->next + 1) % LEDGER_EPOCHS_ENDED_MAX;
    }
    epochs->current = epoch;
    return true;
}

bool
ledger_epochs_may_reserve(const struct ledger_epochs *epochs, int64_t epoch)
{
    return epochs->current == 0 || epochs->current == epoch;
}
