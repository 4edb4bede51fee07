/* signature_test.c - the canonical text of a request, against the published hashes. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/signature.c gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "routing/signature.h"

#include "plan_support.h"
#include "support/row.h"

static struct parameter_config parameters[] = {
    {.name = "state", .type = PARAMETER_TEXT},
    {.name = "city", .type = PARAMETER_TEXT},
    {.name = "bathrooms", .type = PARAMETER_NUMBER, .least = 0, .most = 100},
};

static struct parameter_config of_one[] = {
    {.name = "state", .type = PARAMETER_TEXT},
    {.name = "city", .type = PARAMETER_TEXT},
    {.name = "property_id", .type = PARAMETER_TEXT, .in_path = true, .required = true},
};

static struct parameter_config of_pages[] = {
    {.name = "state", .type = PARAMETER_TEXT},
    {.name = "offset", .type = PARAMETER_INTEGER, .most = 1000, .default_text = "0"},
    {.name = "limit", .type = PARAMETER_INTEGER, .least = 1, .most = 500, .default_text = "100"},
    {.name = "city", .type = PARAMETER_TEXT},
};

#define ROUTE(route_name, route_path, list)                                                        \
    {                                                                                              \
        .name = route_name, .endpoint = "properties", .method = "GET", .path = route_path,         \
        .upstream_path = route_path, .parameters = list, .parameter_count = COUNT(list)            \
    }

static struct route_config routes[] = {
    ROUTE("properties", "/properties", parameters),
    ROUTE("property_by_id", "/properties/{property_id}", of_one),
    ROUTE("pages", "/pages", of_pages),
};

static void
setup(void)
{
    plan_use_routes(routes, COUNT(routes));
}

static void
teardown(void)
{
    plan_drop_routes();
}

#define HEAD "{\"body\": {}, \"endpoint\": \"properties\", \"method\": \"GET\", "

/* The hashes that the document and the original's source publish. */
static const struct {
    const char *target, *signature, *md5;
} vectors[] = {
    {"/properties/123?city=Austin&state=TX",
     HEAD "\"path_params\": {\"property_id\": \"123\"}, "
          "\"query_params\": {\"city\": \"Austin\", \"state\": \"TX\"}}",
     "ceba473f42f79d99adb48ccd2b0ae28c"},
    {"/pages?state=TX&city=Austin",
     HEAD
     "\"path_params\": {}, "
     "\"query_params\": {\"city\": \"Austin\", \"limit\": 100, \"offset\": 0, \"state\": \"TX\"}}",
     "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"},
    {"/pages?state=TX&city=Austin&offset=00&limit=100",
     HEAD
     "\"path_params\": {}, "
     "\"query_params\": {\"city\": \"Austin\", \"limit\": 100, \"offset\": 0, \"state\": \"TX\"}}",
     "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"},
    {"/properties?bathrooms=2.5&city=Ca%C3%B1on+City",
     HEAD "\"path_params\": {}, "
          "\"query_params\": {\"bathrooms\": 2.5, \"city\": \"Ca\\u00f1on City\"}}",
     "d49df22e83a595be015c6ac7d33581a3"},
    {"/properties?bathrooms=2.0",
     HEAD "\"path_params\": {}, \"query_params\": {\"bathrooms\": 2.0}}",
     "c8ec61baf718828d71a2d221653e6c4f"},
    {"/properties?bathrooms=2", HEAD "\"path_params\": {}, \"query_params\": {\"bathrooms\": 2.0}}",
     "c8ec61baf718828d71a2d221653e6c4f"},
};

START_TEST(the_published_vectors)
{
    row("R-029");
    ck_assert_int_eq(plan_target(vectors[_i].target), STATUS_OK);
    ck_assert_bytes_text(plan.signature, vectors[_i].signature);
    ck_assert_str_eq(plan.cache_key_hex, vectors[_i].md5);
}
END_TEST

static char buffer[1024];

static struct bytes
write_parts(struct signature_parts *parts)
{
    struct text out = text_of(buffer, sizeof buffer);

    signature_write(parts, &out);
    ck_assert(!out.is_cut);
    return text_bytes(&out);
}

static struct signature_member
member(const char *name, const char *json, bool is_text)
{
    return (struct signature_member){.name = bytes_of_text(name),
                                     .value = {.json = bytes_of_text(json), .is_text = is_text}};
}

