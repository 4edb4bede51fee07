/* market.c - statistics of the listings of one zip, by month.
 *
 * A listing belongs to every month in which it was on the market; its days on the market are
 * those up to the end of that month, or up to today.
 */
#include "data/market.h"

#include "common/calendar.h"
#include "http/field.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BEDROOMS_MOST = 6,
};

struct month {
    int32_t first_day;
    int32_t last_day;
};

struct row {
    enum property_type type;
    int32_t bedrooms;
    int32_t price;
    int32_t area;
    int32_t days;
    bool is_new;
};

/* The rows of one month; values is room for sorting as many numbers. */
struct sample {
    enum book book;
    struct row *rows;
    size_t count;
    int64_t *values;
};

/* Which rows of a sample: all where both are UNKNOWN. */
struct group {
    int32_t type;
    int32_t bedrooms;
};

/* One of the four things that are averaged, in millionths, so that nothing is rounded before it is
 * written; *value is left alone where a row lacks it. */
struct measure {
    const char *name[BOOK_COUNT];
    unsigned decimals; /* of all but the average, which has two */
    bool (*read)(const struct row *row, int64_t *value);
};

static const int64_t millionths = 1000000;

static bool
read_price(const struct row *row, int64_t *value)
{
    *value = row->price * millionths;
    return true;
}

static bool
read_price_per_foot(const struct row *row, int64_t *value)
{
    if (row->area > 0)
        *value = row->price * millionths / row->area;
    return row->area > 0;
}

static bool
read_area(const struct row *row, int64_t *value)
{
    *value = row->area * millionths;
    return row->area > 0;
}

static bool
read_days(const struct row *row, int64_t *value)
{
    *value = row->days * millionths;
    return true;
}

static const struct measure measures[] = {
    {{"Price", "Rent"}, 0, read_price},
    {{"PricePerSquareFoot", "RentPerSquareFoot"}, 2, read_price_per_foot},
    {{"SquareFootage", "SquareFootage"}, 0, read_area},
    {{"DaysOnMarket", "DaysOnMarket"}, 0, read_days},
};

static bool
is_in(const struct row *row, struct group group)
{
    return (group.type == UNKNOWN || (int32_t)row->type == group.type) &&
           (group.bedrooms == UNKNOWN || row->bedrooms == group.bedrooms);
}

static int
compare_values(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* value in millionths, never negative; NULL when there is none. */
static void
write_statistic(struct text *text, const char *which, const char *name, const int64_t *value,
                unsigned decimals)
{
    char key[48];
    int64_t unit = decimals == 0 ? millionths : millionths / 100;
    snprintf(key, sizeof key, "%s%s", which, name);
    if (value == NULL)
        field_null(text, key);
    else
        field_scaled(text, key, (*value + unit / 2) / unit, decimals);
}

static void
write_measure(const struct sample *sample, struct group group, const struct measure *measure,
              struct text *text)
{
    int64_t *values = sample->values;
    size_t count = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < sample->count; i++)
        if (is_in(&sample->rows[i], group) && measure->read(&sample->rows[i], &values[count]))
            sum += values[count++];
    qsort(values, count, sizeof *values, compare_values);
    bool is_empty = count == 0;
    int64_t average = is_empty ? 0 : sum / (int64_t)count;
    int64_t median = is_empty ? 0 : (values[(count - 1) / 2] + values[count / 2]) / 2;
    const char *name = measure->name[sample->book];
    write_statistic(text, "average", name, is_empty ? NULL : &average, 2);
    write_statistic(text, "median", name, is_empty ? NULL : &median, measure->decimals);
    write_statistic(text, "min", name, is_empty ? NULL : &values[0], measure->decimals);
    write_statistic(text, "max", name, is_empty ? NULL : &values[count - 1], measure->decimals);
}

static size_t
count_rows(const struct sample *sample, struct group group, bool only_new)
{
    size_t count = 0;
    for (size_t i = 0; i < sample->count; i++)
        if (is_in(&sample->rows[i], group) && (!only_new || sample->rows[i].is_new))
            count++;
    return count;
}

static void
write_block(const struct sample *sample, struct group group, struct text *text)
{
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++)
        write_measure(sample, group, &measures[i], text);
    field_integer(text, "newListings", (int64_t)count_rows(sample, group, true));
    field_integer(text, "totalListings", (int64_t)count_rows(sample, group, false));
}

