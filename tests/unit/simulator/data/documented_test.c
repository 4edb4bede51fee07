/* documented_test.c - the vendor's two published estimates, as the operations answer them. */
/* links: @simulator */
#include "unit/simulator/calls.h"
#include "unit/simulator/published.h"

#include <math.h>

#define DOCUMENTED   "address=5500+Grand+Lake+Drive,+San+Antonio,+TX,+78244"
#define CLOSEST_FIVE "&maxRadius=0.9&compCount=5"

static const char value_target[] = "/v1/avm/value?" DOCUMENTED CLOSEST_FIVE;
static const char rent_target[] = "/v1/avm/rent/long-term?" DOCUMENTED CLOSEST_FIVE;

/* Another data set than the fixture's, asked at noon of its day. */
static void
start_over(uint64_t seed, const char *day, int64_t *now_ms)
{
    dataset_destroy(&dataset);
    ck_assert(calendar_parse(day, now_ms));
    dataset = dataset_create(seed, calendar_day_of(*now_ms));
}

static void
assert_comparable(const json_t *row, const struct published *published)
{
    ck_assert_int_eq(lround(calls_number_of(row, "latitude") * 1e6),
                     published->point.latitude_micro);
    ck_assert_int_eq(lround(calls_number_of(row, "longitude") * 1e6),
                     published->point.longitude_micro);
    ck_assert_double_eq(calls_number_of(row, "distance"), published->distance);
    ck_assert_double_eq(calls_number_of(row, "price"), published->price.price);
    ck_assert_double_eq_tol(calls_number_of(row, "correlation"),
                            published->price.correlation_e4 / 1e4, 1e-12);
    ck_assert_double_eq(calls_number_of(row, "daysOnMarket"), published->days_on_market);
    ck_assert_double_eq(calls_number_of(row, "daysOld"), published->days_old);
    ck_assert_str_eq(calls_text_of(row, "status"),
                     published->removed == NULL ? "Active" : "Inactive");
}

static void
assert_comparables(const struct published *published)
{
    const json_t *rows = json_object_get(document, "comparables");
    ck_assert_uint_eq(json_array_size(rows), PUBLISHED_COMPARABLES);
    for (size_t i = 0; i < PUBLISHED_COMPARABLES; i++)
        assert_comparable(json_array_get(rows, i), &published[i]);
}

static const struct {
    uint64_t seed;
    const char *day;
} starts[] = {{1, "2025-09-04"}, {1, "2026-01-15"}, {7, "2024-02-29"}, {123456, "2031-12-31"}};

START_TEST(both_estimates_are_those_published)
{
    int64_t now_ms;
    start_over(starts[_i].seed, starts[_i].day, &now_ms);
    ck_assert_int_eq(calls_get_at(value_target, now_ms, 0), 200);
    ck_assert_double_eq(calls_number_of(document, "price"), 250000);
    ck_assert_double_eq(calls_number_of(document, "priceRangeLow"), 195000);
    ck_assert_double_eq(calls_number_of(document, "priceRangeHigh"), 304000);
    assert_comparables(published_sale);
    ck_assert_int_eq(calls_get_at(rent_target, now_ms, 0), 200);
    ck_assert_double_eq(calls_number_of(document, "rent"), 1620);
    ck_assert_double_eq(calls_number_of(document, "rentRangeLow"), 1550);
    ck_assert_double_eq(calls_number_of(document, "rentRangeHigh"), 1690);
    assert_comparables(published_rental);
    /* Hence nothing else can be nearer or more alike, whatever the seed. */
    calls_get_at("/v1/properties?" DOCUMENTED "&radius=0.95", now_ms, 0);
    ck_assert_uint_eq(answer.total, 1 + 2 * PUBLISHED_COMPARABLES);
}
END_TEST

START_TEST(on_the_day_of_the_examples_the_dates_are_those_published)
{
    int64_t now_ms;
    start_over(1, "2025-09-04", &now_ms);
    for (int rental = 0; rental < 2; rental++) {
        calls_get_at(rental ? rent_target : value_target, now_ms, 0);
        const json_t *rows = json_object_get(document, "comparables");
        for (size_t i = 0; i < PUBLISHED_COMPARABLES; i++) {
            const struct published *published = rental ? &published_rental[i] : &published_sale[i];
            const json_t *row = json_array_get(rows, i);
            ck_assert_int_eq(strncmp(calls_text_of(row, "listedDate"), published->listed, 10), 0);
            if (published->removed == NULL)
                ck_assert(json_is_null(json_object_get(row, "removedDate")));
            else
                ck_assert_int_eq(strncmp(calls_text_of(row, "removedDate"), published->removed, 10),
                                 0);
        }
    }
}
END_TEST

/* What the caller says of the house, if it is what the records say, changes nothing. */
START_TEST(another_house_at_the_address_is_compared_by_the_formula)
{
    char target[256];
    snprintf(target, sizeof target, "%s&propertyType=Single+Family&bathrooms=2.0", value_target);
    calls_get(target);
    ck_assert_double_eq(calls_number_of(document, "price"), 250000);
    snprintf(target, sizeof target, "%s&bedrooms=4", value_target);
    calls_get(target);
    const json_t *rows = json_object_get(document, "comparables");
    ck_assert_uint_eq(json_array_size(rows), 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_double_le(calls_number_of(json_array_get(rows, i), "correlation"), 0.98);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("documented");
    TCase *examples = tcase_create("examples");
    tcase_set_timeout(examples, 30);
    tcase_add_checked_fixture(examples, calls_set_up, calls_tear_down);
    tcase_add_loop_test(examples, both_estimates_are_those_published, 0,
                        sizeof starts / sizeof starts[0]);
    tcase_add_test(examples, on_the_day_of_the_examples_the_dates_are_those_published);
    tcase_add_test(examples, another_house_at_the_address_is_compared_by_the_formula);
    suite_add_tcase(suite, examples);
    return suite;
}
