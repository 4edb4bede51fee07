/* exposition.h - reads Prometheus' text form as strictly as its own tools do. */
#pragma once

#include <stddef.h>

/* Checks the whole text: help and type before the samples of a family, families in one piece and once, no series twice, labels
 * and numbers well formed, counters named _total and never negative, histograms rising, with a sum, and a count that is their +Inf
 * bucket. NULL: all is well; else what is wrong, with the line. Static until the next call. */
const char *exposition_objection(const char *text);
