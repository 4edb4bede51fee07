/* request_plan_routes_test.c - every built-in route: what the paid API is asked, what shares a key, what is refused. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c gateway/routing/signature.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "plan_support.h"

#define RANDOM  "/api/v1/properties/random"
#define VALUE   "/api/v1/estimates/value"
#define RENT    "/api/v1/estimates/rent"
#define SALE    "/api/v1/listings/sale"
#define RENTAL  "/api/v1/listings/rental"
#define LISTING "/api/v1/listings"
#define MARKET  "/api/v1/markets/stats"

static void
setup(void)
{
    plan_use_built_in();
}

static void
teardown(void)
{
    plan_drop_yaml();
}

/* fallback_path "": there is none. */
static const struct {
    const char *target, *upstream, *fallback_path;
} sent[] = {
    {RANDOM, "/v1/properties/random?limit=100", ""},
    {RANDOM "?limit=3&city=Austin", "/v1/properties/random?limit=3", ""},
    {RENT "?address=a",
     "/v1/avm/rent/long-term?address=a&compCount=15&lookupSubjectAttributes=true", ""},
    {RENT "?latitude=1&longitude=2&propertyType=Multi-Family&bedrooms=2&bathrooms=1.5"
          "&squareFootage=900&maxRadius=.5&daysOld=30&compCount=25&lookupSubjectAttributes=0",
     "/v1/avm/rent/long-term?latitude=1&longitude=2&propertyType=Multi-Family&bedrooms=2"
     "&bathrooms=1.5&squareFootage=900&maxRadius=0.5&daysOld=30&compCount=25"
     "&lookupSubjectAttributes=false",
     ""},
    {VALUE "?address=1+Elm+St&city=Austin&state=TX&zipCode=78701",
     "/v1/avm/value?address=1%20Elm%20St%2C%20Austin%2C%20TX%2C%2078701&compCount=15"
     "&lookupSubjectAttributes=true",
     ""},
    {SALE, "/v1/listings/sale?status=Active&limit=100&offset=0&includeTotalCount=false", ""},
    {SALE "?address=a&radius=2&propertyType=Land|Condo&bedrooms=2|3&bathrooms=*:2.50"
          "&squareFootage=900:*&lotSize=1:2&yearBuilt=2000&status=Inactive&price=150000:250000"
          "&daysOld=30&limit=5&offset=10&includeTotalCount=1",
     "/v1/listings/sale?address=a&radius=2&propertyType=Condo%7CLand&bedrooms=2%7C3"
     "&bathrooms=%2A%3A2.5&squareFootage=900%3A%2A&lotSize=1%3A2&yearBuilt=2000&status=Inactive"
     "&price=150000%3A250000&daysOld=%2A%3A30&limit=5&offset=10&includeTotalCount=true",
     ""},
    {RENTAL "?zipCode=78701&price=1500|1600&daysOld=7:30",
     "/v1/listings/rental/long-term?zipCode=78701&status=Active&price=1500%7C1600"
     "&daysOld=7%3A30&limit=100&offset=0&includeTotalCount=false",
     ""},
    /* a search for a sale date is for records alone: here the name is unknown */
    {RENTAL "?saleDateRange=wrong",
     "/v1/listings/rental/long-term?status=Active&limit=100&offset=0&includeTotalCount=false", ""},
    {LISTING "/1-Elm-St,-Austin,-TX-78701", "/v1/listings/sale/1-Elm-St,-Austin,-TX-78701",
     "/v1/listings/rental/long-term/1-Elm-St,-Austin,-TX-78701"},
    {LISTING "/a%3Fb?type=", "/v1/listings/sale/a%3Fb", "/v1/listings/rental/long-term/a%3Fb"},
    {LISTING "/a?type=sale", "/v1/listings/sale/a", ""},
    {LISTING "/a?type=rental", "/v1/listings/rental/long-term/a", ""},
    {MARKET "?zipCode=78701", "/v1/markets?zipCode=78701&dataType=All&historyRange=12", ""},
    {MARKET "?zipCode=78701&dataType=Sale&historyRange=24&city=Austin",
     "/v1/markets?zipCode=78701&dataType=Sale&historyRange=24", ""},
};