static void
write_groups(const struct sample *sample, struct text *text)
{
    field_open(text, "dataByPropertyType", '[');
    for (int32_t type = 0; type < PROPERTY_TYPE_COUNT; type++) {
        struct group group = {type, UNKNOWN};
        if (count_rows(sample, group, false) == 0)
            continue;
        field_open(text, NULL, '{');
        field_string(text, "propertyType", vocabulary_property_type((enum property_type)type));
        write_block(sample, group, text);
        field_close(text, '}');
    }
    field_close(text, ']');
    field_open(text, "dataByBedrooms", '[');
    for (int32_t bedrooms = 0; bedrooms <= BEDROOMS_MOST; bedrooms++) {
        struct group group = {UNKNOWN, bedrooms};
        if (count_rows(sample, group, false) == 0)
            continue;
        field_open(text, NULL, '{');
        field_integer(text, "bedrooms", bedrooms);
        write_block(sample, group, text);
        field_close(text, '}');
    }
    field_close(text, ']');
}

static void
add_spans(const struct listing *listing, struct month month, struct sample *sample)
{
    const struct traits *traits = &listing->traits;
    for (int32_t i = 0; i < listing->span_count; i++) {
        const struct span *span = &listing->spans[i];
        bool is_over = span->removed_day != UNKNOWN && span->removed_day <= month.last_day;
        if (span->listed_day > month.last_day ||
            (span->removed_day != UNKNOWN && span->removed_day <= month.first_day))
            continue;
        int32_t end = is_over ? span->removed_day : month.last_day;
        sample->rows[sample->count++] = (struct row){
            .type = traits->type,
            .bedrooms = traits->bedrooms,
            .price = span->price,
            .area = traits->square_footage,
            .days = end - span->listed_day,
            .is_new = span->listed_day >= month.first_day,
        };
    }
}

static void
read_month(const struct dataset *dataset, const struct place *place, struct month month,
           struct sample *sample)
{
    sample->count = 0;
    for (size_t i = 0; i < dataset->listing_count[sample->book]; i++)
        if (dataset->listings[sample->book][i].property->place == place)
            add_spans(&dataset->listings[sample->book][i], month, sample);
}

/* back: how many months before the one of today. */
static struct month
find_month(int32_t today, int32_t back)
{
    struct date date = calendar_date(today);
    int32_t months = date.year * 12 + date.month - 1 - back;
    struct date first = {months / 12, months % 12 + 1, 1};
    struct date next = {(months + 1) / 12, (months + 1) % 12 + 1, 1};
    int32_t last_day = calendar_day(next) - 1;
    return (struct month){calendar_day(first), last_day < today ? last_day : today};
}

static void
write_history(const struct dataset *dataset, const struct place *place, int32_t today,
              int32_t months, struct sample *sample, struct text *text)
{
    field_open(text, "history", '{');
    for (int32_t back = months - 1; back >= 0; back--) {
        struct month month = find_month(today, back);
        read_month(dataset, place, month, sample);
        if (sample->count == 0)
            continue;
        struct date date = calendar_date(month.first_day);
        char key[32];
        snprintf(key, sizeof key, "%04d-%02d", date.year, date.month);
        field_open(text, key, '{');
        field_day(text, "date", month.first_day);
        write_block(sample, (struct group){UNKNOWN, UNKNOWN}, text);
        write_groups(sample, text);
        field_close(text, '}');
    }
    field_close(text, '}');
}

void
market_write(const struct dataset *dataset, enum book book, const struct place *place,
             int32_t today, int32_t months, struct text *text)
{
    size_t most = (size_t)PROPERTIES_PER_PLACE * SPANS_MOST;
    struct sample sample = {.book = book};
    sample.rows = calloc(most, sizeof *sample.rows);
    sample.values = calloc(most + 1, sizeof *sample.values);
    assert(sample.rows != NULL && sample.values != NULL);
    read_month(dataset, place, find_month(today, 0), &sample);
    field_open(text, book == BOOK_SALE ? "saleData" : "rentalData", '{');
    field_day(text, "lastUpdatedDate", today);
    write_block(&sample, (struct group){UNKNOWN, UNKNOWN}, text);
    write_groups(&sample, text);
    write_history(dataset, place, today, months, &sample, text);
    field_close(text, '}');
    free(sample.rows);
    free(sample.values);
}

const struct place *
market_find_place(const char *zip)
{
    for (size_t i = 0; i < PLACE_COUNT; i++)
        if (strcmp(places[i].zip, zip) == 0)
            return &places[i];
    return NULL;
}
