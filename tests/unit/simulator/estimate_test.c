/* estimate_test.c - distance, estimate, range and days against the vendor's published examples.
 *
 * The numbers are those of the examples in its OpenAPI document: one subject, five comparables
 * for sale and five for rent.
 */
/* links: simulator/estimate.c simulator/geo.c simulator/days.c simulator/calendar.c */
#include "calendar.h"
#include "days.h"
#include "estimate.h"
#include "geo.h"

#include <check.h>
#include <math.h>

static const struct point subject = {29476011, -98351454};

struct published {
    struct point point;
    double distance;
    struct weighted_price price;
    const char *listed;
    const char *removed; /* NULL while active */
    int days_on_market;
    int days_old;
};

static const struct published sale[] = {
    {{29470460, -98351561}, 0.3840, {289444, 9916}, "2025-04-11", NULL, 146, 1},
    {{29476170, -98356908}, 0.3286, {279000, 9887}, "2025-06-06", "2025-07-12", 36, 55},
    {{29479375, -98351978}, 0.2348, {199900, 9863}, "2025-05-22", "2025-08-27", 97, 9},
    {{29477064, -98343686}, 0.4734, {159900, 9859}, "2025-06-23", "2025-06-28", 5, 69},
    {{29463689, -98348663}, 0.8687, {320000, 9835}, "2025-03-10", NULL, 178, 1},
};

static const struct published rental[] = {
    {{29473782, -98344684}, 0.4359, {1627, 9873}, "2025-02-06", "2025-02-07", 1, 210},
    {{29471408, -98348191}, 0.3741, {1500, 9792}, "2024-07-11", "2025-02-06", 210, 211},
    {{29473394, -98348222}, 0.2658, {1700, 9702}, "2025-08-12", NULL, 23, 1},
    {{29473168, -98349176}, 0.2398, {1695, 9692}, "2023-08-25", "2025-05-14", 628, 114},
    {{29474238, -98343940}, 0.4688, {1575, 9663}, "2024-12-30", "2025-06-05", 157, 92},
};

enum { COMPARABLES = 5 };

START_TEST(distances_are_those_published)
{
    const struct published *row = _i < COMPARABLES ? &sale[_i] : &rental[_i - COMPARABLES];
    double distance = geo_distance_miles(subject, row->point);
    ck_assert_int_eq(estimate_to_e4(distance), lround(row->distance * 10000));
    ck_assert_double_eq_tol(geo_distance_miles(row->point, subject), distance, 1e-12);
}
END_TEST

START_TEST(no_way_is_no_distance)
{
    ck_assert_double_eq(geo_distance_miles(subject, subject), 0);
}
END_TEST

static struct estimate
estimate_published(const struct published *rows, int64_t rounding)
{
    struct weighted_price prices[COMPARABLES];
    for (int i = 0; i < COMPARABLES; i++)
        prices[i] = rows[i].price;
    return estimate_price(prices, COMPARABLES, rounding);
}

START_TEST(the_value_is_the_one_published)
{
    struct estimate estimate = estimate_published(sale, 1000);
    ck_assert_int_eq(estimate.price, 250000);
    ck_assert_int_eq(estimate.low, 195000);
    ck_assert_int_eq(estimate.high, 304000);
}
END_TEST

START_TEST(the_rent_is_the_one_published)
{
    struct estimate estimate = estimate_published(rental, 10);
    ck_assert_int_eq(estimate.price, 1620);
    ck_assert_int_eq(estimate.low, 1550);
    ck_assert_int_eq(estimate.high, 1690);
}
END_TEST

START_TEST(one_price_has_no_spread)
{
    struct weighted_price price = {123456, 9000};
    struct estimate estimate = estimate_price(&price, 1, 1000);
    ck_assert_int_eq(estimate.price, 123000);
    ck_assert_int_eq(estimate.low, 123000);
    ck_assert_int_eq(estimate.high, 123000);
}
END_TEST

START_TEST(without_weights_the_average_is_plain)
{
    struct weighted_price prices[] = {{100000, 0}, {200000, 0}};
    ck_assert_int_eq(estimate_price(prices, 2, 1000).price, 150000);
}
END_TEST

static int32_t
read_day(const char *text)
{
    int64_t time_ms;
    ck_assert(calendar_parse(text, &time_ms));
    return calendar_day_of(time_ms);
}

/* The examples were taken on 2025-09-04. */
START_TEST(days_are_those_published)
{
    const struct published *row = _i < COMPARABLES ? &sale[_i] : &rental[_i - COMPARABLES];
    int32_t today = read_day("2025-09-04");
    struct span span = {
        .listed_day = read_day(row->listed),
        .removed_day = row->removed == NULL ? UNKNOWN : read_day(row->removed),
    };
    ck_assert_int_eq(days_on_market(&span, today), row->days_on_market);
    ck_assert_int_eq(days_old(&span, today), row->days_old);
}
END_TEST

START_TEST(days_never_go_below_zero)
{
    struct span span = {.listed_day = 100, .removed_day = UNKNOWN};
    ck_assert_int_eq(days_on_market(&span, 90), 0);
    ck_assert_int_eq(days_since_listed(&span, 90), 0);
    ck_assert_int_eq(days_since_listed(&span, 110), 10);
}
END_TEST

START_TEST(correlation_follows_the_proposed_formula)
{
    struct traits same = {PROPERTY_SINGLE_FAMILY, 3, 20, 2000, 8000, 1980};
    struct traits other = {PROPERTY_CONDO, 2, 25, 1500, UNKNOWN, 2000};
    struct traits unknown = {PROPERTY_TYPE_UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    ck_assert_double_eq_tol(estimate_correlation(&same, &same, 0, 5), 1, 1e-12);
    ck_assert_double_eq_tol(estimate_correlation(&same, &same, 2.5, 5), 1 - 0.02, 1e-12);
    double penalty = 0.04 + 0.05 * 500 / 2000 + 0.02 * 1 + 0.015 * 0.5 + 0.0005 * 20 + 0.15;
    ck_assert_double_eq_tol(estimate_correlation(&same, &other, 5, 5), 1 - penalty, 1e-12);
    ck_assert_double_eq_tol(estimate_correlation(&unknown, &other, 5, 5), 0.96, 1e-12);
    other.square_footage = 2000000;
    ck_assert_double_eq(estimate_correlation(&same, &other, 0, 5), 0);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("estimate");
    TCase *published = tcase_create("published");
    tcase_add_loop_test(published, distances_are_those_published, 0, 2 * COMPARABLES);
    tcase_add_loop_test(published, days_are_those_published, 0, 2 * COMPARABLES);
    tcase_add_test(published, the_value_is_the_one_published);
    tcase_add_test(published, the_rent_is_the_one_published);
    suite_add_tcase(suite, published);
    TCase *edges = tcase_create("edges");
    tcase_add_test(edges, no_way_is_no_distance);
    tcase_add_test(edges, one_price_has_no_spread);
    tcase_add_test(edges, without_weights_the_average_is_plain);
    tcase_add_test(edges, days_never_go_below_zero);
    tcase_add_test(edges, correlation_follows_the_proposed_formula);
    suite_add_tcase(suite, edges);
    return suite;
}
