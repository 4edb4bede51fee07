/* key_request_test.c - bodies of POST and PUT /admin/api-keys: what they ask, or the first thing that is wrong. */
/* links: @gateway @core */
#include "key_request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct config *config;

static void
setup(void)
{
    config = config_parse("built-in", "", 0, NULL, stderr);
    ck_assert_ptr_nonnull(config);
}

static void
teardown(void)
{
    config_destroy(&config);
}

typedef bool read_function(const struct config *config, const json_t *body,
                           struct key_request *request, struct key_request_problem *problem);

static bool
read_text(read_function *read, const char *text, struct key_request *request,
          struct key_request_problem *problem)
{
    json_t *body = json_loads(text, 0, NULL);
    bool is_read;

    ck_assert_msg(json_is_object(body), "%s", text);
    is_read = read(config, body, request, problem);
    json_decref(body);
    return is_read;
}

START_TEST(a_creation_has_defaults)
{
    struct key_request request;
    struct key_request_problem problem;

    ck_assert(read_text(key_request_of_creation,
                        "{\"key_name\": \"shop\", \"daily_limit\": null, \"expires_at\": null}",
                        &request, &problem));
    ck_assert_str_eq(request.name, "shop");
    ck_assert_int_eq(request.daily_limit, 1000);
    ck_assert_int_eq(request.monthly_limit, 30000);
    ck_assert_int_eq(request.expires_wall_ms, 0);
    ck_assert(request.is_active);
    ck_assert_str_eq(request.own_hash, "");
    ck_assert_str_eq(request.limits, "");
}
END_TEST

/* The sample of the original. */
START_TEST(a_customers_key_leaves_as_its_hash)
{
    json_t *body =
        json_loads("{\"key_name\": \"shop\", \"rentcast_api_key\": \"my_rentcast_key\"}", 0, NULL);
    struct key_request request;
    struct key_request_problem problem;
    char *text;

    ck_assert(key_request_of_creation(config, body, &request, &problem));
    ck_assert_str_eq(request.own_hash,
                     "86e4c7f4c7503f60b512c0017881eb3d88e6b7b4520bf194ca5729d434e52bc9");
    ck_assert_ptr_null(memmem(&request, sizeof request, "my_rentcast_key", 15));
    text = json_dumps(body, 0);
    ck_assert(text == NULL || strstr(text, "my_rentcast_key") == NULL);
    free(text);
    json_decref(body);
}
END_TEST

START_TEST(an_update_names_what_it_changes)
{
    struct key_request request;
    struct key_request_problem problem;
    struct key_update update;

    ck_assert(read_text(key_request_of_update,
                        "{\"daily_limit\": null, \"monthly_limit\": 5, \"is_active\": false,"
                        " \"expires_at\": \"2030-01-02\", \"limits\": {\"global\": \"5/second\"},"
                        " \"rights\": [\"extend_ttl\"]}",
                        &request, &problem));
    update = key_request_as_update(&request, 9);
    ck_assert_int_eq(update.api_key_id, 9);
    ck_assert_int_eq(update.members, 63);
    ck_assert_int_eq(update.daily_limit, 0);
    ck_assert_int_eq(update.monthly_limit, 5);
    ck_assert_int_eq(update.is_active, 0);
    ck_assert_int_eq(update.expires_wall_ms, 1893542400000);
    ck_assert(bytes_equal_text(update.limits, "{\"global\":\"5/second\"}"));
    ck_assert(bytes_equal_text(update.rights, "extend_ttl"));
    ck_assert(read_text(key_request_of_update, "{\"expires_at\": null}", &request, &problem));
    ck_assert_int_eq(request.members, KEY_MEMBER_EXPIRES);
    ck_assert_int_eq(request.expires_wall_ms, 0);
}
END_TEST

