/* report.c - every report, and the table that names them. */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/dates.h"
#include "base/duration.h"
#include "report/report_money.h"
#include "report/report_requests.h"

#define DAYS_MAX           36500
#define PAGE_USUAL         100
#define PAGE_MAX           1000
#define TOP_ENDPOINTS      5
#define FIRST_ERROR_STATUS 400
#define ENDPOINT_SIZE      sizeof((struct usage_total *)0)->endpoint
#define DUMP_FLAGS         (JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15)) /* 2.3 is not 2.2999999999999998 */

/* What a report is made of. */
struct report_source {
    struct accounts *accounts;
    const struct config *config;
    const struct report_request *request;
    int64_t now_wall_us;
};

static json_t *
limit_as_json(int64_t limit)
{
    return limit > 0 ? json_integer(limit) : json_null();
}

static json_t *
time_as_json(int64_t wall_us)
{
    char text[CLOCK_TEXT_SIZE];

    if (wall_us == 0)
        return json_null();
    clock_format_wall_us(wall_us, text);
    return json_string(text);
}

static json_t *
limits_as_json(const char *limits)
{
    json_t *object = json_loads(limits, 0, NULL);

    return object != NULL ? object : json_object();
}

static json_t *
rights_as_json(const char *rights)
{
    json_t *list = json_array();

    while (*rights != '\0') {
        size_t size = strcspn(rights, ",");

        json_array_append_new(list, json_stringn(rights, size));
        rights += size;
        rights += *rights == ',';
    }
    return list;
}

static const char *
state_of(const struct key_row *row)
{
    if (!row->is_active)
        return "inactive";
    return row->expires_wall_us != 0 && row->expires_wall_us <= clock_wall_us() ? "expired"
                                                                                : "active";
}

json_t *
report_of_key(const struct key_row *row)
{
    return json_pack("{s:I, s:s, s:o, s:o, s:I, s:I, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     (json_int_t)row->id, "key_name", row->key_name, "daily_limit",
                     limit_as_json(row->daily_limit), "monthly_limit",
                     limit_as_json(row->monthly_limit), "daily_usage", (json_int_t)row->daily_usage,
                     "monthly_usage", (json_int_t)row->monthly_usage, "is_active", row->is_active,
                     "state", state_of(row), "expires_at", time_as_json(row->expires_wall_us),
                     "created_at", time_as_json(row->created_wall_us), "last_used",
                     time_as_json(row->last_used_wall_us), "limits", limits_as_json(row->limits),
                     "rights", rights_as_json(row->rights), "previous_secret_until",
                     time_as_json(row->previous_until_wall_us));
}

/* Of keys and of requests. */
static int64_t
page_size(int64_t wanted)
{
    return wanted < 1 ? PAGE_USUAL : wanted > PAGE_MAX ? PAGE_MAX : wanted;
}

struct key_page {
    json_t *keys;
    int64_t last_id;
    int64_t count;
};

static void
add_key(void *context, const struct key_row *row)
{
    struct key_page *page = context;

    json_array_append_new(page->keys, report_of_key(row));
    page->last_id = row->id;
    page->count++;
}

static void
report_set_money(json_t *key, const struct money_sum *sum)
{
    json_object_set_new(key, "monthly_calls", json_integer(sum->calls));
    json_object_set_new(key, "monthly_spent_usd", json_real((double)sum->cost_micro_usd / 1e6));
    json_object_set_new(key, "monthly_saved_usd", json_real((double)sum->saved_micro_usd / 1e6));
}

/* The keys of a page and their sums come in the same order. */
struct money_page {
    json_t *keys;
    size_t next;
};

static void
add_money(void *context, const struct money_sum *sum)
{
    struct money_page *page = context;
    json_t *key;

    while ((key = json_array_get(page->keys, page->next)) != NULL &&
           json_integer_value(json_object_get(key, "id")) < sum->api_key_id)
        page->next++;
    if (json_integer_value(json_object_get(key, "id")) == sum->api_key_id)
        report_set_money(key, sum);
}

