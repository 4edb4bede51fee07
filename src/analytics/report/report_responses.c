/* report_responses.c - what requests were answered with, and how long that took, endpoint by endpoint. */
#include "report/report_private.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"

#define FIRST_ERROR_STATUS 400
#define ENDPOINT_SIZE      sizeof((struct usage_total *)0)->endpoint

/* Rows come endpoint by endpoint. */
struct status_list {
    json_t *endpoints;
    char endpoint[ENDPOINT_SIZE]; /* of what follows; empty: nothing came yet */
    json_t *statuses;
    int64_t requests, errors;
};

static void
end_statuses(struct status_list *list)
{
    if (list->statuses == NULL)
        return;
    json_array_append_new(
        list->endpoints,
        json_pack("{s:s, s:I, s:I, s:f, s:o}", "endpoint", list->endpoint, "requests",
                  (json_int_t)list->requests, "errors", (json_int_t)list->errors, "error_rate",
                  report_ratio(list->errors, list->requests), "statuses", list->statuses));
    list->statuses = NULL;
    list->requests = list->errors = 0;
}

static void
add_status(void *context, const char *endpoint, int64_t status, int64_t requests)
{
    struct status_list *list = context;
    char text[24];

    if (strcmp(endpoint, list->endpoint) != 0)
        end_statuses(list);
    if (list->statuses == NULL)
        list->statuses = json_object();
    snprintf(list->endpoint, sizeof list->endpoint, "%s", endpoint);
    snprintf(text, sizeof text, "%lld", (long long)status);
    json_object_set_new(list->statuses, text, json_integer(requests));
    list->requests += requests;
    list->errors += status >= FIRST_ERROR_STATUS ? requests : 0;
}

enum status
report_statuses(const struct report_source *from, json_t **report)
{
    struct status_list list = {.endpoints = json_array()};
    enum status status = usage_statuses(from->accounts, from->wish->endpoint,
                                        report_since_wall_us(from), add_status, &list);

    end_statuses(&list);
    *report = json_pack("{s:I, s:o}", "of_days", (json_int_t)from->wish->days, "endpoints",
                        list.endpoints);
    return status;
}

struct latency_list {
    json_t *endpoints;
    char endpoint[ENDPOINT_SIZE]; /* of counts; empty: nothing came yet */
    int64_t counts[DURATION_BUCKET_COUNT];
    int64_t all[DURATION_BUCKET_COUNT];
};

static json_t *
latency_as_json(const char *endpoint, const int64_t counts[DURATION_BUCKET_COUNT])
{
    int64_t requests = 0;

    for (size_t i = 0; i < DURATION_BUCKET_COUNT; i++)
        requests += counts[i];
    return json_pack("{s:s, s:I, s:f, s:f, s:f}", "endpoint", endpoint, "requests",
                     (json_int_t)requests, "p50_ms", duration_quantile_ms(counts, 0.50), "p95_ms",
                     duration_quantile_ms(counts, 0.95), "p99_ms",
                     duration_quantile_ms(counts, 0.99));
}

static void
end_latency(struct latency_list *list)
{
    if (list->endpoint[0] != '\0')
        json_array_append_new(list->endpoints, latency_as_json(list->endpoint, list->counts));
    memset(list->counts, 0, sizeof list->counts);
}

static void
add_duration(void *context, const char *endpoint, int64_t up_to_us, int64_t requests)
{
    struct latency_list *list = context;
    size_t bucket = duration_bucket(up_to_us);

    if (strcmp(endpoint, list->endpoint) != 0)
        end_latency(list);
    snprintf(list->endpoint, sizeof list->endpoint, "%s", endpoint);
    list->counts[bucket] += requests;
    list->all[bucket] += requests;
}

enum status
report_latencies(const struct report_source *from, json_t **report)
{
    struct latency_list list = {.endpoints = json_array()};
    enum status status = usage_durations(from->accounts, from->wish->endpoint,
                                         report_since_wall_us(from), add_duration, &list);

    end_latency(&list);
    json_array_append_new(list.endpoints, latency_as_json("all", list.all));
    *report = json_pack("{s:I, s:o}", "of_days", (json_int_t)from->wish->days, "endpoints",
                        list.endpoints);
    return status;
}
