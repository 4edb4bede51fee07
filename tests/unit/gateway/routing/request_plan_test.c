/* request_plan_test.c - what the cache key and the paid API see of a request. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c gateway/routing/signature.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "plan_support.h"
#include "support/row.h"

#define PROPERTIES "/api/v1/properties"
#define VALUE      "/api/v1/estimates/value"
#define HEAD       "{\"body\": {}, \"endpoint\": \"properties\", \"method\": \"GET\", "

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

/* Signatures and hashes as Python's json.dumps(..., sort_keys=True) and hashlib.md5 give them. */
static const struct {
    const char *target;
    const char *signature;
    const char *md5;
} keys[] = {
    {PROPERTIES "?city=Austin&state=TX",
     HEAD
     "\"path_params\": {}, \"query_params\": {\"city\": \"Austin\", \"includeTotalCount\": false, "
     "\"limit\": 100, \"offset\": 0, \"state\": \"TX\"}}",
     "1854141be199767a0910dce32cd283ba"},
    {PROPERTIES "?zipCode=78701&propertyType=Single+Family%7CCondo&offset=1000&limit=500&radius=.50"
                "&latitude=30.2672&longitude=-97.7431&bedrooms=1%3A3&bathrooms=*:2.50"
                "&saleDateRange=270&includeTotalCount=TRUE",
     HEAD
     "\"path_params\": {}, \"query_params\": {\"bathrooms\": \"*:2.5\", \"bedrooms\": \"1:3\", "
     "\"includeTotalCount\": true, \"latitude\": 30.2672, \"limit\": 500, \"longitude\": -97.7431, "
     "\"offset\": 1000, \"propertyType\": \"Condo|Single Family\", \"radius\": 0.5, "
     "\"saleDateRange\": \"*:270\", \"zipCode\": \"78701\"}}",
     "c489fa4590b9e099356b4f965a44dfd8"},
    {PROPERTIES "/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244",
     HEAD "\"path_params\": {\"property_id\": \"5500-Grand-Lake-Dr,-San-Antonio,-TX-78244\"}, "
          "\"query_params\": {}}",
     "839152c57215fa32a5539eb394ca6845"},
    {PROPERTIES "/a%3Bb%20%22c%22%20%5c%20%E2%82%AC%20%f0%9f%8f%a0",
     HEAD "\"path_params\": {\"property_id\": \"a;b \\\"c\\\" \\\\ \\u20ac \\ud83c\\udfe0\"}, "
          "\"query_params\": {}}",
     "5251cc838b6d4a4f0a99c2bf48f41843"},
    {VALUE "?address=5500+Grand+Lake+Dr,+San+Antonio,+TX,+78244&bedrooms=3&bathrooms=2.5"
           "&maxRadius=0.000001",
     "{\"body\": {}, \"endpoint\": \"value_estimate\", \"method\": \"GET\", \"path_params\": {}, "
     "\"query_params\": {\"address\": \"5500 Grand Lake Dr, San Antonio, TX, 78244\", "
     "\"bathrooms\": 2.5, \"bedrooms\": 3.0, \"compCount\": 15, \"lookupSubjectAttributes\": true, "
     "\"maxRadius\": 1e-06}}",
     "3e4cdcfcbd900aa2de8bcd6c0b0f606a"},
};

START_TEST(keys_of_the_built_in_routes)
{
    row("R-029");
    ck_assert_int_eq(plan_target(keys[_i].target), STATUS_OK);
    ck_assert_bytes_text(plan.signature, keys[_i].signature);
    ck_assert_str_eq(plan.cache_key_hex, keys[_i].md5);
    for (size_t i = 0; i < sizeof plan.cache_key; i++) {
        char digits[3];

        snprintf(digits, sizeof digits, "%02x", plan.cache_key[i]);
        ck_assert_mem_eq(digits, keys[_i].md5 + 2 * i, 2);
    }
}
END_TEST

/* Groups of targets that mean the same; the groups mean different things. */
static const char *const same[][8] = {
    {"?city=Austin&state=TX", "?state=TX&city=Austin", "?%63ity=Aus%74in&state=%54%58",
     "?city=Austin&state=TX&limit=100&offset=0&includeTotalCount=false", "?city=Austin&&state=TX&",
     "?city=Austin&state=TX&unknown=1&Limit=5",
     "?city=Austin&state=TX&address=&bedrooms=*:*&limit=",
     "?force_refresh=true&ttl_override=60&city=Austin&state=TX"},
    {"?city=Austin",
     "?city=Austin&state=", "?city=Austin&limit=0100&offset=%2B0&includeTotalCount=0"},
    {"?city=austin"},
    {"?city=Austin+", "?city=Austin%20"},
    {"?city=Austin%2B", "?city=%41ustin%2b"},
    {"?city=Austin&limit=50"},
    {"?city=Austin&offset=100"},
    {"?city=Austin&includeTotalCount=1", "?city=Austin&includeTotalCount=True"},
    {"?address=Austin"},
    {"?bathrooms=2|2.5", "?bathrooms=2.5|2", "?bathrooms=2.50%7C02|2", "?%62athrooms=2.0|2.5"},
    {"?bathrooms=2:2.5", "?bathrooms=2%3A2.5"},
    {"?bedrooms=2"},
    {"?bedrooms=*:2", "?bedrooms=%2A:2"},
    {"?bedrooms=2:*"},
    {"?propertyType=Condo|Land", "?propertyType=Land%7cCondo", "?propertyType=Land|Condo|Land"},
    {"?propertyType=Condo"},
    {"?saleDateRange=270", "?saleDateRange=*:270", "?saleDateRange=*:0270"},
    {"?saleDateRange=270:270"},
    {"?latitude=0&longitude=0", "?latitude=-0&longitude=-0.0", "?latitude=0.000&longitude=.0"},
    {"?latitude=30.1&longitude=0"},
    {"?latitude=30.10000000000001&longitude=0"},
    {"?latitude=0&longitude=30.1"},
    {"?city=%C3%A9", "?city=%c3%a9"},
    {"?city=e%CC%81"}, /* the same to the eye, not the same text */
    {"?city=true"},
    {"?city=100"},
    {"?city=%22"},
    {"?city=%5Cu0022"},
    {"?city=%22,+%22state%22:+%22TX"},
};

