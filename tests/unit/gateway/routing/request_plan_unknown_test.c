/* request_plan_unknown_test.c - parameters that a route does not name: refused, forwarded, or ignored and told. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/signature.c gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "plan_support.h"
#include "support/row.h"

static const char yaml[] =
    "routes:\n"
    "  - {name: geo, path: /geo, upstream_path: /v1/geo, unknown_parameters: forward, "
    "unknown_parameters_max: 3, unknown_parameters_bytes: 40,\n"
    "     ignore_parameters: utm_source,\n"
    "     parameters: [{name: address, type: text}, {name: near, type: text, upstream_name: "
    "bias}]}\n"
    "  - {name: strict, path: /strict, upstream_path: /v1/strict,\n"
    "     ignore_parameters: \"utm_source|utm_medium\",\n"
    "     parameters: [{name: bedrooms, type: filter}, {name: zipCode, type: text}, {name: q, "
    "type: "
    "text}]}\n"
    "  - {name: lax, path: /lax, upstream_path: /v1/lax, unknown_parameters: ignore,\n"
    "     ignore_parameters: utm_source,\n"
    "     parameters: [{name: city, type: text}]}\n";

static void
setup(void)
{
    plan_use_yaml(yaml, sizeof yaml - 1);
}

static void
expect_same(const char *one, const char *other, bool is_same)
{
    char *signature = plan_signature(one), *second = plan_signature(other);

    ck_assert_msg((strcmp(signature, second) == 0) == is_same, "%s, %s: %s", one, other, signature);
    free(signature);
    free(second);
}

START_TEST(what_is_forwarded_is_part_of_the_key_and_of_the_target)
{
    char *signature = plan_signature("/geo?region=us&address=Paris&language=de");

    ck_assert_str_eq(
        signature,
        "{\"body\": {}, \"endpoint\": \"geo\", \"method\": \"GET\", \"path_params\": {}, "
        "\"query_params\": {\"address\": \"Paris\", \"language\": \"de\", \"region\": "
        "\"us\"}}");
    free(signature);
    ck_assert_bytes_text(plan.target, "/v1/geo?address=Paris&language=de&region=us");
    ck_assert_uint_eq(plan.ignored.size, 0);
    ck_assert_int_eq(plan_target("/geo?b"), STATUS_OK);
    ck_assert_bytes_text(plan.target, "/v1/geo?b=");
    ck_assert_int_eq(plan_target("/geo?a%26b=%C3%A4+%26"), STATUS_OK);
    ck_assert_bytes_text(plan.target, "/v1/geo?a%26b=%C3%A4%20%26");
}
END_TEST

START_TEST(two_questions_have_two_entries)
{
    expect_same("/geo?address=Paris&language=de", "/geo?address=Paris&language=en", false);
    expect_same("/geo?address=Paris&language=de", "/geo?address=Paris", false);
    expect_same("/geo?language=de&address=Paris", "/geo?address=Paris&l%61nguage=d%65", true);
    expect_same("/geo?b=1&a=2", "/geo?a=2&b=1", true);
    expect_same("/geo?a=1&a=2", "/geo?a=2&a=1", false); /* their order may mean something */
    expect_same("/geo?a=1&A=1", "/geo?A=1&a=1", true);
    expect_same("/geo?a=", "/geo?a", true);
    expect_same("/geo?a=b%22%2C%20%22c%22%3A%20%22d", "/geo?a=b&c=d", false);
    expect_same("/lax?city=x&typo=1", "/lax?city=x", true);
}
END_TEST

