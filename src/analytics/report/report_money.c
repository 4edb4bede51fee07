/* report_money.c - what a month cost and saved, by key, by route or by day, in dollars. */
#include "report/report_money.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/dates.h"

#define ROWS_MOST 1000

/* Rows by their label; the label of a key is its id and name. */
struct money_table {
    const struct config *config;
    struct money_sum *rows; /* owned */
    size_t count, capacity;
    struct money_sum all;
    bool is_cut; /* no memory for a row */
};

static void
add_sums(struct money_sum *to, const struct money_sum *from)
{
    to->requests += from->requests;
    to->calls += from->calls;
    to->cost_micro_usd += from->cost_micro_usd;
    to->saved_micro_usd += from->saved_micro_usd;
}

static struct money_sum *
append_row(struct money_table *table)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity > 0 ? 2 * table->capacity : 64;
        struct money_sum *rows = realloc(table->rows, capacity * sizeof *rows);

        if (rows == NULL) {
            table->is_cut = true;
            return NULL;
        }
        table->rows = rows;
        table->capacity = capacity;
    }
    return &table->rows[table->count++];
}

static void
add_key(void *context, const struct money_sum *sum)
{
    struct money_table *table = context;
    struct money_sum *row = append_row(table);

    add_sums(&table->all, sum);
    if (row != NULL)
        *row = *sum;
}

/* Of endpoints and days there are few: they are looked for from the last one. */
static void
add_named(struct money_table *table, const char *name, const struct money_sum *sum)
{
    struct money_sum *row;

    add_sums(&table->all, sum);
    for (size_t i = table->count; i-- > 0;)
        if (strcmp(table->rows[i].name, name) == 0) {
            add_sums(&table->rows[i], sum);
            return;
        }
    row = append_row(table);
    if (row == NULL)
        return;
    *row = *sum;
    (void)bytes_copy_text(bytes_of_text(name), row->name, sizeof row->name);
}

static void
add_endpoint(void *context, const struct money_sum *sum)
{
    add_named(context, sum->name, sum);
}

/* The ledger knows routes; several may be one endpoint. */
static void
add_route(void *context, const struct money_sum *sum)
{
    struct money_table *table = context;
    const struct route_config *route = config_route(table->config, sum->name);

    add_named(table, route != NULL ? route->endpoint : sum->name, sum);
}

static void
add_hour(void *context, const struct money_sum *sum)
{
    char day[DATE_TEXT_SIZE];

    dates_format(dates_day_of(sum->hour_wall_us), day);
    add_named(context, day, sum);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const struct money_sum *)a)->name, ((const struct money_sum *)b)->name);
}

/* The dearest key first. */
static int
compare_costs(const void *a, const void *b)
{
    const struct money_sum *left = a, *right = b;

    if (left->cost_micro_usd != right->cost_micro_usd)
        return left->cost_micro_usd < right->cost_micro_usd ? 1 : -1;
    if (left->saved_micro_usd != right->saved_micro_usd)
        return left->saved_micro_usd < right->saved_micro_usd ? 1 : -1;
    return left->api_key_id < right->api_key_id ? -1 : left->api_key_id > right->api_key_id;
}

static enum status
read_keys(struct accounts *accounts, const struct money_period *period, struct money_table *table)
{
    return money_of_keys(accounts, period, 1, INT64_MAX, add_key, table);
}

static enum status
read_routes(struct accounts *accounts, const struct money_period *period, struct money_table *table)
{
    enum status status = money_of_endpoints(accounts, period, add_endpoint, table);

    return status == STATUS_OK ? money_of_routes(accounts, period, add_route, table) : status;
}

static enum status
read_days(struct accounts *accounts, const struct money_period *period, struct money_table *table)
{
    return money_of_hours(accounts, period, add_hour, table);
}

static const struct grouping {
    const char *by;
    const char *label; /* member of a row */
    enum status (*read)(struct accounts *accounts, const struct money_period *period,
                        struct money_table *table);
    int (*compare)(const void *a, const void *b);
} groupings[] = {
    {"key", "key_name", read_keys, compare_costs},
    {"route", "endpoint", read_routes, compare_names},
    {"day", "day", read_days, compare_names},
};

void
report_money_add(json_t *object, const struct money_sum *sum)
{
    json_object_set_new(object, "requests", json_integer(sum->requests));
    json_object_set_new(object, "calls", json_integer(sum->calls));
    json_object_set_new(object, "spent_usd", json_real((double)sum->cost_micro_usd / 1e6));
    json_object_set_new(object, "saved_usd", json_real((double)sum->saved_micro_usd / 1e6));
    json_object_set_new(object, "spent_micro_usd", json_integer(sum->cost_micro_usd));
    json_object_set_new(object, "saved_micro_usd", json_integer(sum->saved_micro_usd));
}

static json_t *
rows_as_json(const struct money_table *table, const struct grouping *grouping)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < table->count && i < ROWS_MOST; i++) {
        const struct money_sum *sum = &table->rows[i];
        json_t *row = json_object();

        if (sum->api_key_id != 0)
            json_object_set_new(row, "id", json_integer(sum->api_key_id));
        json_object_set_new(row, grouping->label, json_string(sum->name));
        report_money_add(row, sum);
        json_array_append_new(rows, row);
    }
    return rows;
}

struct money_period
report_money_month(int64_t day)
{
    return (struct money_period){.first_day = dates_month_start(day),
                                 .end_day = dates_next_month_start(day)};
}

static json_t *
table_as_json(const struct money_table *table, const struct grouping *grouping,
              const struct money_period *period)
{
    char month[DATE_TEXT_SIZE];
    json_t *total = json_object();

    dates_format(period->first_day, month);
    month[7] = '\0';
    report_money_add(total, &table->all);
    return json_pack("{s:s, s:s, s:o, s:I, s:o}", "by", grouping->by, "month", month, "rows",
                     rows_as_json(table, grouping), "rows_left_out",
                     (json_int_t)(table->count > ROWS_MOST ? table->count - ROWS_MOST : 0), "total",
                     total);
}

enum status
report_money_make(struct accounts *accounts, const struct config *config, const char *by,
                  int64_t day, json_t **report)
{
    struct money_table table = {.config = config};
    struct money_period period = report_money_month(day);
    const struct grouping *grouping = NULL;
    enum status status = STATUS_NOT_FOUND;

    for (size_t i = 0; i < COUNT(groupings); i++)
        if (strcmp(groupings[i].by, by) == 0)
            grouping = &groupings[i];
    if (grouping != NULL)
        status = grouping->read(accounts, &period, &table);
    if (status == STATUS_OK && table.is_cut)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        if (table.count > 0)
            qsort(table.rows, table.count, sizeof *table.rows, grouping->compare);
        *report = table_as_json(&table, grouping, &period);
    }
    free(table.rows);
    return status;
}
