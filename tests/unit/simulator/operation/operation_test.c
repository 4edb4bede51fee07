/* operation_test.c - the ten operations: statuses, pages and filters. */
/* links: @simulator */
#include "unit/simulator/calls.h"

static const struct {
    const char *target;
    int status;
} statuses[] = {
    {"/v1/properties", 200},
    {"/v1/properties?limit=0", 400},
    {"/v1/properties?limit=501", 400},
    {"/v1/properties?limit=ten", 400},
    {"/v1/properties?offset=-1", 400},
    {"/v1/properties?includeTotalCount=yes", 400},
    {"/v1/properties?nonsense=1&limit=1", 200},
    {"/v1/properties?bedrooms=", 200},
    {"/v1/properties?bedrooms=3:1", 400},
    {"/v1/properties?bedrooms=1:2|4", 400},
    {"/v1/properties?propertyType=condo", 400},
    {"/v1/properties?propertyType=Land", 200},
    {"/v1/properties?city=austin", 404},
    {"/v1/properties?city=Austin&state=TX&zipCode=78701", 200},
    {"/v1/properties?city=Austin&state=CO", 404},
    {"/v1/properties?state=Texas", 400},
    {"/v1/properties?zipCode=7870", 400},
    {"/v1/properties?zipCode=99999", 404},
    {"/v1/properties?radius=5", 400},
    {"/v1/properties?latitude=30.27&longitude=-97.74", 400},
    {"/v1/properties?latitude=30.27&radius=5", 400},
    {"/v1/properties?latitude=91&longitude=0&radius=5", 400},
    {"/v1/properties?latitude=30.27&longitude=-97.74&radius=5", 200},
    {"/v1/properties?latitude=30.27&longitude=-97.74&radius=101", 400},
    {"/v1/properties?latitude=30.27&longitude=-97.74&radius=0", 400},
    {"/v1/properties?latitude=0&longitude=0&radius=100", 404},
    {"/v1/properties?address=1234+Main+St.", 400},
    {"/v1/properties?address=1+No+Such+St,+Austin,+TX+78701", 404},
    {"/v1/properties?address=1+No+Such+St,+Austin,+TX+78701&radius=200", 400},
    {"/v1/properties?saleDateRange=0", 400},
    {"/v1/properties?saleDateRange=270", 200},
    {"/v1/properties?offset=100000", 200},
    {"/v1/properties?zipCode=99999&offset=10", 404},
    {"/v1/properties/random?limit=501", 400},
    {"/v1/properties/random?limit=3", 200},
    {"/v1/properties/no-such-id", 404},
    {"/v1/properties/bench-1", 404},
    {"/v1/listings/sale?status=Active", 200},
    {"/v1/listings/sale?status=Inactive", 200},
    {"/v1/listings/sale?status=active", 400},
    {"/v1/listings/sale?price=1:2:3", 400},
    {"/v1/listings/sale?price=1:2", 404},
    {"/v1/listings/sale?daysOld=0", 400},
    {"/v1/listings/sale?saleDateRange=0", 200},
    {"/v1/listings/rental/long-term?propertyType=Land", 400},
    {"/v1/listings/sale/no-such-id", 404},
    {"/v1/listings/rental/long-term/no-such-id", 404},
    {"/v1/markets", 400},
    {"/v1/markets?zipCode=787", 400},
    {"/v1/markets?zipCode=99999", 404},
    {"/v1/markets?zipCode=78701&dataType=all", 400},
    {"/v1/markets?zipCode=78701&historyRange=0", 400},
    {"/v1/markets?zipCode=99999&historyRange=0", 400},
    {"/v1/avm/value", 400},
    {"/v1/avm/value?latitude=30", 400},
    {"/v1/avm/value?latitude=40&longitude=-100", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74", 200},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&compCount=4", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&compCount=26", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&bedrooms=1:3", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&propertyType=Condo|Land", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&propertyType=Land", 200},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&maxRadius=0", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&daysOld=0", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&maxRadius=0.01", 400},
    {"/v1/avm/value?latitude=30.27&longitude=-97.74&lookupSubjectAttributes=x", 400},
    {"/v1/avm/rent/long-term?latitude=30.27&longitude=-97.74&propertyType=Land", 400},
    {"/v1/avm/value?address=1+No+Such+St,+Austin,+TX+78701", 404},
    {"/v1/avm/value?address=nowhere", 400},
};

