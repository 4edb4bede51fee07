/* report.h - reports as JSON, from a read-only handle. */
#pragma once

#include "storage.h"

struct report_wish {
    char report[16];   /* "keys", "stats", "totals" */
    char endpoint[50]; /* filter of "stats"; empty: all */
    int64_t days;
    int64_t limit;
    int64_t after_id;
};

/* *json is the caller's (free). NOT_FOUND: there is no such report. */
enum status report_make(struct accounts *accounts, const struct report_wish *wish,
                        int64_t now_wall_us, char **json);
