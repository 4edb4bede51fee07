/* credential_test.c - where a key stands in a call, and that it is taken out of what comes back. */
/* links: upstream/transfer/credential.c upstream/transfer/response_body.c @core */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "transfer/credential.h"

static const struct upstream_credential in_header = {.in = CREDENTIAL_HEADER, .name = "X-Key"};
static const struct upstream_credential in_query = {.in = CREDENTIAL_QUERY, .name = "key"};
static const struct upstream_credential bearer = {.in = CREDENTIAL_BEARER};
static const struct upstream_credential basic = {.in = CREDENTIAL_BASIC};

START_TEST(each_place_is_written)
{
    char line[CREDENTIAL_LINE_SIZE];

    ck_assert(credential_write_header(&in_header, "s3cret", line));
    ck_assert_str_eq(line, "X-Key: s3cret");
    ck_assert(credential_write_header(&bearer, "s3cret", line));
    ck_assert_str_eq(line, "Authorization: Bearer s3cret");
    ck_assert(credential_write_header(&basic, "user:s3cret", line));
    ck_assert_str_eq(line, "Authorization: Basic dXNlcjpzM2NyZXQ=");
    ck_assert(credential_write_query(&in_query, "s3/cr+t&x=1", line));
    ck_assert_str_eq(line, "key=s3%2Fcr%2Bt%26x%3D1");
    ck_assert(!credential_write_header(&in_query, "s3cret", line));
    ck_assert(!credential_write_query(&bearer, "s3cret", line));
}
END_TEST

START_TEST(the_longest_key_fits_and_none_overflows)
{
    char key[CREDENTIAL_LINE_SIZE], line[CREDENTIAL_LINE_SIZE];

    memset(key, '/', sizeof key);
    key[CONFIG_TEXT_SIZE - 1] = '\0';
    ck_assert(credential_write_header(&basic, key, line));
    ck_assert(credential_write_query(&in_query, key, line));
    key[CONFIG_TEXT_SIZE - 1] = '/';
    key[sizeof key - 1] = '\0';
    ck_assert(!credential_write_header(&in_header, key, line));
    ck_assert(!credential_write_header(&basic, key, line));
    ck_assert(!credential_write_query(&in_query, key, line));
}
END_TEST

START_TEST(the_header_that_carries_it_is_known)
{
    ck_assert_str_eq(credential_header_name(&in_header), "X-Key");
    ck_assert_str_eq(credential_header_name(&bearer), "Authorization");
    ck_assert_str_eq(credential_header_name(&basic), "Authorization");
    ck_assert_ptr_null(credential_header_name(&in_query));
}
END_TEST

static const struct {
    const struct upstream_credential *credential;
    const char *key, *text, *expected;
} redactions[] = {
    {&in_header, "s3cret", "key s3cret is bad", "key *** is bad"},
    {&bearer, "s3cret", "Bearer s3cret", "Bearer ***"},
    {&basic, "user:s3cret", "dXNlcjpzM2NyZXQ= or user:s3cret or s3cret", "*** or *** or ***"},
    {&in_query, "s3/cret", "/v1?key=s3%2Fcret, s3/cret", "/v1?key=***, ***"},
    {&in_query, "", "nothing", "nothing"},
};

START_TEST(what_comes_back_has_no_form_of_it)
{
    char text[128];
    size_t size;

    snprintf(text, sizeof text, "%s", redactions[_i].text);
    size = credential_redact(redactions[_i].credential, redactions[_i].key, (uint8_t *)text,
                             strlen(text));
    text[size] = '\0';
    ck_assert_str_eq(text, redactions[_i].expected);
}
END_TEST

static const struct {
    const struct upstream_credential *credential;
    const char *key, *text, *expected;
} data[] = {
    {&in_query, "longer-than-16-bytes", "{\"next\": \"/v1?p=2&key=longer-than-16-bytes\"}",
     "{\"next\": \"/v1?p=2&key=***\"}"},
    {&in_query, "short", "{\"next\": \"?key=short\", \"short\": 1}",
     "{\"next\": \"?***\", \"short\": 1}"},
    {&bearer, "longer-than-16-bytes", "[\"longer-than-16-bytes\"]", "[\"***\"]"},
    {&bearer, "short", "[\"short\"]", "[\"short\"]"},
    {&bearer, "", "[]", "[]"},
};

/* Words of the data that look like a short key stay. */
START_TEST(data_repeats_no_key)
{
    char text[128];
    size_t size;

    snprintf(text, sizeof text, "%s", data[_i].text);
    size = credential_redact_data(data[_i].credential, data[_i].key, (uint8_t *)text, strlen(text));
    text[size] = '\0';
    ck_assert_str_eq(text, data[_i].expected);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("upstream/credential");
    TCase *tcase = tcase_create("credential");

    tcase_add_test(tcase, each_place_is_written);
    tcase_add_test(tcase, the_longest_key_fits_and_none_overflows);
    tcase_add_test(tcase, the_header_that_carries_it_is_known);
    tcase_add_loop_test(tcase, what_comes_back_has_no_form_of_it, 0,
                        sizeof redactions / sizeof *redactions);
    tcase_add_loop_test(tcase, data_repeats_no_key, 0, sizeof data / sizeof *data);
    suite_add_tcase(suite, tcase);
    return suite;
}
