/* report_money.h - what a month cost and saved, by key, by route or by day, in dollars.
 *
 * {by, month, rows: [{key_name (with id) | endpoint | day, requests, calls, spent_usd, saved_usd, spent_micro_usd,
 * saved_micro_usd}], rows_left_out, total}: the keys that cost most first, at most 1000; endpoints and days in order. */
#pragma once

#include <jansson.h>

#include "config.h"
#include "storage.h"

/* by: "key", "route" or "day"; else NOT_FOUND. The month is that of day (since 1970, UTC). *report is the caller's. */
enum status report_money_make(struct accounts *accounts, const struct config *config,
                              const char *by, int64_t day, json_t **report);
/* The month of day. */
struct money_period report_money_month(int64_t day);
/* Adds the members of a row to object. */
void report_money_add(json_t *object, const struct money_sum *sum);