/* What the keys spent and saved in this month. */
static enum status
add_month(const struct report_source *from, json_t *keys)
{
    static const struct money_sum nothing;
    struct money_period month = report_money_month(dates_day_of(from->now_wall_us));
    struct money_page page = {.keys = keys};
    size_t count = json_array_size(keys);

    for (size_t i = 0; i < count; i++)
        report_set_money(json_array_get(keys, i), &nothing);
    if (count == 0)
        return STATUS_OK;
    return money_of_keys(from->accounts, &month,
                         json_integer_value(json_object_get(json_array_get(keys, 0), "id")),
                         json_integer_value(json_object_get(json_array_get(keys, count - 1), "id")),
                         add_money, &page);
}

static enum status
find_by_name(const struct report_source *from, struct key_page *page)
{
    struct key_row row;
    enum status status = key_find(from->accounts, from->request->key_name, &row);

    if (status == STATUS_OK)
        add_key(page, &row);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status
report_key(const struct report_source *from, json_t **report)
{
    struct key_row row;
    struct key_page page = {.keys = json_array()};
    enum status status = key_find_id(from->accounts, from->request->api_key_id, &row);

    if (status == STATUS_OK) {
        add_key(&page, &row);
        status = add_month(from, page.keys);
        *report = json_incref(json_array_get(page.keys, 0));
    }
    json_decref(page.keys);
    return status;
}

static enum status
report_keys(const struct report_source *from, json_t **report)
{
    int64_t limit = page_size(from->request->limit);
    struct key_page page = {.keys = json_array()};
    bool is_one = from->request->key_name[0] != '\0';
    enum status status = is_one ? find_by_name(from, &page)
                                : key_list(from->accounts, from->request->after_id, limit,
                                           from->now_wall_us, add_key, &page);

    if (status == STATUS_OK)
        status = add_month(from, page.keys);
    *report = json_pack("{s:o, s:o}", "keys", page.keys, "next_after",
                        !is_one && page.count == limit ? json_integer(page.last_id) : json_null());
    return status;
}

struct usage_sum {
    json_t *endpoints;
    struct usage_total all;
};

/* Since when rows count. */
static int64_t
report_since_wall_us(const struct report_source *from)
{
    int64_t days = from->request->days < DAYS_MAX ? from->request->days : DAYS_MAX;

    return days >= 1 ? from->now_wall_us - days * DATES_US_OF_DAY : 0;
}

/* 0 of nothing. */
static double
report_ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

/* Hits and stale responses of all that could have been one. */
static double
report_hit_ratio(const struct usage_total *total)
{
    int64_t hits = total->hits + total->stale;

    return report_ratio(hits, hits + total->collapsed + total->misses);
}

/* label: what name is, an endpoint or a moment. */
static json_t *
usage_as_json(const char *label, const char *name, const struct usage_total *total)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I}", label, name,
                     "requests", (json_int_t)total->requests, "hits", (json_int_t)total->hits,
                     "stale", (json_int_t)total->stale, "collapsed", (json_int_t)total->collapsed,
                     "misses", (json_int_t)total->misses, "refused", (json_int_t)total->refused,
                     "errors", (json_int_t)total->errors, "hit_ratio", report_hit_ratio(total),
                     "avg_response_time_ms",
                     report_ratio(total->response_time_us_sum, total->requests) / 1000.0,
                     "saved_micro_usd", (json_int_t)total->saved_micro_usd);
}

static json_t *
endpoint_as_json(const struct usage_total *total)
{
    json_t *object = usage_as_json("endpoint", total->endpoint, total);

    json_object_set_new(object, "saved_usd", json_real((double)total->saved_micro_usd / 1e6));
    return object;
}

static void
report_add(struct usage_total *all, const struct usage_total *total)
{
    all->requests += total->requests;
    all->hits += total->hits;
    all->stale += total->stale;
    all->collapsed += total->collapsed;
    all->misses += total->misses;
    all->refused += total->refused;
    all->errors += total->errors;
    all->response_time_us_sum += total->response_time_us_sum;
    all->saved_micro_usd += total->saved_micro_usd;
    all->cost_micro_usd += total->cost_micro_usd;
}

