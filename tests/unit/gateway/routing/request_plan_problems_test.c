/* request_plan_problems_test.c - what is wrong with a request, in the words of the original's 422; and what fits. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c gateway/routing/signature.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "plan_support.h"

#define PROPERTIES "/api/v1/properties"
#define VALUE      "/api/v1/estimates/value"

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

static void
check_problem(const struct plan_problem *problem, const char *type, const char *name,
              const char *input)
{
    ck_assert_str_eq(problem->type, type);
    ck_assert_bytes_text(problem->name, name);
    ck_assert_bytes_text(problem->input, input);
    ck_assert_str_ne(problem->message, "");
}

#define INT_TEXT   "Input should be a valid integer, unable to parse string as an integer"
#define FLOAT_TEXT "Input should be a valid number, unable to parse string as a number"
#define BOOL_TEXT  "Input should be a valid boolean, unable to interpret input"

/* message "": any. Types and messages are those of the original's framework. */
static const struct {
    const char *target, *type, *name, *input, *message;
} refused[] = {
    {PROPERTIES "?limit=0", "greater_than_equal", "limit", "0",
     "Input should be greater than or equal to 1"},
    {PROPERTIES "?limit=501", "less_than_equal", "limit", "501",
     "Input should be less than or equal to 500"},
    {PROPERTIES "?limit=-1", "greater_than_equal", "limit", "-1", ""},
    {PROPERTIES "?limit=ten", "int_parsing", "limit", "ten", INT_TEXT},
    {PROPERTIES "?limit=1.0", "int_parsing", "limit", "1.0", ""},
    {PROPERTIES "?limit=1e2", "int_parsing", "limit", "1e2", ""},
    {PROPERTIES "?limit=0x10", "int_parsing", "limit", "0x10", ""},
    {PROPERTIES "?limit=+5", "int_parsing", "limit", " 5", ""},
    {PROPERTIES "?limit=99999999999999999999", "int_parsing", "limit", "99999999999999999999", ""},
    {PROPERTIES "?offset=-1", "greater_than_equal", "offset", "-1",
     "Input should be greater than or equal to 0"},
    {PROPERTIES "?offset=1000000001", "less_than_equal", "offset", "1000000001",
     "Input should be less than or equal to 1000000000"},
    {PROPERTIES "?includeTotalCount=yes", "bool_parsing", "includeTotalCount", "yes", BOOL_TEXT},
    {PROPERTIES "?includeTotalCount=2", "bool_parsing", "includeTotalCount", "2", ""},
    {PROPERTIES "?state=TXX", "string_too_long", "state", "TXX",
     "String should have at most 2 characters"},
    {PROPERTIES "?zipCode=7870", "string_pattern_mismatch", "zipCode", "7870",
     "String should match pattern '^[0-9]{5}$'"},
    {PROPERTIES "?zipCode=787011", "string_pattern_mismatch", "zipCode", "787011", ""},
    {PROPERTIES "?zipCode=7870a", "string_pattern_mismatch", "zipCode", "7870a", ""},
    {PROPERTIES "?zipCode=%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5", "string_pattern_mismatch", "zipCode",
     "\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4\xD9\xA5", ""},
    {PROPERTIES "?address=x&radius=0", "greater_than_equal", "radius", "0",
     "Input should be greater than or equal to 1e-06"},
    {PROPERTIES "?address=x&radius=100.1", "less_than_equal", "radius", "100.1",
     "Input should be less than or equal to 100"},
    {PROPERTIES "?address=x&radius=near", "float_parsing", "radius", "near", FLOAT_TEXT},
    {PROPERTIES "?longitude=1&latitude=90.1", "less_than_equal", "latitude", "90.1", ""},
    {PROPERTIES "?longitude=1&latitude=nan", "float_parsing", "latitude", "nan", ""},
    {PROPERTIES "?longitude=1&latitude=inf", "float_parsing", "latitude", "inf", ""},
    {PROPERTIES "?latitude=1&longitude=-180.5", "greater_than_equal", "longitude", "-180.5",
     "Input should be greater than or equal to -180"},
    {PROPERTIES "?latitude=1&longitude=1e2", "float_parsing", "longitude", "1e2", ""},
    {PROPERTIES "?radius=5", "value_error", "radius", "",
     "This needs one of: address, latitude+longitude"},
    {PROPERTIES "?address=x&radius=5&latitude=1", "value_error", "latitude", "",
     "This needs: longitude"},
    {PROPERTIES "?address=x&radius=5&longitude=1", "value_error", "longitude", "",
     "This needs: latitude"},
    {PROPERTIES "?radius=5&address=", "value_error", "radius", "", ""},
    {PROPERTIES "?propertyType=House", "enum", "propertyType", "House", ""},
    {PROPERTIES "?propertyType=condo", "enum", "propertyType", "condo", ""}, /* case counts */
    {PROPERTIES "?propertyType=Condo|", "enum", "propertyType", "Condo|", ""},
    {PROPERTIES "?propertyType=Condo:Land", "enum", "propertyType", "Condo:Land", ""},
    {PROPERTIES "?bedrooms=3:1", "value_error", "bedrooms", "3:1", ""},
    {PROPERTIES "?bedrooms=1:2|4", "value_error", "bedrooms", "1:2|4", ""},
    {PROPERTIES "?bedrooms=many", "value_error", "bedrooms", "many", ""},
    {PROPERTIES "?yearBuilt=*", "value_error", "yearBuilt", "*", ""},
    {PROPERTIES "?lotSize=-1:5", "value_error", "lotSize", "-1:5", ""},
    {PROPERTIES "?saleDateRange=0", "value_error", "saleDateRange", "0", ""},
    {PROPERTIES "?saleDateRange=10|20", "value_error", "saleDateRange", "10|20", ""},
    {PROPERTIES "?saleDateRange=1.5", "value_error", "saleDateRange", "1.5", ""},
    {PROPERTIES "?city=a&city=a", "value_error", "city", "a", "Input should be given once"},
    {PROPERTIES "?city=&city=b", "value_error", "city", "b", ""},
    {PROPERTIES "?city=a&%63ity=", "value_error", "city", "", ""},
    {PROPERTIES "?force_refresh=maybe", "bool_parsing", "force_refresh", "maybe", BOOL_TEXT},
    {PROPERTIES "?force_refresh=true&force_refresh=", "value_error", "force_refresh", "", ""},
    {PROPERTIES "?ttl_override=0", "greater_than_equal", "ttl_override", "0",
     "Input should be greater than or equal to 1"},
    {PROPERTIES "?ttl_override=-5", "greater_than_equal", "ttl_override", "-5", ""},
    {PROPERTIES "?ttl_override=172801", "less_than_equal", "ttl_override", "172801",
     "Input should be less than or equal to 172800"},
    {PROPERTIES "?ttl_override=1h", "int_parsing", "ttl_override", "1h", INT_TEXT},
    {PROPERTIES "?ttl_override=5&ttl_override=6", "value_error", "ttl_override", "6", ""},
    {VALUE, "missing", "address", "", "One of these is required: address, latitude+longitude"},
    {VALUE "?latitude=1&bedrooms=2", "missing", "address", "", ""},
    {VALUE "?address=&longitude=1", "missing", "address", "", ""},
    {VALUE "?address=x&bedrooms=1:3", "float_parsing", "bedrooms", "1:3", FLOAT_TEXT},
    {VALUE "?address=x&propertyType=Condo|Land", "enum", "propertyType", "Condo|Land", ""},
    {VALUE "?address=x&compCount=4", "greater_than_equal", "compCount", "4", ""},
    {VALUE "?address=x&compCount=26", "less_than_equal", "compCount", "26", ""},
    {VALUE "?address=x&daysOld=0", "greater_than_equal", "daysOld", "0", ""},
};

