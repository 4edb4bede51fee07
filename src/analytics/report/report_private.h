/* report_private.h - what the files of report.h share. */
#pragma once

#include <jansson.h>

#include "report/report.h"

/* What a report is made of. */
struct report_source {
    struct accounts *accounts;
    const struct config *config;
    const struct report_request *wish;
    int64_t now_wall_us;
};

/* Since when rows count. */
int64_t report_since_wall_us(const struct report_source *from);
double report_ratio(int64_t part, int64_t whole); /* 0 of nothing */
/* Hits and stale answers of all that could have been one. */
double report_hit_ratio(const struct usage_total *total);
void report_add(struct usage_total *sum, const struct usage_total *total);

/* trends.c: *report is the caller's, also where the status is not OK. */
enum status report_hours(const struct report_source *from, json_t **report);
enum status report_days(const struct report_source *from, json_t **report);
/* answers.c */
enum status report_statuses(const struct report_source *from, json_t **report);
enum status report_latencies(const struct report_source *from, json_t **report);
