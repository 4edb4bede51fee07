/* quotas.c - leases of daily and monthly quotas: what is leased out counts before it is used.
 *
 * A window is a date, not a state: its count is what is dated in it, in quota_grants. A clock that steps back
 * goes on with the old date's count, one that steps forward opens the next date. */
#include "accounts/accounts.h"

#include "base/dates.h"

#include <assert.h>

#define SHARE_OF_REST 100 /* a lease is at most 1/100 of what is left */

struct window {
    const char *period;
    int64_t first_day;
    int64_t next_first_day; /* when the next window of this period opens */
    int64_t limit;          /* 0: none */
    int64_t left;
};

static void
find_windows(struct window windows[2], int64_t day)
{
    windows[0] = (struct window){.period = "day", .first_day = day, .next_first_day = day + 1};
    windows[1] = (struct window){.period = "month",
                                 .first_day = dates_month_start(day),
                                 .next_first_day = dates_next_month_start(day)};
}

static enum status
read_limits(struct accounts *accounts, int64_t api_key_id, struct window windows[2])
{
    struct sql_rows *rows;
    enum status status =
        sql_query_row(accounts->sql, STATEMENT_KEY_LIMITS, SQL_VALUES(sql_int(api_key_id)), &rows);

    if (status == STATUS_OK) {
        windows[0].limit = sql_row_int(rows, 0);
        windows[1].limit = sql_row_int(rows, 1);
    }
    sql_done(&rows);
    return status;
}

static enum status
read_left(struct accounts *accounts, int64_t api_key_id, struct window *window)
{
    int64_t granted = 0;
    enum status status = sql_query_int(
        accounts->sql, STATEMENT_QUOTA_GET,
        SQL_VALUES(sql_int(api_key_id), sql_string(window->period), sql_date(window->first_day)),
        &granted);

    window->left = granted < window->limit ? window->limit - granted : 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Adds to what was granted in a window, or takes back: QUOTA_ADD or QUOTA_RETURN. */
static enum status
move_granted(struct accounts *accounts, enum statement statement, int64_t api_key_id,
             const struct window *window, int64_t count)
{
    return sql_run(accounts->sql, statement,
                   SQL_VALUES(sql_int(api_key_id), sql_string(window->period),
                              sql_date(window->first_day), sql_int(count)),
                   NULL);
}

static int64_t
share_of(const struct window *window)
{
    int64_t share = window->left / SHARE_OF_REST;

    return window->left == 0 || share >= 1 ? share : 1;
}

static void
note_refusal(const struct window *window, bool is_monthly, struct quota_refusal *refusal)
{
    refusal->is_monthly = is_monthly;
    refusal->limit = window->limit;
    refusal->used = window->limit - window->left;
    if (window->left == 0)
        refusal->retry_at_wall_us = window->next_first_day * DATES_US_OF_DAY;
}

/* The least share over the windows that have a limit, or what is needed where that is more; 0: refused. */
static int64_t
decide_grant(const struct window windows[2], int64_t needed, int64_t wanted,
             struct quota_refusal *refusal)
{
    int64_t granted = wanted;

    *refusal = (struct quota_refusal){0};
    for (size_t i = 0; i < 2; i++) {
        if (windows[i].limit == 0)
            continue;
        if (share_of(&windows[i]) < granted)
            granted = share_of(&windows[i]);
        if (windows[i].left < needed)
            note_refusal(&windows[i], i == 1, refusal);
    }
    if (refusal->limit > 0)
        return 0;
    return granted > needed ? granted : needed;
}

enum status
quota_lease(struct accounts *accounts, int64_t api_key_id, int64_t needed, int64_t wanted,
            int64_t now_wall_us, int64_t *granted, int64_t *day, struct quota_refusal *refusal)
{
    struct window windows[2];
    enum status status;

    assert(needed >= 1 && wanted >= needed);
    *granted = 0;
    *refusal = (struct quota_refusal){0};
    *day = dates_day_of(now_wall_us);
    find_windows(windows, *day);
    status = read_limits(accounts, api_key_id, windows);
    for (size_t i = 0; status == STATUS_OK && i < 2; i++)
        status = read_left(accounts, api_key_id, &windows[i]);
    if (status != STATUS_OK)
        return status;
    *granted = decide_grant(windows, needed, wanted, refusal);
    for (size_t i = 0; status == STATUS_OK && *granted > 0 && i < 2; i++) {
        if (windows[i].limit > 0)
            status = move_granted(accounts, STATEMENT_QUOTA_ADD, api_key_id, &windows[i], *granted);
    }
    return status;
}

enum status
quota_return(struct accounts *accounts, int64_t api_key_id, int64_t day, int64_t count)
{
    struct window windows[2];
    enum status status = STATUS_OK;

    find_windows(windows, day);
    for (size_t i = 0; status == STATUS_OK && i < 2; i++)
        status = move_granted(accounts, STATEMENT_QUOTA_RETURN, api_key_id, &windows[i], count);
    return status;
}
