/* row.h - lets a test name the row of docs/features.tsv that it shows.
 *
 * Written as the first statement of a test, the id spelled out: row("R-029"); scripts/features.sh
 * finds the statement and makes docs/feature-rows.md of all of them. When the test runs it only
 * remembers the id, for a debugger or the message of a failure. */
#pragma once

static const char *row_shown;

static inline void
row(const char *id)
{
    row_shown = id;
}

/* The row named last, NULL before the first. */
static inline const char *
row_last(void)
{
    return row_shown;
}
