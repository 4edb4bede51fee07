/* entry_report.h - what L2 holds, as JSON: {entries, endpoints: [...]}. */
#pragma once

#include "storage.h"

/* *json is the caller's (free). endpoint "" = all. */
enum status entry_report_make(struct entries *entries, const char *endpoint, int64_t now_wall_us,
                              char **json);
