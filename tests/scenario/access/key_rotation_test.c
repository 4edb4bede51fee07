/* key_rotation_test.c - a new secret for the same key: both work until the overlap ends, in every process. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/process/commands.h"
#include "support/row.h"
#include "support/server/admin.h"
#include "support/testbed_fixture.h"

#define TARGET   "/api/v1/properties?state=TX&limit=2"
#define RUN(...) command_run(&testbed, (const char *const[]){__VA_ARGS__, NULL})

/* The secret that the command printed, alone on its line. */
static void
take_secret(char secret[80])
{
    snprintf(secret, 80, "%.*s", (int)strcspn(command_output, "\n"), command_output);
    ck_assert_int_eq((int)strlen(secret), 51);
}

static void
expect_both(const char *old, int old_status, const char *new, int new_status)
{
    ck_assert_int_eq(testbed_status(&testbed, old, TARGET), old_status);
    ck_assert_int_eq(testbed_status(&testbed, new, TARGET), new_status);
}

START_TEST(both_secrets_work_until_the_overlap_ends)
{
    char old[80], new[80];
    long long id;

    test_clock_go_to_the_middle_of_a_month();
    testbed_make_key(&testbed, "shop", "\"daily_limit\": 6", old);
    id = admin_key_id(&testbed, "shop");
    ck_assert_int_eq(RUN("rotate-key", "shop", "--overlap", "2h"), 0);
    take_secret(new);
    command_expect_text(command_errors, "shop");
    ck_assert_str_ne(old, new);
    ck_assert_int_eq(admin_key_id(&testbed, "shop"), id);
    expect_both(old, 200, new, 200);
    test_clock_move_wall(7100);
    expect_both(old, 200, new, 200);
    test_clock_move_wall(200);
    expect_both(old, 401, new, 200);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    expect_both(old, 401, new, 200);
    ck_assert_int_eq(testbed_status(&testbed, new, TARGET), 429); /* one count for both */
}
END_TEST

START_TEST(a_rotation_is_seen_after_a_restart_and_a_revocation_ends_both)
{
    char old[80], new[80];

    testbed_make_key(&testbed, "shop", "", old);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("rotate-key", "shop"), 0);
    take_secret(new);
    testbed_start_server(&testbed);
    expect_both(old, 200, new, 200);
    ck_assert_int_eq(RUN("update-key", "shop", "--inactive"), 0);
    expect_both(old, 401, new, 401);
    ck_assert_int_eq(RUN("update-key", "shop", "--active"), 0);
    expect_both(old, 200, new, 200);
    ck_assert_int_eq(RUN("delete-key", "shop", "--yes"), 0);
    expect_both(old, 401, new, 401);
}
END_TEST

START_TEST(a_rotation_under_way_is_only_ended_at_once)
{
    char old[80], new[80], last[80];

    testbed_make_key(&testbed, "shop", "", old);
    ck_assert_int_eq(RUN("rotate-key", "shop", "--overlap", "1h"), 0);
    take_secret(new);
    ck_assert_int_eq(RUN("rotate-key", "shop", "--overlap", "1h"), 1);
    command_expect_text(command_errors, "overlap still runs");
    expect_both(old, 200, new, 200);
    ck_assert_int_eq(RUN("rotate-key", "shop", "--overlap", "0s"), 0);
    take_secret(last);
    expect_both(new, 401, last, 200);
    ck_assert_int_eq(testbed_status(&testbed, old, TARGET), 401);
    ck_assert_int_eq(RUN("rotate-key", "nobody"), 1);
    ck_assert_int_eq(RUN("rotate-key", "shop", "--overlap", "soon"), 2);
    command_expect_text(command_errors, "--overlap: \"soon\" is not a duration");
}
END_TEST

START_TEST(by_http_the_body_says_how_long)
{
    char old[80], path[64];
    json_t *answer;

    testbed_make_key(&testbed, "shop", "", old);
    snprintf(path, sizeof path, "/admin/api-keys/%lld/rotate", admin_key_id(&testbed, "shop"));
    json_decref(admin_call(&testbed, "POST", path, "{\"overlap_s\": -1}", 422));
    json_decref(admin_call(&testbed, "POST", path, "{\"overlap\": 1}", 422));
    json_decref(admin_call(&testbed, "POST", "/admin/api-keys/4711/rotate", "{}", 404));
    json_decref(admin_call(&testbed, "GET", path, NULL, 405));
    json_decref(admin_call(&testbed, "GET", "/admin/api-keys/x/1", NULL, 404));
    answer = admin_call(&testbed, "POST", path, "{\"overlap_s\": 60}", 200);
    expect_both(old, 200, json_string_value(json_object_get(answer, "api_key")), 200);
    ck_assert(json_is_string(json_object_get(answer, "previous_secret_until")));
    json_decref(answer);
    json_decref(admin_call(&testbed, "POST", path, "{}", 409));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_rotation");
    TCase *cases = tcase_create("rotation");

    tcase_add_checked_fixture(cases, testbed_setup_with_clock, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, both_secrets_work_until_the_overlap_ends);
    tcase_add_test(cases, a_rotation_is_seen_after_a_restart_and_a_revocation_ends_both);
    tcase_add_test(cases, a_rotation_under_way_is_only_ended_at_once);
    tcase_add_test(cases, by_http_the_body_says_how_long);
    suite_add_tcase(suite, cases);
    return suite;
}
