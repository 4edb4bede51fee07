/* market_test.c - market statistics: counted again from the listings, and their form everywhere. */
/* links: @simulator */
#include "unit/simulator/calls.h"

#include <math.h>
#include <stdlib.h>

enum { TIMES_MOST = 700 };

/* One time on the market, as the history of a listing tells it. */
struct listed {
    const char *type; /* of the property, owned by the document it comes from */
    double bedrooms;  /* -1 when unknown */
    double area;      /* 0 when unknown */
    double price;
    int32_t from;
    int32_t to; /* INT32_MAX while it lasts */
};

static struct listed times[TIMES_MOST];
static size_t time_count;
static json_t *kept[2];

static int32_t
day_of(const json_t *object, const char *member)
{
    int64_t time_ms;
    if (json_is_null(json_object_get(object, member)))
        return INT32_MAX;
    ck_assert(calendar_parse(calls_text_of(object, member), &time_ms));
    return calendar_day_of(time_ms);
}

static void
add_times(const json_t *listing)
{
    const char *key;
    json_t *span;
    const json_t *bedrooms = json_object_get(listing, "bedrooms");
    json_object_foreach(json_object_get(listing, "history"), key, span)
    {
        ck_assert_uint_lt(time_count, TIMES_MOST);
        times[time_count++] = (struct listed){
            .type = calls_text_of(listing, "propertyType"),
            .bedrooms = bedrooms == NULL ? -1 : json_number_value(bedrooms),
            .area = calls_number_of(listing, "squareFootage"),
            .price = calls_number_of(span, "price"),
            .from = day_of(span, "listedDate"),
            .to = day_of(span, "removedDate"),
        };
    }
}

/* Reads all listings of the zip, active and inactive. */
static void
read_times(const char *list)
{
    static const char *const statuses[] = {"Active", "Inactive"};
    time_count = 0;
    for (int i = 0; i < 2; i++) {
        char target[128];
        size_t index;
        json_t *listing;
        snprintf(target, sizeof target, "%s?zipCode=78701&limit=500&status=%s", list, statuses[i]);
        ck_assert_int_eq(calls_get(target), 200);
        json_decref(kept[i]);
        kept[i] = json_incref(document);
        json_array_foreach(document, index, listing) add_times(listing);
    }
}

static void
tear_down(void)
{
    json_decref(kept[0]);
    json_decref(kept[1]);
    kept[0] = kept[1] = NULL;
    calls_tear_down();
}

/* The times of one month that a group has; type NULL and bedrooms below 0 are any. */
struct month {
    int32_t first;
    int32_t last;
    const char *type;
    double bedrooms;
};

static bool
is_in(const struct listed *listed, const struct month *month)
{
    return listed->from <= month->last && listed->to > month->first &&
           (month->type == NULL || strcmp(month->type, listed->type) == 0) &&
           (month->bedrooms < 0 || month->bedrooms == listed->bedrooms);
}

static int
compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void
assert_statistic(const json_t *block, const char *which, const char *name, double expected,
                 double tolerance)
{
    char member[64];
    snprintf(member, sizeof member, "%s%s", which, name);
    ck_assert_msg(fabs(calls_number_of(block, member) - expected) <= tolerance, "%s: %f, not %f",
                  member, calls_number_of(block, member), expected);
}