START_TEST(every_case_has_its_status)
{
    ck_assert_msg(calls_get(statuses[_i].target) == statuses[_i].status, "%s: %d",
                  statuses[_i].target, answer.status);
    if (answer.status != 200) {
        ck_assert_int_eq(json_integer_value(json_object_get(document, "status")), answer.status);
        ck_assert_str_eq(calls_text_of(document, "error"),
                         answer.status == 400 ? "resource/bad-request" : "resource/not-found");
        ck_assert_uint_gt(strlen(calls_text_of(document, "message")), 0);
    }
}
END_TEST

START_TEST(an_address_that_is_none_is_told_in_the_vendors_words)
{
    calls_get("/v1/properties?address=1234+Main+St.");
    ck_assert_str_eq(calls_text_of(document, "message"),
                     "The provided address '1234 Main St.' could not be parsed or geolocated");
}
END_TEST

START_TEST(paths_are_matched_as_declared)
{
    static const struct {
        const char *path;
        int operation; /* -1 for none */
    } rows[] = {
        {"/v1/properties", OPERATION_PROPERTIES},
        {"/v1/properties/random", OPERATION_PROPERTIES_RANDOM},
        {"/v1/properties/a,b", OPERATION_PROPERTY_BY_ID},
        {"/v1/listings/sale", OPERATION_SALE},
        {"/v1/listings/sale/x", OPERATION_SALE_BY_ID},
        {"/v1/listings/rental/long-term", OPERATION_RENTAL},
        {"/v1/listings/rental/long-term/x", OPERATION_RENTAL_BY_ID},
        {"/v1/avm/value", OPERATION_VALUE},
        {"/v1/avm/rent/long-term", OPERATION_RENT},
        {"/v1/markets", OPERATION_MARKETS},
        {"/v1/properties/", -1},
        {"/v1/properties/a/b", -1},
        {"/v1/_control", -1},
        {"/v1/_control/journal", -1},
        {"/properties", -1},
        {"/v1/property-records", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *id;
        const struct operation *operation = operation_match(rows[i].path, &id);
        int found = operation == NULL ? -1 : (int)operation->id;
        ck_assert_msg(found == rows[i].operation, "%s", rows[i].path);
    }
}
END_TEST

START_TEST(pages_join_to_the_whole_list)
{
    calls_get("/v1/properties?zipCode=78701&limit=500&includeTotalCount=true");
    json_t *whole = json_incref(document);
    size_t total = answer.total;
    ck_assert(answer.is_paged && answer.is_counted);
    ck_assert_uint_eq(json_array_size(whole), total);
    size_t at = 0;
    while (at < total) {
        char target[96];
        snprintf(target, sizeof target, "/v1/properties?zipCode=78701&limit=30&offset=%zu", at);
        ck_assert_int_eq(calls_get(target), 200);
        ck_assert(!answer.is_counted);
        ck_assert_uint_eq(answer.limit, 30);
        ck_assert_uint_eq(answer.offset, at);
        for (size_t i = 0; i < json_array_size(document); i++)
            ck_assert(json_equal(json_array_get(document, i), json_array_get(whole, at++)));
    }
    calls_get("/v1/properties?zipCode=78701&offset=104");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(json_array_size(document), 0);
    json_decref(whole);
}
END_TEST

START_TEST(defaults_are_fifty_from_the_start)
{
    calls_get("/v1/properties");
    ck_assert_uint_eq(json_array_size(document), 50);
    ck_assert_uint_eq(answer.limit, 50);
    ck_assert_uint_eq(answer.offset, 0);
    ck_assert(!answer.is_counted);
    calls_get("/v1/properties/random");
    ck_assert_uint_eq(json_array_size(document), 50);
    ck_assert(!answer.is_paged);
}
END_TEST

START_TEST(rows_match_their_filters)
{
    size_t index;
    json_t *row;
    calls_get("/v1/properties?state=TX&propertyType=Condo|Townhouse&bedrooms=2|3&bathrooms=*:2.5"
              "&squareFootage=900:*&yearBuilt=1990:2020&limit=500");
    ck_assert_uint_gt(json_array_size(document), 10);
    json_array_foreach(document, index, row)
    {
        ck_assert_str_eq(calls_text_of(row, "state"), "TX");
        ck_assert(strcmp(calls_text_of(row, "propertyType"), "Condo") == 0 ||
                  strcmp(calls_text_of(row, "propertyType"), "Townhouse") == 0);
        ck_assert(calls_number_of(row, "bedrooms") == 2 || calls_number_of(row, "bedrooms") == 3);
        ck_assert_double_le(calls_number_of(row, "bathrooms"), 2.5);
        ck_assert_double_ge(calls_number_of(row, "squareFootage"), 900);
        ck_assert_double_ge(calls_number_of(row, "yearBuilt"), 1990);
        ck_assert_double_le(calls_number_of(row, "yearBuilt"), 2020);
    }
    calls_get("/v1/listings/sale?price=200000:300000&daysOld=90&limit=500");
    ck_assert_uint_gt(json_array_size(document), 5);
    json_array_foreach(document, index, row)
    {
        ck_assert_str_eq(calls_text_of(row, "status"), "Active");
        ck_assert_double_ge(calls_number_of(row, "price"), 200000);
        ck_assert_double_le(calls_number_of(row, "price"), 300000);
        ck_assert_double_le(calls_number_of(row, "daysOnMarket"), 90);
        ck_assert(json_is_null(json_object_get(row, "removedDate")));
    }
}
END_TEST

START_TEST(one_address_is_one_record_and_its_circle_more)
{
    calls_get("/v1/properties?address=5500+Grand+Lake+Drive,+San+Antonio,+TX,+78244&city=Austin");
    ck_assert_uint_eq(json_array_size(document), 1);
    ck_assert_str_eq(calls_text_of(json_array_get(document, 0), "id"),
                     "5500-Grand-Lake-Dr,-San-Antonio,-TX-78244");
    calls_get("/v1/properties?address=5500+Grand+Lake+Dr,+San+Antonio,+TX+78244&radius=1");
    ck_assert_uint_gt(json_array_size(document), 10);
}
END_TEST

START_TEST(random_records_are_distinct_and_repeatable)
{
    calls_get_at("/v1/properties/random?limit=500", calls_noon_ms, 7);
    json_t *first = json_incref(document);
    json_t *ids = json_object();
    size_t index;
    json_t *row;
    json_array_foreach(first, index, row)
        json_object_set(ids, calls_text_of(row, "id"), json_true());
    ck_assert_uint_eq(json_object_size(ids), 500);
    calls_get_at("/v1/properties/random?limit=500", calls_noon_ms, 7);
    ck_assert(json_equal(first, document));
    calls_get_at("/v1/properties/random?limit=500", calls_noon_ms, 8);
    ck_assert(!json_equal(first, document));
    json_decref(first);
    json_decref(ids);
}
END_TEST

START_TEST(days_move_with_the_clock)
{
    calls_get("/v1/listings/sale?limit=1");
    double before = calls_number_of(json_array_get(document, 0), "daysOnMarket");
    calls_get_at("/v1/listings/sale?limit=1", calls_noon_ms + 3 * CALENDAR_DAY_MS, 0);
    ck_assert_double_eq(calls_number_of(json_array_get(document, 0), "daysOnMarket"), before + 3);
    ck_assert_int_eq(
        strncmp(calls_text_of(json_array_get(document, 0), "lastSeenDate"), "2026-01-17", 10), 0);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("operation");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 30);
    tcase_add_checked_fixture(calls, calls_set_up, calls_tear_down);
    tcase_add_loop_test(calls, every_case_has_its_status, 0, sizeof statuses / sizeof statuses[0]);
    tcase_add_test(calls, an_address_that_is_none_is_told_in_the_vendors_words);
    tcase_add_test(calls, paths_are_matched_as_declared);
    tcase_add_test(calls, days_move_with_the_clock);
    suite_add_tcase(suite, calls);
    TCase *lists = tcase_create("lists");
    tcase_set_timeout(lists, 30);
    tcase_add_checked_fixture(lists, calls_set_up, calls_tear_down);
    tcase_add_test(lists, pages_join_to_the_whole_list);
    tcase_add_test(lists, defaults_are_fifty_from_the_start);
    tcase_add_test(lists, rows_match_their_filters);
    tcase_add_test(lists, one_address_is_one_record_and_its_circle_more);
    tcase_add_test(lists, random_records_are_distinct_and_repeatable);
    suite_add_tcase(suite, lists);
    return suite;
}