static char *
signature_of(const char *query)
{
    char target[256];

    snprintf(target, sizeof target, "%s%s", PROPERTIES, query);
    return plan_signature(target);
}

START_TEST(equal_requests_have_equal_keys)
{
    row("R-031");
    for (size_t group = 0; group < COUNT(same); group++) {
        char *first = signature_of(same[group][0]);

        for (size_t i = 1; i < COUNT(same[0]) && same[group][i] != NULL; i++) {
            char *other = signature_of(same[group][i]);

            ck_assert_msg(strcmp(first, other) == 0, "%s and %s", same[group][0], same[group][i]);
            free(other);
        }
        free(first);
    }
}
END_TEST

START_TEST(any_difference_is_another_key)
{
    uint8_t seen[COUNT(same)][16];

    row("R-032");
    for (size_t group = 0; group < COUNT(same); group++) {
        free(signature_of(same[group][0]));
        memcpy(seen[group], plan.cache_key, sizeof seen[group]);
        for (size_t i = 0; i < group; i++)
            ck_assert_msg(memcmp(seen[i], seen[group], sizeof seen[i]) != 0, "%s and %s",
                          same[i][0], same[group][0]);
    }
}
END_TEST

START_TEST(the_same_request_twice_gives_the_same_bytes)
{
    struct request_plan first;

    row("R-030");
    for (size_t i = 0; i < COUNT(keys); i++) {
        ck_assert_int_eq(plan_target(keys[i].target), STATUS_OK);
        first = plan;
        memset(&plan, 0xa5, sizeof plan);
        ck_assert_int_eq(plan_target(keys[i].target), STATUS_OK);
        ck_assert_mem_eq(first.cache_key, plan.cache_key, sizeof plan.cache_key);
        ck_assert_uint_eq(first.signature.size, plan.signature.size);
        ck_assert_uint_eq(first.target.size, plan.target.size);
        ck_assert_uint_eq(first.buffer_used, plan.buffer_used);
        ck_assert_mem_eq(first.buffer, plan.buffer, plan.buffer_used);
    }
}
END_TEST

