/* report_requests.h - single requests, newest first, a page at a time.
 *
 * {rows_since, rows_kept_days, requests: [{created_at, api_key_id, key_name, endpoint, method, status_code, decision, level,
 * response_time_ms, cost_micro_usd, saved_micro_usd, user_agent, ip_address}], next_before}. rows_since: the oldest row that is
 * there, null: none is; rows_kept_days: null: for ever. next_before asks for the next page, null: there is none; a
 * page may be short, or empty, and still have one: a report reads a bounded number of rows. */
#pragma once

#include <jansson.h>

#include "config.h"
#include "storage.h"

/* filter's looked_at_most is set here. *report is the caller's. */
enum status report_requests_make(struct accounts *accounts, const struct config *config,
                                 struct usage_filter *filter, json_t **report);
