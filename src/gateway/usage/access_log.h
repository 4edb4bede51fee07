/* access_log.h - the access log: one line per stored usage row, written away from the requests. */
#pragma once

#include "base/bytes.h"

/* records: struct usage_record[]. */
void access_log_write(struct bytes records);
