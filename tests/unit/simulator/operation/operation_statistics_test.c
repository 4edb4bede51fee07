/* operation_statistics_test.c - estimates and market statistics as the operations answer them. */
/* links: @simulator */
#include "unit/simulator/calls.h"

static void
assert_comparables(double max_radius, int64_t days_old)
{
    const json_t *list = json_object_get(document, "comparables");
    size_t index;
    json_t *row;
    double before = 1;
    json_array_foreach(list, index, row)
    {
        ck_assert_double_le(calls_number_of(row, "correlation"), before);
        before = calls_number_of(row, "correlation");
        ck_assert_double_le(calls_number_of(row, "distance"), max_radius);
        ck_assert_double_le(calls_number_of(row, "daysOld"), (double)days_old);
        bool is_active = strcmp(calls_text_of(row, "status"), "Active") == 0;
        ck_assert(is_active == json_is_null(json_object_get(row, "removedDate")));
    }
}

START_TEST(an_estimate_has_its_parts)
{
    calls_get("/v1/avm/value?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244");
    const json_t *subject = json_object_get(document, "subjectProperty");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(document, "comparables")), 15);
    ck_assert_str_eq(calls_text_of(subject, "id"), "5500-Grand-Lake-Dr,-San-Antonio,-TX-78244");
    ck_assert_double_eq(calls_number_of(subject, "squareFootage"), 1878);
    ck_assert_int_eq((int64_t)calls_number_of(document, "price") % 1000, 0);
    ck_assert_double_lt(calls_number_of(document, "priceRangeLow"),
                        calls_number_of(document, "price"));
    ck_assert_double_gt(calls_number_of(document, "priceRangeHigh"),
                        calls_number_of(document, "price"));
    assert_comparables(5, 270);
    calls_get(
        "/v1/avm/rent/long-term?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244&compCount=25"
        "&maxRadius=2&daysOld=100");
    ck_assert_int_eq((int64_t)calls_number_of(document, "rent") % 10, 0);
    assert_comparables(2, 100);
}
END_TEST

START_TEST(what_the_caller_says_overrides_the_records)
{
    calls_get("/v1/avm/value?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244&bedrooms=5"
              "&propertyType=Condo");
    const json_t *subject = json_object_get(document, "subjectProperty");
    ck_assert_double_eq(calls_number_of(subject, "bedrooms"), 5);
    ck_assert_str_eq(calls_text_of(subject, "propertyType"), "Condo");
    ck_assert_double_eq(calls_number_of(subject, "squareFootage"), 1878);
    calls_get("/v1/avm/value?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244&bathrooms=2.5"
              "&lookupSubjectAttributes=false");
    subject = json_object_get(document, "subjectProperty");
    ck_assert_double_eq(calls_number_of(subject, "bathrooms"), 2.5);
    ck_assert_ptr_null(json_object_get(subject, "bedrooms"));
}
END_TEST

/* Asks for an estimate of the first record of a type, more being further parameters. The record is
 * the caller's. */
static json_t *
estimate_first(const char *operation, const char *type, const char *more)
{
    char target[256];
    char address[128];
    snprintf(target, sizeof target, "/v1/properties?propertyType=%s&limit=1", type);
    ck_assert_int_eq(calls_get(target), 200);
    json_t *record = json_incref(json_array_get(document, 0));
    snprintf(address, sizeof address, "%s", calls_text_of(record, "formattedAddress"));
    for (char *at = address; *at != '\0'; at++)
        if (*at == ' ')
            *at = '+';
    snprintf(target, sizeof target, "/v1/avm/%s?address=%s%s", operation, address, more);
    calls_get(target);
    return record;
}

START_TEST(land_has_a_value_and_no_rent)
{
    json_decref(estimate_first("value", "Land", ""));
    ck_assert_int_eq(answer.status, 200);
    json_decref(estimate_first("rent/long-term", "Land", ""));
    ck_assert_int_eq(answer.status, 400);
    ck_assert_str_eq(calls_text_of(document, "error"), "resource/bad-request");
    json_decref(estimate_first("rent/long-term", "Land", "&propertyType=Condo"));
    ck_assert_int_eq(answer.status, 200);
    json_decref(estimate_first("rent/long-term", "Land", "&lookupSubjectAttributes=false"));
    ck_assert_int_eq(answer.status, 200);
}
END_TEST

START_TEST(value_is_for_the_building_and_rent_for_one_unit)
{
    static const char *const types[] = {"Multi-Family", "Apartment"};
    for (int i = 0; i < 2; i++) {
        json_t *record = estimate_first("value", types[i], "");
        double units = calls_number_of(json_object_get(record, "features"), "unitCount");
        double area = calls_number_of(record, "squareFootage");
        const json_t *subject = json_object_get(document, "subjectProperty");
        ck_assert_double_ge(units, 2);
        ck_assert_double_eq(calls_number_of(subject, "squareFootage"), area);
        json_decref(record);
        json_decref(estimate_first("rent/long-term", types[i], ""));
        subject = json_object_get(document, "subjectProperty");
        ck_assert_double_eq_tol(calls_number_of(subject, "squareFootage"), area / units, 1);
    }
}
END_TEST

START_TEST(market_statistics_have_their_shape)
{
    calls_get("/v1/markets?zipCode=78701");
    const json_t *sale = json_object_get(document, "saleData");
    const json_t *rental = json_object_get(document, "rentalData");
    ck_assert_str_eq(calls_text_of(document, "id"), "78701");
    ck_assert_uint_eq(json_object_size(json_object_get(sale, "history")), 12);
    ck_assert_uint_eq(json_object_size(sale), 18 + 4);
    ck_assert_uint_eq(json_object_size(rental), 18 + 4);
    ck_assert_ptr_nonnull(json_object_get(sale, "maxPricePerSquareFoot"));
    ck_assert_ptr_nonnull(json_object_get(rental, "medianRentPerSquareFoot"));
    const char *before = "";
    size_t index;
    json_t *group;
    json_array_foreach(json_object_get(sale, "dataByPropertyType"), index, group)
    {
        ck_assert_int_lt(strcmp(before, calls_text_of(group, "propertyType")), 0);
        before = calls_text_of(group, "propertyType");
        bool is_land = strcmp(before, "Land") == 0;
        ck_assert(is_land == json_is_null(json_object_get(group, "averageSquareFootage")));
        ck_assert(is_land == json_is_null(json_object_get(group, "minPricePerSquareFoot")));
    }
    calls_get("/v1/markets?zipCode=78701&dataType=Sale");
    ck_assert_ptr_null(json_object_get(document, "rentalData"));
    calls_get("/v1/markets?zipCode=78701&dataType=Rental&historyRange=3");
    ck_assert_ptr_null(json_object_get(document, "saleData"));
    rental = json_object_get(document, "rentalData");
    ck_assert_uint_eq(json_object_size(json_object_get(rental, "history")), 3);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("operation_statistics");
    TCase *statistics = tcase_create("estimates and markets");
    tcase_set_timeout(statistics, 30);
    tcase_add_checked_fixture(statistics, calls_set_up, calls_tear_down);
    tcase_add_test(statistics, an_estimate_has_its_parts);
    tcase_add_test(statistics, what_the_caller_says_overrides_the_records);
    tcase_add_test(statistics, land_has_a_value_and_no_rent);
    tcase_add_test(statistics, value_is_for_the_building_and_rent_for_one_unit);
    tcase_add_test(statistics, market_statistics_have_their_shape);
    suite_add_tcase(suite, statistics);
    return suite;
}
