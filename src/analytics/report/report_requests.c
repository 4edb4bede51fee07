/* report_requests.c - usage rows as JSON. */
#include "report/report_requests.h"

#include <stdio.h>

#include "base/clock.h"

#define LOOKED_AT_MOST 100000 /* some tenths of a second */

static json_t *
text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
row_time_as_json(int64_t wall_us)
{
    char text[CLOCK_TEXT_SIZE] = "";

    if (wall_us != 0)
        clock_format_wall_us(wall_us, text);
    return text_or_null(text);
}

static void
add_request(void *context, const struct usage_row *row)
{
    json_t *object = json_pack(
        "{s:o, s:I, s:o, s:s, s:s, s:I, s:s, s:o, s:f, s:I, s:I, s:o, s:o}", "created_at",
        row_time_as_json(row->created_wall_us), "api_key_id", (json_int_t)row->api_key_id,
        "key_name", text_or_null(row->key_name), "endpoint", row->endpoint, "method", row->method,
        "status_code", (json_int_t)row->status_code, "decision", row->decision, "level",
        text_or_null(row->level), "response_time_ms", (double)row->response_time_us / 1000.0,
        "cost_micro_usd", (json_int_t)row->cost_micro_usd, "saved_micro_usd",
        (json_int_t)row->saved_micro_usd, "user_agent", text_or_null(row->user_agent), "ip_address",
        text_or_null(row->ip_address));

    json_array_append_new(context, object);
}

/* What usage_query.c reads again. */
static json_t *
place_as_json(const struct usage_place *place)
{
    char text[48];

    if (place->wall_us == 0)
        return json_null();
    snprintf(text, sizeof text, "%lld-%lld", (long long)place->wall_us, (long long)place->id);
    return json_string(text);
}

enum status
report_requests_make(struct accounts *accounts, const struct config *config,
                     struct usage_filter *filter, json_t **report)
{
    json_t *requests = json_array();
    struct usage_place next = {0};
    int64_t since_wall_us = 0;
    int64_t days = config->analytics.usage_rows_days;
    enum status status;

    filter->looked_at_most = LOOKED_AT_MOST;
    status = usage_rows(accounts, filter, add_request, requests, &next);
    if (status == STATUS_OK)
        status = usage_rows_since(accounts, &since_wall_us);
    *report = json_pack("{s:o, s:o, s:o, s:o}", "rows_since", row_time_as_json(since_wall_us),
                        "rows_kept_days", days > 0 ? json_integer(days) : json_null(), "requests",
                        requests, "next_before", place_as_json(&next));
    return status;
}