static const struct {
    const char *target, *type, *name, *message;
} refused[] = {
    {"/strict?bedroms=3", "extra_forbidden", "bedroms",
     "Unknown parameter; did you mean bedrooms?"},
    {"/strict?zipcode=78701", "extra_forbidden", "zipcode",
     "Unknown parameter; did you mean zipCode?"},
    {"/strict?language=de", "extra_forbidden", "language", "Unknown parameter"},
    {"/strict?x=1", "extra_forbidden", "x", "Unknown parameter"},
    {"/strict?=1", "extra_forbidden", "", "Unknown parameter"},
    {"/geo?bias=x", "value_error", "bias", "This parameter has another name here"},
    {"/geo?=x", "value_error", "", "Parameter without a name"},
    {"/geo?a=1&b=2&c=3&d=4", "value_error", "d",
     "More unknown parameters than unknown_parameters_max"},
    {"/geo?a=0123456789012345678901234567890123456789", "value_error", "a",
     "Unknown parameters larger than unknown_parameters_bytes"},
};

START_TEST(what_is_refused_is_named)
{
    ck_assert_int_eq(plan_target(refused[_i].target), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(plan.problem_count, 1);
    ck_assert_str_eq(plan.problems[0].type, refused[_i].type);
    ck_assert_bytes_text(plan.problems[0].name, refused[_i].name);
    ck_assert_str_eq(plan.problems[0].message, refused[_i].message);
}
END_TEST

START_TEST(bounds_are_met_exactly)
{
    ck_assert_int_eq(plan_target("/geo?a=1&b=2&c=3&address=x"), STATUS_OK);
    ck_assert_int_eq(plan_target("/geo?a=012345678901234567890123456789012345678"), STATUS_OK);
}
END_TEST

START_TEST(what_is_ignored_is_named_once)
{
    char target[4096] = "/lax?city=x";
    size_t size = strlen(target);

    ck_assert_int_eq(plan_target("/lax?bedroms=3&city=Austin&%C3%A4=1&bedroms=4"), STATUS_OK);
    ck_assert_bytes_text(plan.ignored, "bedroms, %C3%A4");
    ck_assert_bytes_text(plan.target, "/v1/lax?city=Austin");
    ck_assert_int_eq(plan_target("/lax?city=Austin&force_refresh=false"), STATUS_OK);
    ck_assert_uint_eq(plan.ignored.size, 0);
    for (int i = 0; i < 100; i++)
        size +=
            (size_t)snprintf(target + size, sizeof target - size, "&a-rather-long-name-%d=1", i);
    ck_assert_int_eq(plan_target(target), STATUS_OK);
    ck_assert_uint_le(plan.ignored.size, 514);
}
END_TEST

START_TEST(what_means_nothing_is_neither_in_the_key_nor_sent)
{
    expect_same("/strict?q=a&utm_source=x&utm_medium=y&utm_source=z", "/strict?q=a", true);
    ck_assert_int_eq(plan_target("/strict?utm_source=x&q=a"), STATUS_OK);
    ck_assert_bytes_text(plan.target, "/v1/strict?q=a");
    ck_assert_int_eq(plan_target("/strict?utm_sourc=x"), STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(plan_target("/strict?utm_medium2=x"), STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(plan_target("/geo?a=1&b=2&c=3&utm_source=x"), STATUS_OK);
    ck_assert_bytes_text(plan.target, "/v1/geo?a=1&b=2&c=3");
    ck_assert_int_eq(plan_target("/lax?utm_source=x&typo=1"), STATUS_OK);
    ck_assert_bytes_text(plan.ignored, "typo");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan_unknown");
    TCase *cases = tcase_create("unknown parameters");

    tcase_add_checked_fixture(cases, setup, plan_drop_yaml);
    tcase_add_test(cases, what_is_forwarded_is_part_of_the_key_and_of_the_target);
    tcase_add_test(cases, two_questions_have_two_entries);
    tcase_add_loop_test(cases, what_is_refused_is_named, 0, (int)COUNT(refused));
    tcase_add_test(cases, bounds_are_met_exactly);
    tcase_add_test(cases, what_is_ignored_is_named_once);
    tcase_add_test(cases, what_means_nothing_is_neither_in_the_key_nor_sent);
    suite_add_tcase(suite, cases);
    return suite;
}
