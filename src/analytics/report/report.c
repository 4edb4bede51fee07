/* report.c - the table of reports; keys, statistics and totals. */
#include "report/report_private.h"

#include <stdlib.h>
#include <string.h>

#include "keys/key_json.h"

#define DAY_US        86400000000LL
#define DAYS_MAX      36500
#define KEYS_USUAL    100
#define KEYS_MAX      1000
#define TOP_ENDPOINTS 5
#define DUMP_FLAGS    (JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15)) /* 2.3 is not 2.2999999999999998 */

/* keys */

struct key_page {
    json_t *keys;
    int64_t last_id;
    int64_t count;
};

static void
add_key(void *context, const struct key_row *row)
{
    struct key_page *page = context;

    json_array_append_new(page->keys, key_as_json(row));
    page->last_id = row->id;
    page->count++;
}

static enum status
find_by_name(const struct report_source *from, struct key_page *page)
{
    struct key_row row;
    enum status status = key_find(from->accounts, from->wish->key_name, &row);

    if (status == STATUS_OK)
        add_key(page, &row);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status
report_key(const struct report_source *from, json_t **report)
{
    struct key_row row;
    enum status status = key_find_id(from->accounts, from->wish->api_key_id, &row);

    if (status == STATUS_OK)
        *report = key_as_json(&row);
    return status;
}

static enum status
report_keys(const struct report_source *from, json_t **report)
{
    int64_t wanted = from->wish->limit;
    int64_t limit = wanted < 1 ? KEYS_USUAL : wanted > KEYS_MAX ? KEYS_MAX : wanted;
    struct key_page page = {.keys = json_array()};
    bool is_one = from->wish->key_name[0] != '\0';
    enum status status = is_one ? find_by_name(from, &page)
                                : key_list(from->accounts, from->wish->after_id, limit,
                                           from->now_wall_us, add_key, &page);

    *report = json_pack("{s:o, s:o}", "keys", page.keys, "next_after",
                        !is_one && page.count == limit ? json_integer(page.last_id) : json_null());
    return status;
}

/* stats */

struct usage_sum {
    json_t *endpoints;
    struct usage_total all;
};

double
report_ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

double
report_hit_ratio(const struct usage_total *total)
{
    int64_t hits = total->hits + total->stale;

    return report_ratio(hits, hits + total->collapsed + total->misses);
}

static json_t *
usage_as_json(const struct usage_total *total)
{
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:f}", "endpoint", total->endpoint,
        "requests", (json_int_t)total->requests, "hits", (json_int_t)total->hits, "stale",
        (json_int_t)total->stale, "collapsed", (json_int_t)total->collapsed, "misses",
        (json_int_t)total->misses, "refused", (json_int_t)total->refused, "errors",
        (json_int_t)total->errors, "hit_ratio", report_hit_ratio(total), "avg_response_time_ms",
        report_ratio(total->response_time_us_sum, total->requests) / 1000.0, "saved_micro_usd",
        (json_int_t)total->saved_micro_usd, "saved_usd", (double)total->saved_micro_usd / 1e6);
}

void
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

    json_array_append_new(sum->endpoints, usage_as_json(total));
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
    const char *endpoint = from->wish->endpoint;
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

int64_t
report_since_wall_us(const struct report_source *from)
{
    int64_t days = from->wish->days < DAYS_MAX ? from->wish->days : DAYS_MAX;

    return days >= 1 ? from->now_wall_us - days * DAY_US : 0;
}

static enum status
report_stats(const struct report_source *from, json_t **report)
{
    struct usage_sum usage = {.endpoints = json_array(), .all = {.endpoint = "all"}};
    struct ledger_sum ledger = {.from = from, .routes = json_array()};
    enum status status = usage_totals(from->accounts, from->wish->endpoint,
                                      report_since_wall_us(from), add_usage, &usage);

    if (status == STATUS_OK)
        status = ledger_totals(from->accounts, "", report_since_wall_us(from), add_ledger, &ledger);
    *report = json_pack("{s:I, s:o, s:o, s:o, s:I, s:I}", "days", (json_int_t)from->wish->days,
                        "totals", usage_as_json(&usage.all), "endpoints", usage.endpoints, "ledger",
                        ledger.routes, "spent_micro_usd", (json_int_t)ledger.spent_micro_usd,
                        "saved_micro_usd", (json_int_t)usage.all.saved_micro_usd);
    return status;
}

/* totals */

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
    int64_t yesterday_wall_us = from->now_wall_us - DAY_US;
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

struct report_row {
    const char *name;
    enum status (*make)(const struct report_source *from, json_t **report);
};

static const struct report_row report_rows[] = {
    {"keys", report_keys},         {"key", report_key},
    {"stats", report_stats},       {"totals", report_totals},
    {"hours", report_hours},       {"days", report_days},
    {"statuses", report_statuses}, {"latencies", report_latencies},
};

enum status
report_make(struct accounts *accounts, const struct config *config,
            const struct report_request *wish, int64_t now_wall_us, char **json)
{
    const struct report_source from = {accounts, config, wish, now_wall_us};
    enum status status = STATUS_NOT_FOUND;
    json_t *report = NULL;

    *json = NULL;
    for (size_t i = 0; i < COUNT(report_rows); i++)
        if (strcmp(report_rows[i].name, wish->report) == 0)
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
report_request_of(struct report_request *wish, const struct report_get *request)
{
    *wish = (struct report_request){
        .days = request->days,
        .limit = request->limit,
        .after_id = request->after_id,
        .api_key_id = request->api_key_id,
    };
    bytes_copy_text(request->report, wish->report, sizeof wish->report);
    bytes_copy_text(request->endpoint, wish->endpoint, sizeof wish->endpoint);
    bytes_copy_text(request->key_name, wish->key_name, sizeof wish->key_name);
}
