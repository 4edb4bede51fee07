/* keys_test.c - which key may ask for what, and how the list is replaced. */
/* links: simulator/operation/keys.c simulator/operation/rate_window.c simulator/http/problem.c */
/* links: simulator/http/field.c simulator/common/text.c simulator/common/calendar.c */
#include "http/field.h"
#include "operation/keys.h"

#include <check.h>
#include <string.h>

static struct keys keys;
static struct problem problem;

static void
set_up(void)
{
    keys_init(&keys);
}

static void
tear_down(void)
{
    keys_fini(&keys);
}

static bool
admit(const char *value, const char *path)
{
    return keys_admit(&keys, value, path, 1000, &problem);
}

static bool
replace(const char *json, char complaint[256])
{
    json_t *document = json_loads(json, 0, NULL);
    ck_assert_ptr_nonnull(document);
    bool is_good = keys_replace(&keys, document, complaint, 256);
    json_decref(document);
    return is_good;
}

static const struct {
    const char *key;
    const char *path;
    int status; /* 200: admitted */
    const char *error;
} cases[] = {
    {"sim_key_unlimited", "/v1/avm/value", 200, ""},
    {"sim_key_limited", "/v1/avm/value", 200, ""},
    {"sim_key_inactive", "/v1/avm/value", 403, "billing/subscription-inactive"},
    {"sim_key_restricted", "/v1/properties", 200, ""},
    {"sim_key_restricted", "/v1/avm/value", 403, "auth/api-key-restricted"},
    {"sim_key_restricted", "/v1/properties/x", 403, "auth/api-key-restricted"},
    {"anything else", "/v1/properties", 401, "auth/api-key-invalid"},
    {"SIM_KEY_UNLIMITED", "/v1/properties", 401, "auth/api-key-invalid"},
    {"", "/v1/properties", 401, "auth/api-key-invalid"},
    {NULL, "/v1/properties", 401, "auth/api-key-invalid"},
};

START_TEST(every_key_has_its_answer)
{
    bool is_admitted = admit(cases[_i].key, cases[_i].path);
    ck_assert(is_admitted == (cases[_i].status == 200));
    if (!is_admitted) {
        ck_assert_int_eq(problem.status, cases[_i].status);
        ck_assert_str_eq(problem.error, cases[_i].error);
    }
}
END_TEST

START_TEST(no_key_is_told_in_the_vendors_words)
{
    ck_assert(!admit(NULL, "/v1/properties"));
    ck_assert_str_eq(problem.message, "No API key provided in request. An API key must be provided "
                                      "in the 'X-Api-Key' header");
}
END_TEST

START_TEST(the_twenty_first_request_is_told_in_the_vendors_words)
{
    for (int i = 0; i < 20; i++)
        ck_assert(admit("sim_key_limited", "/v1/properties"));
    ck_assert(!admit("sim_key_limited", "/v1/properties"));
    ck_assert_int_eq(problem.status, 429);
    ck_assert_str_eq(problem.error, "auth/rate-limit-exceeded");
    ck_assert_str_eq(problem.message, "The rate limit of 20 requests per second has been exceeded");
    ck_assert(admit("sim_key_unlimited", "/v1/properties"));
    ck_assert(keys_admit(&keys, "sim_key_limited", "/v1/properties", 2000, &problem));
}
END_TEST

START_TEST(inactive_can_be_switched_to_401)
{
    char complaint[256];
    ck_assert(replace("{\"keys\":[{\"name\":\"a\",\"key\":\"k\",\"kind\":\"inactive_401\"}]}",
                      complaint));
    ck_assert(!admit("k", "/v1/properties"));
    ck_assert_int_eq(problem.status, 401);
    ck_assert_str_eq(problem.error, "billing/subscription-inactive");
    ck_assert(!admit("sim_key_unlimited", "/v1/properties"));
}
END_TEST

START_TEST(limits_and_paths_can_be_given)
{
    char complaint[256];
    ck_assert(
        replace("{\"keys\":["
                "{\"name\":\"a\",\"key\":\"k\",\"kind\":\"limited\",\"requests_per_second\":2},"
                "{\"key\":\"r\",\"kind\":\"restricted\",\"path\":\"/v1/markets\"},"
                "{\"key\":\"d\",\"kind\":\"disabled\"}]}",
                complaint));
    ck_assert(admit("k", "/v1/markets") && admit("k", "/v1/markets"));
    ck_assert(!admit("k", "/v1/markets"));
    ck_assert(admit("r", "/v1/markets") && !admit("r", "/v1/properties"));
    ck_assert(!admit("d", "/v1/markets"));
    ck_assert_str_eq(problem.error, "auth/api-key-invalid");
}
END_TEST

static const char *const wrong_lists[] = {
    "{}",
    "{\"keys\":{}}",
    "{\"keys\":[{\"name\":\"a\",\"kind\":\"unlimited\"}]}",
    "{\"keys\":[{\"key\":\"\",\"kind\":\"unlimited\"}]}",
    "{\"keys\":[{\"key\":\"k\",\"kind\":\"other\"}]}",
    "{\"keys\":[{\"key\":\"k\"}]}",
    ("{\"keys\":[{\"key\":\"a\",\"kind\":\"limited\"},"
     "{\"key\":\"k\",\"kind\":\"limited\",\"requests_per_second\":0}]}"),
    "{\"keys\":[{\"key\":\"k\",\"kind\":\"limited\",\"requests_per_second\":1001}]}",
};

START_TEST(a_wrong_list_changes_nothing)
{
    char complaint[256] = "";
    ck_assert_msg(!replace(wrong_lists[_i], complaint), "%s", wrong_lists[_i]);
    ck_assert_uint_gt(strlen(complaint), 0);
    ck_assert(admit("sim_key_unlimited", "/v1/properties"));
}
END_TEST

/* The sample of the specification. */
START_TEST(hashes_are_sha256_in_hexadecimal)
{
    char hash[KEY_HASH_SIZE];
    keys_hash(&keys, "my_rentcast_key", hash);
    ck_assert_str_eq(hash, "86e4c7f4c7503f60b512c0017881eb3d88e6b7b4520bf194ca5729d434e52bc9");
    keys_hash(&keys, "sim_key_unlimited", hash);
    ck_assert_str_eq(hash, keys.rows[0].hash);
}
END_TEST

START_TEST(the_list_is_shown_as_it_is_taken)
{
    struct text text = {0};
    char complaint[256];
    keys_write(&keys, &text);
    ck_assert(replace(text.data, complaint));
    struct text again = {0};
    keys_write(&keys, &again);
    ck_assert_str_eq(text.data, again.data);
    text_fini(&text);
    text_fini(&again);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *admission = tcase_create("admission");
    tcase_add_checked_fixture(admission, set_up, tear_down);
    tcase_add_loop_test(admission, every_key_has_its_answer, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(admission, no_key_is_told_in_the_vendors_words);
    tcase_add_test(admission, the_twenty_first_request_is_told_in_the_vendors_words);
    tcase_add_test(admission, hashes_are_sha256_in_hexadecimal);
    suite_add_tcase(suite, admission);
    TCase *list = tcase_create("list");
    tcase_add_checked_fixture(list, set_up, tear_down);
    tcase_add_test(list, inactive_can_be_switched_to_401);
    tcase_add_test(list, limits_and_paths_can_be_given);
    tcase_add_test(list, the_list_is_shown_as_it_is_taken);
    tcase_add_loop_test(list, a_wrong_list_changes_nothing, 0,
                        sizeof wrong_lists / sizeof wrong_lists[0]);
    suite_add_tcase(suite, list);
    return suite;
}