START_TEST(members_stand_in_the_order_of_their_names)
{
    struct signature_member query[] = {member("b", "1", false), member("_", "x", true),
                                       member("B", "true", false), member("aa", "2.5", false),
                                       member("a", "y", true)};
    struct signature_member path[] = {member("z", "1", true), member("y", "2", true)};
    struct signature_parts parts = {.endpoint = "e",
                                    .method = "GET",
                                    .path = path,
                                    .query = query,
                                    .path_count = 2,
                                    .query_count = 5};

    ck_assert_bytes_text(write_parts(&parts),
                         "{\"body\": {}, \"endpoint\": \"e\", \"method\": \"GET\", "
                         "\"path_params\": {\"y\": \"2\", \"z\": \"1\"}, \"query_params\": "
                         "{\"B\": true, \"_\": \"x\", \"a\": \"y\", \"aa\": 2.5, \"b\": 1}}");
}
END_TEST

START_TEST(a_scope_is_a_member_of_its_own)
{
    struct signature_parts parts = {.endpoint = "e", .method = "GET", .scope = bytes_of_text("17")};

    ck_assert_bytes_text(write_parts(&parts),
                         "{\"body\": {}, \"endpoint\": \"e\", \"method\": \"GET\", "
                         "\"path_params\": {}, \"query_params\": {}, \"scope\": \"17\"}");
}
END_TEST

/* What json.dumps of Python writes. */
static const struct {
    const char *text, *json;
} strings[] = {
    {"", "\"\""},
    {"\"", "\"\\\"\""},
    {"\\", "\"\\\\\""},
    {"/", "\"/\""},
    {"\x7e", "\"~\""},
    {"\xC2\x80", "\"\\u0080\""},
    {"\xC3\xB1", "\"\\u00f1\""},
    {"\xE2\x82\xAC", "\"\\u20ac\""},
    {"\xEF\xBF\xBF", "\"\\uffff\""},
    {"\xF0\x90\x80\x80", "\"\\ud800\\udc00\""},
    {"\xF0\x9F\x8F\xA0", "\"\\ud83c\\udfe0\""},
    {"\xF4\x8F\xBF\xBF", "\"\\udbff\\udfff\""},
    {"\\u00f1", "\"\\\\u00f1\""},
    {"\", \"x\": \"y", "\"\\\", \\\"x\\\": \\\"y\""},
};

START_TEST(texts_are_escaped_as_python_does)
{
    struct signature_member query[] = {member("q", strings[_i].text, true)};
    struct signature_parts parts = {
        .endpoint = "e", .method = "GET", .query = query, .query_count = 1};
    char expected[256];

    snprintf(expected, sizeof expected,
             "{\"body\": {}, \"endpoint\": \"e\", \"method\": \"GET\", \"path_params\": {}, "
             "\"query_params\": {\"q\": %s}}",
             strings[_i].json);
    ck_assert_bytes_text(write_parts(&parts), expected);
}
END_TEST

/* Pairs whose parts could run into each other. */
START_TEST(parts_do_not_run_into_each_other)
{
    struct signature_member one[] = {member("a", "x\", \"b\": \"y", true)};
    struct signature_member two[] = {member("a", "x", true), member("b", "y", true)};
    struct signature_member text[] = {member("a", "1", true)};
    struct signature_member number[] = {member("a", "1", false)};
    struct signature_parts forms[] = {
        {.endpoint = "e", .method = "GET", .query = one, .query_count = 1},
        {.endpoint = "e", .method = "GET", .query = two, .query_count = 2},
        {.endpoint = "e", .method = "GET", .path = two, .path_count = 2},
        {.endpoint = "e", .method = "GET", .query = text, .query_count = 1},
        {.endpoint = "e", .method = "GET", .query = number, .query_count = 1},
        {.endpoint = "e", .method = "GET", .path = text, .path_count = 1},
        {.endpoint = "e", .method = "GET"},
        {.endpoint = "e", .method = "PUT"},
        {.endpoint = "E", .method = "GET"},
        {.endpoint = "e", .method = "GET", .scope = bytes_of_text("1")},
        {.endpoint = "e", .method = "GET", .scope = bytes_of_text("11")},
    };
    char written[COUNT(forms)][512];

    for (size_t i = 0; i < COUNT(forms); i++) {
        ck_assert(bytes_copy_text(write_parts(&forms[i]), written[i], sizeof written[i]));
        for (size_t other = 0; other < i; other++)
            ck_assert_str_ne(written[other], written[i]);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("signature");
    TCase *tcase = tcase_create("signature");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_published_vectors, 0, (int)COUNT(vectors));
    tcase_add_test(tcase, members_stand_in_the_order_of_their_names);
    tcase_add_test(tcase, a_scope_is_a_member_of_its_own);
    tcase_add_loop_test(tcase, texts_are_escaped_as_python_does, 0, (int)COUNT(strings));
    tcase_add_test(tcase, parts_do_not_run_into_each_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