static void
add_usage(void *context, const struct usage_total *total)
{
    struct usage_sum *sum = context;

    json_array_append_new(sum->endpoints, endpoint_as_json(total));
    report_add(&sum->all, total);
}

struct ledger_sum {
    const struct report_source *from;
    json_t *routes;
    int64_t spent_micro_usd;
};

/* The ledger knows routes, a report is asked for an endpoint: it is about all the routes of that endpoint. */
static bool
is_asked_for(const struct report_source *from, const char *route_name)
{
    const char *endpoint = from->request->endpoint;
    const struct route_config *route = config_route(from->config, route_name);

    return endpoint[0] == '\0' || strcmp(endpoint, route_name) == 0 ||
           (route != NULL && strcmp(endpoint, route->endpoint) == 0);
}

static void
add_ledger(void *context, const struct ledger_total *total)
{
    struct ledger_sum *sum = context;

    if (!is_asked_for(sum->from, total->route))
        return;
    json_array_append_new(
        sum->routes,
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "route", total->route, "calls",
                  (json_int_t)total->calls, "billed", (json_int_t)total->billed, "free",
                  (json_int_t)total->free, "unknown", (json_int_t)total->unknown, "reserved",
                  (json_int_t)total->reserved, "cost_micro_usd", (json_int_t)total->cost_micro_usd,
                  "cost_usd", (double)total->cost_micro_usd / 1e6));
    sum->spent_micro_usd += total->cost_micro_usd;
}

static enum status
report_stats(const struct report_source *from, json_t **report)
{
    struct usage_sum usage = {.endpoints = json_array(), .all = {.endpoint = "all"}};
    struct ledger_sum ledger = {.from = from, .routes = json_array()};
    enum status status = usage_totals(from->accounts, from->request->endpoint,
                                      report_since_wall_us(from), add_usage, &usage);

    if (status == STATUS_OK)
        status = ledger_totals(from->accounts, "", report_since_wall_us(from), add_ledger, &ledger);
    *report =
        json_pack("{s:I, s:o, s:o, s:o, s:I, s:I}", "days", (json_int_t)from->request->days,
                  "totals", endpoint_as_json(&usage.all), "endpoints", usage.endpoints, "ledger",
                  ledger.routes, "spent_micro_usd", (json_int_t)ledger.spent_micro_usd,
                  "saved_micro_usd", (json_int_t)usage.all.saved_micro_usd);
    return status;
}

struct all_sum {
    struct usage_total all;
    struct usage_total top[TOP_ENDPOINTS]; /* most requests first */
    size_t top_count;
};

static void
add_to_top(struct all_sum *sum, const struct usage_total *total)
{
    size_t at = 0;

    while (at < sum->top_count && sum->top[at].requests >= total->requests)
        at++;
    if (at == TOP_ENDPOINTS)
        return;
    if (sum->top_count < TOP_ENDPOINTS)
        sum->top_count++;
    for (size_t i = sum->top_count - 1; i > at; i--)
        sum->top[i] = sum->top[i - 1];
    sum->top[at] = *total;
}

static void
add_all(void *context, const struct usage_total *total)
{
    struct all_sum *sum = context;

    report_add(&sum->all, total);
    add_to_top(sum, total);
}

static json_t *
top_as_json(const struct all_sum *sum)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sum->top_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "endpoint", sum->top[i].endpoint,
                                              "requests", (json_int_t)sum->top[i].requests));
    return list;
}

static void
add_spent(void *context, const struct ledger_total *total)
{
    *(int64_t *)context += total->cost_micro_usd;
}