/* The four statistics of some numbers; none: all four are null. decimals of all but the average. */
static void
assert_numbers(const json_t *block, const char *name, double *numbers, size_t count, int decimals)
{
    double unit = decimals == 0 ? 1 : 0.01;
    double sum = 0;
    if (count == 0) {
        char member[64];
        snprintf(member, sizeof member, "average%s", name);
        ck_assert(json_is_null(json_object_get(block, member)));
        return;
    }
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    double median = (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
    assert_statistic(block, "average", name, sum / (double)count, 0.005001);
    assert_statistic(block, "median", name, median, unit * 0.5001);
    assert_statistic(block, "min", name, numbers[0], decimals == 0 ? 0 : 0.005001);
    assert_statistic(block, "max", name, numbers[count - 1], decimals == 0 ? 0 : 0.005001);
}

static void
assert_block(const json_t *block, bool is_sale, const struct month *month)
{
    double prices[TIMES_MOST];
    double per_foot[TIMES_MOST];
    double areas[TIMES_MOST];
    double days[TIMES_MOST];
    size_t count = 0;
    size_t with_area = 0;
    size_t is_new = 0;
    for (size_t i = 0; i < time_count; i++) {
        const struct listed *listed = &times[i];
        if (!is_in(listed, month))
            continue;
        is_new += listed->from >= month->first;
        prices[count] = listed->price;
        days[count++] = (listed->to <= month->last ? listed->to : month->last) - listed->from;
        if (listed->area > 0) {
            areas[with_area] = listed->area;
            per_foot[with_area++] = listed->price / listed->area;
        }
    }
    ck_assert_double_eq(calls_number_of(block, "totalListings"), (double)count);
    ck_assert_double_eq(calls_number_of(block, "newListings"), (double)is_new);
    assert_numbers(block, is_sale ? "Price" : "Rent", prices, count, 0);
    assert_numbers(block, is_sale ? "PricePerSquareFoot" : "RentPerSquareFoot", per_foot, with_area,
                   2);
    assert_numbers(block, "SquareFootage", areas, with_area, 0);
    assert_numbers(block, "DaysOnMarket", days, count, 0);
}

/* A block and its groups; the groups hold every listing of a type, and of known bedrooms. */
static void
assert_month(const json_t *data, bool is_sale, struct month month)
{
    size_t index;
    json_t *group;
    double total = 0;
    assert_block(data, is_sale, &month);
    json_array_foreach(json_object_get(data, "dataByPropertyType"), index, group)
    {
        month.type = calls_text_of(group, "propertyType");
        assert_block(group, is_sale, &month);
        total += calls_number_of(group, "totalListings");
    }
    ck_assert_double_eq(total, calls_number_of(data, "totalListings"));
    month.type = NULL;
    json_array_foreach(json_object_get(data, "dataByBedrooms"), index, group)
    {
        month.bedrooms = calls_number_of(group, "bedrooms");
        assert_block(group, is_sale, &month);
    }
}

static const struct {
    const char *list;
    const char *type;
    const char *member;
} books[] = {
    {"/v1/listings/sale", "Sale", "saleData"},
    {"/v1/listings/rental/long-term", "Rental", "rentalData"},
};

START_TEST(statistics_are_those_of_the_listings)
{
    char target[96];
    read_times(books[_i].list);
    ck_assert_uint_gt(time_count, 100);
    snprintf(target, sizeof target, "/v1/markets?zipCode=78701&dataType=%s", books[_i].type);
    ck_assert_int_eq(calls_get(target), 200);
    const json_t *data = json_object_get(document, books[_i].member);
    const json_t *history = json_object_get(data, "history");
    for (int32_t back = 0; back < 12; back++) {
        char key[32];
        int32_t months = 2026 * 12 - back;
        int32_t last = calendar_day((struct date){(months + 1) / 12, (months + 1) % 12 + 1, 1}) - 1;
        struct month month = {calendar_day((struct date){months / 12, months % 12 + 1, 1}),
                              back == 0 ? calendar_day_of(calls_noon_ms) : last, NULL, -1};
        snprintf(key, sizeof key, "%04d-%02d", months / 12, months % 12 + 1);
        assert_month(json_object_get(history, key), _i == 0, month);
        if (back == 0)
            assert_month(data, _i == 0, month);
    }
}
END_TEST

/* Two decimals for averages and what is per foot, integers otherwise; null where there is no
 * area. How many members are otherwise. */
static int
count_wrong_numbers(const json_t *block, bool has_area)
{
    int wrong = 0;
    int numbers = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)block, name, value)
    {
        bool is_of_area = strstr(name, "SquareF") != NULL;
        bool has_decimals = strncmp(name, "average", 7) == 0 || strstr(name, "PerSquare") != NULL;
        double scaled = json_number_value(value) * (has_decimals ? 100 : 1);
        bool is_statistic = is_of_area || json_is_number(value);
        if (!is_statistic || strcmp(name, "bedrooms") == 0)
            continue;
        numbers++;
        wrong += json_is_null(value) != (is_of_area && !has_area);
        wrong += fabs(scaled - round(scaled)) > 1e-6;
    }
    return wrong + (numbers != 18);
}

