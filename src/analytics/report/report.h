/* report.h - reports as JSON, from a read-only handle.
 *
 * keys:   {keys: [...], next_after: id to ask for next, or null}
 * key:    one of them
 * stats:  {days, totals, endpoints: [...], ledger: [...], spent_micro_usd, saved_micro_usd}
 * totals: what GET /metrics says as JSON, but for the uptime
 * hours, days: {of_days, hours|days: [{hour|day, requests, ..., cost_micro_usd}]}, oldest first, none without requests
 * statuses: {of_days, endpoints: [{endpoint, requests, errors, error_rate, statuses: {"200": n, ...}}]}
 * money: what report_money.h says
 * requests: what report_requests.h says
 * latencies: {of_days, endpoints: [{endpoint, requests, p50_ms, p95_ms, p99_ms}]}, "all" last
 * Numbers of requests come from hourly roll-ups: a day's are those of the hours that it touches. A hit ratio is hits and
 * stale responses among all that were answered by an entry or a call. */
#pragma once

#include <jansson.h>

#include "messages.h"
#include "storage.h"

/* Which requests; 0 where any. */
struct report_rows_wanted {
    int64_t status_code;
    int64_t decision; /* 1 + enum decision */
    int64_t least_ms;
    int64_t from_wall_us;
    int64_t before_wall_us, before_id; /* a place in the order of rows */
};

struct report_request {
    char report[16];   /* one of those above */
    char endpoint[50]; /* filter of all but "keys" and "totals"; empty: all */
    int64_t days;  /* of all but "keys" and "totals", 1 and up: as far back; less: all there is */
    int64_t limit; /* of "keys" and "requests": 1 to 1000; less: 100 */
    int64_t after_id;
    int64_t api_key_id;             /* of "key"; of "requests": 0: all */
    char key_name[101];             /* of "keys" and "requests": this one alone; empty: all */
    char by[16];                    /* of "money" (report_money.h) */
    int64_t month_day;              /* of "money": a day of the month, since 1970; 0: today */
    struct report_rows_wanted rows; /* of "requests" */
};

/* *json is the caller's (free). config: names which routes an endpoint has. NOT_FOUND: there is no such report. */
enum status report_make(struct accounts *accounts, const struct config *config,
                        const struct report_request *request, int64_t now_wall_us, char **json);

/* A copy that outlives the message. */
void report_request_of(struct report_request *request, const struct report_get *message);

/* A key as the admin API shows it, never its hash: {id, key_name, daily_limit, monthly_limit (null: none), daily_usage,
 * monthly_usage, is_active, expires_at, created_at, last_used, limits, rights, previous_secret_until, state}. Reports add
 * monthly_calls, monthly_spent_usd and monthly_saved_usd. The caller's; NULL: no memory. */
json_t *report_of_key(const struct key_row *row);