static json_t *
totals_as_json(const struct all_sum *ever, const struct all_sum *day, int64_t active,
               int64_t spent_micro_usd)
{
    const struct usage_total *all = &ever->all;
    int64_t hits = all->hits + all->stale;
    int64_t misses = all->misses + all->collapsed;
    int64_t day_hits = day->all.hits + day->all.stale;

    return json_pack(
        "{s:I, s:I, s:I, s:f, s:I, s:f, s:f, s:I, s:I, s:f, s:o}", "total_requests",
        (json_int_t)all->requests, "cache_hits", (json_int_t)hits, "cache_misses",
        (json_int_t)misses, "cache_hit_ratio", report_hit_ratio(all), "active_api_keys",
        (json_int_t)active, "total_cost_saved", (double)all->saved_micro_usd / 1e6,
        "avg_response_time_ms", report_ratio(all->response_time_us_sum, all->requests) / 1000.0,
        "requests_24h", (json_int_t)day->all.requests, "cache_hits_24h", (json_int_t)day_hits,
        "cost_24h", (double)spent_micro_usd / 1e6, "top_endpoints", top_as_json(ever));
}

static enum status
report_totals(const struct report_source *from, json_t **report)
{
    struct all_sum ever = {0};
    struct all_sum day = {0};
    int64_t spent_micro_usd = 0;
    int64_t active = 0;
    int64_t yesterday_wall_us = from->now_wall_us - DATES_US_OF_DAY;
    enum status status = usage_totals(from->accounts, "", 0, add_all, &ever);

    if (status == STATUS_OK)
        status = usage_totals(from->accounts, "", yesterday_wall_us, add_all, &day);
    if (status == STATUS_OK)
        status = ledger_totals(from->accounts, "", yesterday_wall_us, add_spent, &spent_micro_usd);
    if (status == STATUS_OK)
        status = key_count_active(from->accounts, from->now_wall_us, &active);
    *report = totals_as_json(&ever, &day, active, spent_micro_usd);
    return status;
}

/* Hours come oldest first; those of one day are added up before the next one begins. */
struct history {
    json_t *rows;
    bool is_by_day;
    char moment[CLOCK_TEXT_SIZE]; /* of sum; empty: nothing came yet */
    struct usage_total sum;
};

static void
end_moment(struct history *history)
{
    json_t *row;

    if (history->moment[0] != '\0') {
        row = usage_as_json(history->is_by_day ? "day" : "hour", history->moment, &history->sum);
        json_object_set_new(row, "cost_micro_usd", json_integer(history->sum.cost_micro_usd));
        json_array_append_new(history->rows, row);
    }
    memset(&history->sum, 0, sizeof history->sum);
}

static void
add_hour(void *context, int64_t hour_wall_us, const struct usage_total *total)
{
    struct history *history = context;
    char moment[CLOCK_TEXT_SIZE];

    clock_format_wall_us(hour_wall_us, moment);
    if (history->is_by_day) /* an instant's text begins with its date */
        moment[DATE_TEXT_SIZE - 1] = '\0';
    if (strcmp(moment, history->moment) != 0) {
        end_moment(history);
        memcpy(history->moment, moment, sizeof moment);
    }
    report_add(&history->sum, total);
}

static enum status
report_history(const struct report_source *from, bool is_by_day, json_t **report)
{
    struct history history = {.rows = json_array(), .is_by_day = is_by_day};
    enum status status = usage_hours(from->accounts, from->request->endpoint,
                                     report_since_wall_us(from), add_hour, &history);

    end_moment(&history);
    *report = json_pack("{s:I, s:o}", "of_days", (json_int_t)from->request->days,
                        is_by_day ? "days" : "hours", history.rows);
    return status;
}

static enum status
report_hours(const struct report_source *from, json_t **report)
{
    return report_history(from, false, report);
}

static enum status
report_days(const struct report_source *from, json_t **report)
{
    return report_history(from, true, report);
}

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

