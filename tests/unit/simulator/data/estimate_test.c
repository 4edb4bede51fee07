/* estimate_test.c - distance, estimate, range and days against the vendor's published examples. */
/* links: simulator/data/estimate.c simulator/data/place.c simulator/data/dataset.c */
/* links: simulator/data/vocabulary.c simulator/data/draw.c simulator/data/address.c simulator/data/documented.c */
/* links: simulator/common/calendar.c */
#include "common/calendar.h"
#include "data/dataset.h"
#include "data/estimate.h"
#include "data/place.h"
#include "unit/simulator/published.h"

#include <check.h>
#include <math.h>

static const struct published *
published_row(int index)
{
    return index < PUBLISHED_COMPARABLES ? &published_sale[index]
                                         : &published_rental[index - PUBLISHED_COMPARABLES];
}

START_TEST(distances_are_those_published)
{
    const struct published *row = published_row(_i);
    double distance = place_distance_miles(published_subject, row->point);
    ck_assert_int_eq(estimate_to_e4(distance), lround(row->distance * 10000));
    ck_assert_double_eq_tol(place_distance_miles(row->point, published_subject), distance, 1e-12);
}
END_TEST

/* A sphere of the mean radius, 3958.76 miles, would give 0.3836 and 0.4354. */
START_TEST(the_radius_is_the_equators)
{
    static const double mean_radius = 3958.7613;
    double sale = place_distance_miles(published_subject, published_sale[0].point);
    double rental = place_distance_miles(published_subject, published_rental[0].point);
    ck_assert_int_eq(estimate_to_e4(sale), 3840);
    ck_assert_int_eq(estimate_to_e4(rental), 4359);
    ck_assert_int_eq(estimate_to_e4(sale * mean_radius / 3963.19), 3836);
    ck_assert_int_eq(estimate_to_e4(rental * mean_radius / 3963.19), 4354);
}
END_TEST

START_TEST(no_way_is_no_distance)
{
    ck_assert_double_eq(place_distance_miles(published_subject, published_subject), 0);
}
END_TEST

/* scale: prices times so much, to see decimals that are rounded away. */
static struct estimate
estimate_published(const struct published *rows, int32_t scale, int64_t rounding)
{
    struct weighted_price prices[PUBLISHED_COMPARABLES];
    for (int i = 0; i < PUBLISHED_COMPARABLES; i++)
        prices[i] =
            (struct weighted_price){rows[i].price.price * scale, rows[i].price.correlation_e4};
    return estimate_price(prices, PUBLISHED_COMPARABLES, rounding);
}

START_TEST(the_value_is_the_one_published)
{
    struct estimate estimate = estimate_published(published_sale, 1, 1000);
    ck_assert_int_eq(estimate.price, 250000);
    ck_assert_int_eq(estimate.low, 195000);
    ck_assert_int_eq(estimate.high, 304000);
    ck_assert_int_eq(estimate_published(published_sale, 1, 1).price, 249673);
}
END_TEST

START_TEST(the_rent_is_the_one_published)
{
    struct estimate estimate = estimate_published(published_rental, 1, 10);
    ck_assert_int_eq(estimate.price, 1620);
    ck_assert_int_eq(estimate.low, 1550);
    ck_assert_int_eq(estimate.high, 1690);
    ck_assert_int_eq(estimate_published(published_rental, 10, 1).price, 16192);
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
    const struct published *row = published_row(_i);
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
    tcase_add_loop_test(published, distances_are_those_published, 0, 2 * PUBLISHED_COMPARABLES);
    tcase_add_loop_test(published, days_are_those_published, 0, 2 * PUBLISHED_COMPARABLES);
    tcase_add_test(published, the_radius_is_the_equators);
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
