/* entry_report.c - sums by endpoint, and over all. */
#include "object/entry_report.h"

#include <jansson.h>

struct summing {
    json_t *endpoints;
    struct entry_total all;
};

/* A row that a purge marked stays until the clean-up: it counts in total alone. */
static json_t *
total_as_json(const struct entry_total *total)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "endpoint", total->endpoint,
                     "total", (json_int_t)total->rows, "valid", (json_int_t)total->valid, "fresh",
                     (json_int_t)total->fresh, "bytes", (json_int_t)total->body_bytes, "hits",
                     (json_int_t)total->hits, "saved_micro_usd", (json_int_t)total->saved_micro_usd,
                     "saved_usd", (double)total->saved_micro_usd / 1e6);
}

static void
add_total(void *context, const struct entry_total *total)
{
    struct summing *sum = context;

    json_array_append_new(sum->endpoints, total_as_json(total));
    sum->all.rows += total->rows;
    sum->all.valid += total->valid;
    sum->all.fresh += total->fresh;
    sum->all.body_bytes += total->body_bytes;
    sum->all.hits += total->hits;
    sum->all.saved_micro_usd += total->saved_micro_usd;
}

enum status
entry_report_make(struct entries *entries, const char *endpoint, int64_t now_wall_us, char **json)
{
    struct summing sum = {.endpoints = json_array()};
    enum status status = entry_totals_by_endpoint(entries, endpoint, now_wall_us, add_total, &sum);
    json_t *all = total_as_json(&sum.all);
    json_t *report;

    json_object_del(all, "endpoint");
    report = json_pack("{s:o, s:o}", "entries", all, "endpoints", sum.endpoints);
    *json = status == STATUS_OK ? json_dumps(report, JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))
                                : NULL;
    json_decref(report);
    if (status == STATUS_OK && *json == NULL)
        return STATUS_NO_MEMORY;
    return status;
}