START_TEST(the_paid_api_is_asked)
{
    ck_assert_int_eq(plan_target(sent[_i].target), STATUS_OK);
    ck_assert_bytes_text(plan.target, sent[_i].upstream);
    ck_assert_bytes_text(plan.fallback_path, sent[_i].fallback_path);
}
END_TEST

/* Groups of targets that share an entry; no two groups do. */
static const char *const same[][4] = {
    {VALUE "?address=1+Elm+St,+Austin,+TX,+78701",
     VALUE "?address=1+Elm+St&city=Austin&state=TX&zipCode=78701",
     VALUE "?zipCode=78701&city=Austin&address=1+Elm+St&state=TX",
     "/api/v1/value-estimate?address=1+Elm+St,+Austin&state=TX&zipCode=78701&compCount=15"},
    {VALUE "?address=1+Elm+St,+78701", VALUE "?address=1+Elm+St&zipCode=78701&city=&state="},
    {VALUE "?address=1+Elm+St"},
    /* what the address says already is not guessed */
    {VALUE "?address=1+Elm+St,+Austin&city=Austin", VALUE "?address=1+Elm+St,+Austin,+Austin"},
    {RENT "?address=1+Elm+St,+Austin,+TX,+78701",
     "/api/v1/rent-estimate?address=1+Elm+St&city=Austin&state=TX&zipCode=78701"},
    {LISTING "/a", LISTING "/a?type=", LISTING "/%61?unknown=1"},
    {LISTING "/a?type=sale"},
    {LISTING "/a?type=rental"},
    {SALE "?city=Austin", SALE "?city=Austin&status=Active&limit=100"},
    {RENTAL "?city=Austin"},
    {MARKET "?zipCode=78701", MARKET "?historyRange=12&dataType=All&zipCode=78701",
     "/api/v1/market-stats?zipCode=78701", MARKET "?zipCode=78701&city=Austin&state=TX"},
};

START_TEST(equal_requests_have_equal_keys_and_others_not)
{
    char keys[COUNT(same)][33];

    for (size_t group = 0; group < COUNT(same); group++) {
        char *first = plan_signature(same[group][0]);

        memcpy(keys[group], plan.cache_key_hex, sizeof keys[group]);
        for (size_t i = 1; i < COUNT(same[0]) && same[group][i] != NULL; i++) {
            char *other = plan_signature(same[group][i]);

            ck_assert_msg(strcmp(first, other) == 0, "%s and %s", same[group][0], same[group][i]);
            free(other);
        }
        free(first);
        for (size_t i = 0; i < group; i++)
            ck_assert_msg(strcmp(keys[i], keys[group]) != 0, "%s and %s", same[i][0],
                          same[group][0]);
    }
}
END_TEST

static const struct {
    const char *target, *type, *name;
} refused[] = {
    {RANDOM "?limit=501", "less_than_equal", "limit"},
    {RENT, "missing", "address"},
    {RENT "?address=a&propertyType=Land", "enum", "propertyType"},
    {RENT "?address=a&compCount=4", "greater_than_equal", "compCount"},
    {RENT "?address=a&bedrooms=1:2", "float_parsing", "bedrooms"},
    {RENT "?address=a&daysOld=0", "greater_than_equal", "daysOld"},
    {VALUE "?address=a&state=Texas", "string_too_long", "state"},
    {VALUE "?address=a&zipCode=7870", "string_pattern_mismatch", "zipCode"},
    {VALUE "?latitude=1&longitude=2&city=Austin", "value_error", "city"},
    {SALE "?status=Sold", "enum", "status"},
    {SALE "?status=active", "enum", "status"},
    {SALE "?price=2:1", "value_error", "price"},
    {SALE "?price=cheap", "value_error", "price"},
    {SALE "?daysOld=0", "value_error", "daysOld"},
    {SALE "?daysOld=1|2", "value_error", "daysOld"},
    {SALE "?limit=0", "greater_than_equal", "limit"},
    {SALE "?radius=5", "value_error", "radius"},
    {SALE "?radius=101&address=a", "less_than_equal", "radius"},
    {SALE "?propertyType=Castle", "enum", "propertyType"},
    {RENTAL "?propertyType=Land", "enum", "propertyType"},
    {RENTAL "?propertyType=Condo|Land", "enum", "propertyType"},
    {RENTAL "?offset=-1", "greater_than_equal", "offset"},
    {LISTING "/a?type=both", "enum", "type"},
    {LISTING "/a?type=Sale", "enum", "type"},
    {LISTING "/a?type=sale&type=sale", "value_error", "type"},
    {LISTING "/..", "value_error", "listing_id"},
    {MARKET, "missing", "zipCode"},
    {MARKET "?city=Austin&state=TX", "missing", "zipCode"},
    {MARKET "?zipCode=", "missing", "zipCode"},
    {MARKET "?zipCode=7870a", "string_pattern_mismatch", "zipCode"},
    {MARKET "?zipCode=78701&dataType=all", "enum", "dataType"},
    {MARKET "?zipCode=78701&historyRange=0", "greater_than_equal", "historyRange"},
    {MARKET "?zipCode=78701&historyRange=1.5", "int_parsing", "historyRange"},
};