START_TEST(one_wrong_parameter_is_one_problem)
{
    ck_assert_int_eq(plan_target(refused[_i].target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 1);
    check_problem(&plan.problems[0], refused[_i].type, refused[_i].name, refused[_i].input);
    ck_assert(!plan.problems[0].in_path);
    if (refused[_i].message[0] != '\0')
        ck_assert_str_eq(plan.problems[0].message, refused[_i].message);
}
END_TEST

static const char *const accepted[] = {
    PROPERTIES "?limit=1",
    PROPERTIES "?limit=500",
    PROPERTIES "?offset=0&limit=7",
    PROPERTIES "?offset=1000000000",
    PROPERTIES "?address=x&radius=100",
    PROPERTIES "?address=x&radius=0.000001",
    PROPERTIES "?latitude=90&longitude=-180&radius=1",
    PROPERTIES "?longitude=1&latitude=5",
    PROPERTIES "?bedrooms=0",
    PROPERTIES "?bedrooms=1:1&bathrooms=*:*",
    PROPERTIES "?saleDateRange=1",
    PROPERTIES "?saleDateRange=*:*",
    PROPERTIES
    "?propertyType=Single%20Family|Multi-Family|Apartment|Land|Condo|Townhouse|Manufactured",
    PROPERTIES "?ttl_override=1",
    PROPERTIES "?ttl_override=172800",
    VALUE "?address=x&compCount=5",
    VALUE "?address=x&compCount=25",
    VALUE "?latitude=1&longitude=2",
    VALUE "?address=x&latitude=1",
};

START_TEST(what_lies_within_the_bounds_is_accepted)
{
    ck_assert_int_eq(plan_target(accepted[_i]), STATUS_OK);
    ck_assert_uint_eq(plan.problem_count, 0);
}
END_TEST

START_TEST(problems_come_in_the_order_of_the_request)
{
    ck_assert_int_eq(plan_target(VALUE "?compCount=1&nothing=1&bathrooms=x&compCount=2"),
                     STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 4);
    check_problem(&plan.problems[0], "greater_than_equal", "compCount", "1");
    check_problem(&plan.problems[1], "float_parsing", "bathrooms", "x");
    check_problem(&plan.problems[2], "value_error", "compCount", "2");
    check_problem(&plan.problems[3], "missing", "address", "");
    ck_assert_int_eq(plan_target(VALUE "?address=x"), STATUS_OK);
    ck_assert_uint_eq(plan.problem_count, 0);
}
END_TEST

START_TEST(an_invalid_value_is_not_also_missing)
{
    char target[512] = VALUE "?address=";

    memset(target + strlen(VALUE "?address="), 'a', 257);
    ck_assert_int_eq(plan_target(target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 1);
    ck_assert_str_eq(plan.problems[0].type, "string_too_long");
}
END_TEST

START_TEST(only_the_first_problems_are_told)
{
    char target[1024] = PROPERTIES "?limit=x";

    for (int i = 0; i < 40; i++)
        memcpy(target + strlen(target), "&limit=y", sizeof "&limit=y");
    ck_assert_int_eq(plan_target(target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, PLAN_PROBLEMS_MAX);
    check_problem(&plan.problems[0], "int_parsing", "limit", "x");
    check_problem(&plan.problems[PLAN_PROBLEMS_MAX - 1], "value_error", "limit", "y");
}
END_TEST

START_TEST(a_long_input_is_shown_cut_between_characters)
{
    char target[2048] = PROPERTIES "?city=a";

    for (int i = 0; i < 200; i++)
        memcpy(target + strlen(target), "%C3%A9", sizeof "%C3%A9");
    ck_assert_int_eq(plan_target(target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 1);
    ck_assert_uint_eq(plan.problems[0].input.size, 255); /* a, then 127 of two bytes */
    ck_assert_uint_eq(plan.problems[0].input.data[254], 0xA9);
}
END_TEST

static const char *const dots[] = {
    "/.",      "/..",    "/%2e",    "/%2E%2e",
    "/.%2e",   "/a%2Fb", "/..%2Fa", "/%2e%2e%2fmarkets%3FzipCode%3D78701",
    "/a%2F..", "/%2F"};

START_TEST(a_dot_segment_never_reaches_the_paid_api)
{
    char target[64];

    snprintf(target, sizeof target, PROPERTIES "%s", dots[_i]);
    ck_assert_int_eq(plan_target(target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 1);
    ck_assert_str_eq(plan.problems[0].type, "value_error");
    ck_assert_bytes_text(plan.problems[0].name, "property_id");
    ck_assert(plan.problems[0].in_path);
}
END_TEST

START_TEST(what_cannot_be_decoded_is_named)
{
    ck_assert_int_eq(plan_target(PROPERTIES "?city=a%0Ab"), STATUS_BAD_REQUEST);
    ck_assert_str_eq(plan.why, "\"city\" must be percent-encoded UTF-8 without control characters");
    ck_assert_int_eq(plan_target(PROPERTIES "?ci%0Aty=a"), STATUS_BAD_REQUEST);
    ck_assert_str_eq(plan.why,
                     "a parameter's name must be percent-encoded UTF-8 without control characters");
    ck_assert_int_eq(plan_target(PROPERTIES "/a%0A"), STATUS_BAD_REQUEST);
    ck_assert_str_eq(plan.why,
                     "\"property_id\" must be percent-encoded UTF-8 without control characters");
    ck_assert_int_eq(plan_target(PROPERTIES "?city=a"), STATUS_OK);
    ck_assert_str_eq(plan.why, "");
}
END_TEST

START_TEST(a_path_value_is_bounded_too)
{
    char target[512] = PROPERTIES "/";
    size_t start = strlen(target);

    memset(target + start, 'a', 256);
    ck_assert_int_eq(plan_target(target), STATUS_OK);
    target[start + 256] = 'a';
    ck_assert_int_eq(plan_target(target), STATUS_INVALID_PARAMETER);
    ck_assert_str_eq(plan.problems[0].type, "string_too_long");
    ck_assert(plan.problems[0].in_path);
}
END_TEST

/* Whatever stands where the buffer ends, an escape, a character or a number, the answer is the same. */
START_TEST(more_than_the_buffer_holds_is_too_long)
{
    static const char *const pieces[] = {"a", "%C3%A9", "%41", "&city=b", "&limit=5"};
    size_t size = 6 * (PLAN_BUFFER_SIZE + 64);
    char *target = malloc(size + 64);

    ck_assert_ptr_nonnull(target);
    for (size_t piece = 0; piece < COUNT(pieces); piece++) {
        size_t length = strlen(pieces[piece]);
        size_t at = (size_t)snprintf(target, 64, PROPERTIES "?state=TX&unknown=");

        for (; at + length < size; at += length)
            memcpy(target + at, pieces[piece], length);
        target[at] = '\0';
        ck_assert_msg(plan_target(target) == STATUS_TARGET_TOO_LONG, "%s", pieces[piece]);
    }
    free(target);
}
END_TEST

/* 32 parameters of the greatest length, all of quotes: signature and target together do not fit. */
START_TEST(a_signature_that_does_not_fit_is_too_long)
{
    static struct parameter_config parameters[ROUTE_PARAMETERS_MAX];
    static struct route_config route = {
        .name = "long",
        .endpoint = "long",
        .method = "GET",
        .path = "/long",
        .upstream_path = "/l",
        .parameters = parameters,
        .parameter_count = ROUTE_PARAMETERS_MAX,
    };
    char target[ROUTE_PARAMETERS_MAX * 260 + 64] = "/long?";
    size_t at = strlen(target);
    size_t half = 0;

    plan_drop_yaml();
    for (int i = 0; i < ROUTE_PARAMETERS_MAX; i++) {
        parameters[i] = (struct parameter_config){.type = PARAMETER_TEXT, .max_length = 1024};
        snprintf(parameters[i].name, sizeof parameters[i].name, "p%d", i);
        at += (size_t)snprintf(target + at, sizeof target - at, "p%d=", i);
        memset(target + at, '"', 250);
        target[at + 250] = '&';
        at += 251;
        half = i < ROUTE_PARAMETERS_MAX / 2 ? at : half;
    }
    plan_use_routes(&route, 1);
    ck_assert_int_eq(plan_bytes(bytes_of(target, at), ""), STATUS_TARGET_TOO_LONG);
    ck_assert_int_eq(plan_bytes(bytes_of(target, half), ""), STATUS_OK);
    plan_drop_routes();
    plan_use_built_in();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan_problems");
    TCase *tcase = tcase_create("request_plan_problems");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, one_wrong_parameter_is_one_problem, 0, (int)COUNT(refused));
    tcase_add_loop_test(tcase, what_lies_within_the_bounds_is_accepted, 0, (int)COUNT(accepted));
    tcase_add_test(tcase, problems_come_in_the_order_of_the_request);
    tcase_add_test(tcase, an_invalid_value_is_not_also_missing);
    tcase_add_test(tcase, only_the_first_problems_are_told);
    tcase_add_test(tcase, a_long_input_is_shown_cut_between_characters);
    tcase_add_loop_test(tcase, a_dot_segment_never_reaches_the_paid_api, 0, (int)COUNT(dots));
    tcase_add_test(tcase, what_cannot_be_decoded_is_named);
    tcase_add_test(tcase, a_path_value_is_bounded_too);
    tcase_add_test(tcase, more_than_the_buffer_holds_is_too_long);
    tcase_add_test(tcase, a_signature_that_does_not_fit_is_too_long);
    suite_add_tcase(suite, tcase);
    return suite;
}