static const struct {
    bool is_update;
    const char *body, *member, *type;
} bad[] = {
    {false, "{}", "key_name", "missing"},
    {false, "{\"key_name\": \"\"}", "key_name", "string_pattern_mismatch"},
    {false, "{\"key_name\": \"a b\"}", "key_name", "string_pattern_mismatch"},
    {false, "{\"key_name\": 5}", "key_name", "string_pattern_mismatch"},
    {false, "{\"key_name\": \"a\", \"is_active\": true}", "is_active", "extra_forbidden"},
    {false, "{\"key_name\": \"a\", \"rentcast_api_key\": \"\"}", "rentcast_api_key",
     "string_pattern_mismatch"},
    {false, "{\"key_name\": \"a\", \"rentcast_api_key\": \"a b\"}", "rentcast_api_key",
     "string_pattern_mismatch"},
    {false, "{\"key_name\": \"a\", \"rentcast_api_key\": null}", "rentcast_api_key",
     "string_pattern_mismatch"},
    {false,
     "{\"key_name\": \"a\", \"rentcast_api_key\": "
     "\"rc_00000000_00000000000000000000000000000000_0Q6edM\"}",
     "rentcast_api_key", "string_pattern_mismatch"},
    {false, "{\"key_name\": \"a\", \"expires_at\": \"2020-01-01\"}", "expires_at",
     "datetime_parsing"},
    {true, "{}", "*", "missing"},
    {true, "{\"key_name\": \"a\"}", "key_name", "extra_forbidden"},
    {true, "{\"rentcast_api_key\": \"a\"}", "rentcast_api_key", "extra_forbidden"},
    {true, "{\"daily_limit\": 0}", "daily_limit", "int_type"},
    {true, "{\"daily_limit\": \"many\"}", "daily_limit", "int_type"},
    {true, "{\"monthly_limit\": 1000000001}", "monthly_limit", "int_type"},
    {true, "{\"is_active\": \"true\"}", "is_active", "bool_type"},
    {true, "{\"expires_at\": \"1960-01-01\"}", "expires_at", "datetime_parsing"},
    {true, "{\"limits\": []}", "limits", "value_error"},
    {true, "{\"limits\": \"none\"}", "limits", "value_error"},
    {true, "{\"rights\": {}}", "rights", "enum"},
    {true, "{\"rights\": [5]}", "rights", "enum"},
};

START_TEST(the_first_thing_that_is_wrong_is_named)
{
    struct key_request request;
    struct key_request_problem problem;

    ck_assert(!read_text(bad[_i].is_update ? key_request_of_update : key_request_of_creation,
                         bad[_i].body, &request, &problem));
    ck_assert_str_eq(problem.member, bad[_i].member);
    ck_assert_str_eq(problem.type, bad[_i].type);
    ck_assert_str_ne(problem.message, "");
    ck_assert_ptr_null(strstr(problem.message, "rc_"));
}
END_TEST

/* A limit may be as long as its column, and no longer. */
START_TEST(limits_over_their_bound_are_refused)
{
    char text[2048] = "{\"limits\": {\"global\": \"1/hour";
    struct key_request request;
    struct key_request_problem problem;

    memset(text + strlen(text), ' ', 1500);
    memcpy(text + strlen(text), "\"}}", sizeof "\"}}");
    ck_assert(!read_text(key_request_of_update, text, &request, &problem));
    ck_assert_str_eq(problem.member, "limits");
}
END_TEST

START_TEST(minted_keys_are_well_formed_and_differ)
{
    char key[API_KEY_SIZE], other[API_KEY_SIZE], hash[API_KEY_HEX_SIZE], expected[API_KEY_HEX_SIZE];

    ck_assert(key_request_mint(key, hash));
    ck_assert(api_key_is_well_formed(bytes_of_text(key)));
    api_key_hash_hex(bytes_of_text(key), expected);
    ck_assert_str_eq(hash, expected);
    ck_assert(key_request_mint(other, hash));
    ck_assert_str_ne(key, other);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_request");
    TCase *cases = tcase_create("bodies");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_creation_has_defaults);
    tcase_add_test(cases, a_customers_key_leaves_as_its_hash);
    tcase_add_test(cases, an_update_names_what_it_changes);
    tcase_add_loop_test(cases, the_first_thing_that_is_wrong_is_named, 0, (int)COUNT(bad));
    tcase_add_test(cases, limits_over_their_bound_are_refused);
    tcase_add_test(cases, minted_keys_are_well_formed_and_differ);
    suite_add_tcase(suite, cases);
    return suite;
}