/* Groups that are empty, out of order or have wrong numbers. */
static int
count_wrong_groups(const json_t *data)
{
    int wrong = 0;
    size_t index;
    json_t *group;
    const char *before = "";
    double bedrooms = -1;
    json_array_foreach(json_object_get(data, "dataByPropertyType"), index, group)
    {
        const char *type = calls_text_of(group, "propertyType");
        wrong += strcmp(before, type) >= 0 || calls_number_of(group, "totalListings") < 1;
        wrong += count_wrong_numbers(group, strcmp(type, "Land") != 0);
        before = type;
    }
    json_array_foreach(json_object_get(data, "dataByBedrooms"), index, group)
    {
        wrong += calls_number_of(group, "bedrooms") <= bedrooms;
        wrong += calls_number_of(group, "totalListings") < 1;
        wrong += count_wrong_numbers(group, true);
        bedrooms = calls_number_of(group, "bedrooms");
    }
    return wrong;
}

/* 24 months, each after the one before, up to the current one. */
static int
count_wrong_months(const json_t *data)
{
    int wrong = 0;
    int month = 2024 * 12 + 1; /* 2024-02 */
    const char *key;
    json_t *entry;
    json_object_foreach(json_object_get(data, "history"), key, entry)
    {
        char expected[32];
        snprintf(expected, sizeof expected, "%04d-%02d", month / 12, month % 12 + 1);
        wrong += strcmp(key, expected) != 0;
        wrong += strncmp(calls_text_of(entry, "date"), expected, 7) != 0;
        wrong += strcmp(calls_text_of(entry, "date") + 7, "-01T00:00:00.000Z") != 0;
        wrong += json_object_size(entry) != 18 + 3;
        wrong += count_wrong_numbers(entry, true) + count_wrong_groups(entry);
        month++;
    }
    return wrong + (month != 2026 * 12 + 1);
}

START_TEST(every_zip_has_the_form_of_the_specification)
{
    int with_null_groups = 0;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        char target[96];
        snprintf(target, sizeof target, "/v1/markets?zipCode=%s&historyRange=24", places[i].zip);
        ck_assert_int_eq(calls_get(target), 200);
        ck_assert_uint_eq(json_object_size(document), 4);
        with_null_groups += strstr(answer.body.data, "\"minSquareFootage\":null") != NULL;
        for (size_t book = 0; book < 2; book++) {
            const json_t *data = json_object_get(document, books[book].member);
            ck_assert_str_eq(calls_text_of(data, "lastUpdatedDate"), "2026-01-15T00:00:00.000Z");
            ck_assert_int_eq(count_wrong_numbers(data, true), 0);
            ck_assert_int_eq(count_wrong_groups(data), 0);
            ck_assert_int_eq(count_wrong_months(data), 0);
        }
    }
    ck_assert_int_gt(with_null_groups, 0);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("market");
    TCase *market = tcase_create("market");
    tcase_set_timeout(market, 60);
    tcase_add_checked_fixture(market, calls_set_up, tear_down);
    tcase_add_loop_test(market, statistics_are_those_of_the_listings, 0, 2);
    tcase_add_test(market, every_zip_has_the_form_of_the_specification);
    suite_add_tcase(suite, market);
    return suite;
}