static enum status
report_statuses(const struct report_source *from, json_t **report)
{
    struct status_list list = {.endpoints = json_array()};
    enum status status = usage_statuses(from->accounts, from->request->endpoint,
                                        report_since_wall_us(from), add_status, &list);

    end_statuses(&list);
    *report = json_pack("{s:I, s:o}", "of_days", (json_int_t)from->request->days, "endpoints",
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

static enum status
report_latencies(const struct report_source *from, json_t **report)
{
    struct latency_list list = {.endpoints = json_array()};
    enum status status = usage_durations(from->accounts, from->request->endpoint,
                                         report_since_wall_us(from), add_duration, &list);

    end_latency(&list);
    json_array_append_new(list.endpoints, latency_as_json("all", list.all));
    *report = json_pack("{s:I, s:o}", "of_days", (json_int_t)from->request->days, "endpoints",
                        list.endpoints);
    return status;
}

static enum status
report_money(const struct report_source *from, json_t **report)
{
    int64_t day = from->request->month_day;

    return report_money_make(from->accounts, from->config, from->request->by,
                             day != 0 ? day : dates_day_of(from->now_wall_us), report);
}

static enum status
report_requests(const struct report_source *from, json_t **report)
{
    const struct report_request *request = from->request;
    struct usage_filter filter = {
        .from_wall_us = request->rows.from_wall_us,
        .before = {request->rows.before_wall_us, request->rows.before_id},
        .api_key_id = request->api_key_id,
        .endpoint = request->endpoint,
        .decision = request->rows.decision - 1,
        .status_code = request->rows.status_code,
        .least_response_time_us = request->rows.least_ms * 1000,
        .rows_most = (size_t)page_size(request->limit),
    };
    struct key_row row;
    enum status status =
        filter.decision < -1 || filter.decision >= DECISION_COUNT ? STATUS_MALFORMED : STATUS_OK;

    if (status == STATUS_OK && request->key_name[0] != '\0') {
        status = key_find(from->accounts, request->key_name, &row);
        filter.api_key_id = status == STATUS_OK ? row.id : 0;
    }
    return status == STATUS_OK ? report_requests_make(from->accounts, from->config, &filter, report)
                               : status;
}

struct report_row {
    const char *name;
    enum status (*make)(const struct report_source *from, json_t **report);
};

static const struct report_row report_rows[] = {
    {"keys", report_keys},         {"key", report_key},
    {"stats", report_stats},       {"totals", report_totals},
    {"hours", report_hours},       {"days", report_days},
    {"statuses", report_statuses}, {"latencies", report_latencies},
    {"money", report_money},       {"requests", report_requests},
};

enum status
report_make(struct accounts *accounts, const struct config *config,
            const struct report_request *request, int64_t now_wall_us, char **json)
{
    const struct report_source from = {accounts, config, request, now_wall_us};
    enum status status = STATUS_NOT_FOUND;
    json_t *report = NULL;

    *json = NULL;
    for (size_t i = 0; i < COUNT(report_rows); i++)
        if (strcmp(report_rows[i].name, request->report) == 0)
            status = report_rows[i].make(&from, &report);
    if (status == STATUS_OK) {
        *json = report != NULL ? json_dumps(report, DUMP_FLAGS) : NULL;
        if (*json == NULL)
            status = STATUS_NO_MEMORY;
    }
    json_decref(report);
    return status;
}

void
report_request_of(struct report_request *request, const struct report_get *message)
{
    *request = (struct report_request){
        .days = message->days,
        .limit = message->limit,
        .after_id = message->after_id,
        .api_key_id = message->api_key_id,
    };
    request->month_day = message->month_day;
    request->rows = (struct report_rows_wanted){
        .status_code = message->status_code,
        .decision = message->decision,
        .least_ms = message->least_ms,
        .from_wall_us = message->from_wall_us,
        .before_wall_us = message->before_wall_us,
        .before_id = message->before_id,
    };
    bytes_copy_text(message->by, request->by, sizeof request->by);
    bytes_copy_text(message->report, request->report, sizeof request->report);
    bytes_copy_text(message->endpoint, request->endpoint, sizeof request->endpoint);
    bytes_copy_text(message->key_name, request->key_name, sizeof request->key_name);
}