START_TEST(a_scope_keeps_keys_apart)
{
    uint8_t shared[16];

    ck_assert_int_eq(plan_target(PROPERTIES), STATUS_OK);
    memcpy(shared, plan.cache_key, sizeof shared);
    ck_assert_int_eq(
        plan_bytes(bytes_of_text(VALUE "?latitude=0&longitude=-.5&squareFootage=1e8"), "17"),
        STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(
        plan_bytes(bytes_of_text(VALUE "?latitude=0&longitude=-.5&squareFootage=100000000"
                                       "&compCount=25&lookupSubjectAttributes=0"),
                   "17"),
        STATUS_OK);
    ck_assert_str_eq(plan.cache_key_hex, "8c01eb70bf7f2b4863138ef7204cb896");
    ck_assert_int_eq(plan_bytes(bytes_of_text(PROPERTIES), "1"), STATUS_OK);
    ck_assert_mem_ne(plan.cache_key, shared, sizeof shared);
    memcpy(shared, plan.cache_key, sizeof shared);
    ck_assert_int_eq(plan_bytes(bytes_of_text(PROPERTIES), "2"), STATUS_OK);
    ck_assert_mem_ne(plan.cache_key, shared, sizeof shared);
}
END_TEST

static const struct {
    const char *target;
    const char *upstream;
} sent[] = {
    {PROPERTIES "?state=TX&city=San+Antonio",
     "/v1/properties?city=San%20Antonio&state=TX&limit=100&offset=0&includeTotalCount=false"},
    {PROPERTIES "?bathrooms=2.5|2&bedrooms=1:3&propertyType=Land|Condo&offset=7&limit=1",
     "/v1/properties?propertyType=Condo%7CLand&bedrooms=1%3A3&bathrooms=2%7C2.5&limit=1&offset=7"
     "&includeTotalCount=false"},
    {PROPERTIES "?yearBuilt=2000:*&force_refresh=true&ttl_override=60&unknown=x",
     "/v1/properties?yearBuilt=2000%3A%2A&limit=100&offset=0&includeTotalCount=false"},
    {PROPERTIES "/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244",
     "/v1/properties/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244"},
    {PROPERTIES "/149-Weaver-Blvd%2c---264,-Weaverville,-NC-28787",
     "/v1/properties/149-Weaver-Blvd,---264,-Weaverville,-NC-28787"},
    {PROPERTIES "/a%3Bb%3fc%23d+e%25?limit=5", "/v1/properties/a%3Bb%3Fc%23d%2Be%25"},
    {PROPERTIES "/...", "/v1/properties/..."},
    {PROPERTIES "?city=%C3%A9%26state=TX",
     "/v1/properties?city=%C3%A9%26state%3DTX&limit=100&offset=0&includeTotalCount=false"},
    /* No exponent: the paid API reads plain numbers. */
    {VALUE "?latitude=-0.00001&longitude=100&maxRadius=0.000001",
     "/v1/avm/value?latitude=-0.00001&longitude=100&maxRadius=0.000001&compCount=15"
     "&lookupSubjectAttributes=true"},
    {VALUE "?address=x&squareFootage=100000000.0",
     "/v1/avm/value?address=x&squareFootage=100000000&compCount=15&lookupSubjectAttributes=true"},
};

START_TEST(the_paid_api_gets_what_the_key_says)
{
    ck_assert_int_eq(plan_target(sent[_i].target), STATUS_OK);
    ck_assert_bytes_text(plan.target, sent[_i].upstream);
}
END_TEST

START_TEST(control_parameters_steer_the_cache_only)
{
    ck_assert_int_eq(plan_target(PROPERTIES), STATUS_OK);
    ck_assert(!plan.force_refresh);
    ck_assert_int_eq(plan.ttl_override_s, 0);
    ck_assert_int_eq(plan_target(PROPERTIES "?force_refresh=1&ttl_override=172800"), STATUS_OK);
    ck_assert(plan.force_refresh);
    ck_assert_int_eq(plan.ttl_override_s, 172800);
    ck_assert_int_eq(plan_target(PROPERTIES "?force_refresh=False&ttl_override=1"), STATUS_OK);
    ck_assert(!plan.force_refresh);
    ck_assert_int_eq(plan.ttl_override_s, 1);
    ck_assert_int_eq(plan_target(PROPERTIES "?force_refresh=&ttl_override="), STATUS_OK);
    ck_assert(!plan.force_refresh);
    ck_assert_int_eq(plan.ttl_override_s, 0);
}
END_TEST

static const char *const broken[] = {
    PROPERTIES "?city=%00",
    PROPERTIES "?city=a%00b",
    PROPERTIES "?%00=a",
    PROPERTIES "?city=%zz",
    PROPERTIES "?city=%1",
    PROPERTIES "?city=%",
    PROPERTIES "?city=%4g",
    PROPERTIES "?city=%u0041",
    PROPERTIES "?city=%0d%0aX:+1",
    PROPERTIES "?city=%7F",
    PROPERTIES "?city=%1f",
    PROPERTIES "?city=%FF",
    PROPERTIES "?city=%C3",
    PROPERTIES "?city=%C3%28",
    PROPERTIES "?city=%A9",
    PROPERTIES "?city=%C0%AF",
    PROPERTIES "?city=%C1%81",
    PROPERTIES "?city=%E0%80%AF",
    PROPERTIES "?city=%F0%80%80%AF",
    PROPERTIES "?city=%ED%A0%80",
    PROPERTIES "?city=%F4%90%80%80",
    PROPERTIES "?city=%F8%88%80%80%80",
    PROPERTIES "?city=\xC3\xA9",
    PROPERTIES "?city=\x01",
    PROPERTIES "?unknown=%zz",
    PROPERTIES "?%zz",
    PROPERTIES "/%00",
    PROPERTIES "/a%2",
    PROPERTIES "/%c0%ae",
    PROPERTIES "/\xE2\x82\xAC",
};

START_TEST(a_broken_encoding_is_a_bad_request)
{
    ck_assert_int_eq(plan_target(broken[_i]), STATUS_BAD_REQUEST);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan");
    TCase *tcase = tcase_create("request_plan");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, keys_of_the_built_in_routes, 0, (int)COUNT(keys));
    tcase_add_test(tcase, equal_requests_have_equal_keys);
    tcase_add_test(tcase, any_difference_is_another_key);
    tcase_add_test(tcase, the_same_request_twice_gives_the_same_bytes);
    tcase_add_test(tcase, a_scope_keeps_keys_apart);
    tcase_add_loop_test(tcase, the_paid_api_gets_what_the_key_says, 0, (int)COUNT(sent));
    tcase_add_test(tcase, control_parameters_steer_the_cache_only);
    tcase_add_loop_test(tcase, a_broken_encoding_is_a_bad_request, 0, (int)COUNT(broken));
    suite_add_tcase(suite, tcase);
    return suite;
}