START_TEST(one_wrong_parameter_is_one_problem)
{
    ck_assert_int_eq(plan_target(refused[_i].target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 1);
    ck_assert_str_eq(plan.problems[0].type, refused[_i].type);
    ck_assert_bytes_text(plan.problems[0].name, refused[_i].name);
}
END_TEST

START_TEST(parts_without_their_address_are_each_refused)
{
    static const char *const names[] = {"address", "city", "zipCode"};

    ck_assert_int_eq(plan_target(VALUE "?city=Austin&zipCode=78701&address="),
                     STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_bytes_text(plan.problems[i].name, names[i]);
    ck_assert_str_eq(plan.problems[1].message, "This needs: address");
}
END_TEST

START_TEST(a_joined_address_may_be_as_long_as_a_whole_one)
{
    char target[512] = VALUE "?city=Austin&address=";
    size_t fixed = strlen(target);

    memset(target + fixed, 'a', 256 - strlen(", Austin"));
    ck_assert_int_eq(plan_target(target), STATUS_OK);
    target[strlen(target)] = 'a';
    ck_assert_int_eq(plan_target(target), STATUS_INVALID_PARAMETER);
    ck_assert_str_eq(plan.problems[0].type, "string_too_long");
    ck_assert_bytes_text(plan.problems[0].name, "address");
}
END_TEST

/* The entry, its key and the call are the estimate's; what the near cache holds is apart. */
START_TEST(comparables_are_planned_as_the_estimate)
{
    char signature[512], whole[528], target[256];

    ck_assert_int_eq(plan_target(VALUE "?address=1 A St&city=Austin"), STATUS_BAD_REQUEST);
    ck_assert_int_eq(plan_target(VALUE "?address=1+A+St&city=Austin"), STATUS_OK);
    ck_assert(bytes_equal(plan.near_signature, plan.signature));
    ck_assert(bytes_copy_text(plan.signature, signature, sizeof signature));
    ck_assert(bytes_copy_text(plan.target, target, sizeof target));
    ck_assert_int_eq(plan_target("/api/v1/comparables?city=Austin&address=1+A+St"), STATUS_OK);
    ck_assert_bytes_text(plan.signature, signature);
    ck_assert_bytes_text(plan.target, target);
    snprintf(whole, sizeof whole, "%s.comparables", signature);
    ck_assert_bytes_text(plan.near_signature, whole);
    ck_assert_int_eq(plan_target("/api/v1/comparables?city=Austin"), STATUS_INVALID_PARAMETER);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan_routes");
    TCase *tcase = tcase_create("routes");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_paid_api_is_asked, 0, (int)COUNT(sent));
    tcase_add_test(tcase, equal_requests_have_equal_keys_and_others_not);
    tcase_add_loop_test(tcase, one_wrong_parameter_is_one_problem, 0, (int)COUNT(refused));
    tcase_add_test(tcase, parts_without_their_address_are_each_refused);
    tcase_add_test(tcase, comparables_are_planned_as_the_estimate);
    tcase_add_test(tcase, a_joined_address_may_be_as_long_as_a_whole_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
