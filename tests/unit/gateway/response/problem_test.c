/* problem_test.c - errors of ours are JSON that parses, whatever they quote (RFC 9457). */
/* links: gateway/response/problem.c core/base/text.c @core */

#include "response/response.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/row.h"

static struct config config;
static struct gateway gateway = {.config = &config};
static struct worker worker = {.gateway = &gateway};
static struct exchange exchange = {.worker = &worker};
static struct response sent;
static char head[1024];
static json_t *body;

/* What would be sent is kept. */
void
response_send(struct exchange *answered, const struct response *response)
{
    json_error_t error;

    ck_assert_ptr_eq(answered, &exchange);
    sent = *response;
    ck_assert(bytes_copy_text(response->head, head, sizeof head));
    json_decref(body);
    body = json_loadb((const char *)response->body.data, response->body.size,
                      JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(body != NULL, "%s: %.*s", error.text, BYTES_ARG(response->body));
    sent.body = (struct bytes){0};
}

static void
teardown(void)
{
    json_decref(body);
    body = NULL;
}

static const char *
member(const char *name)
{
    return json_string_value(json_object_get(body, name));
}

/* The log knows more than the client is told; who debugs is told it. */
START_TEST(a_cause_is_told_to_who_debugs)
{
    row("R-144");
    exchange.reason = "unknown-key";
    response_problem(&exchange, STATUS_UNAUTHORIZED, NULL);
    ck_assert_ptr_null(member("cause"));
    config.server.debug = true;
    response_problem(&exchange, STATUS_UNAUTHORIZED, NULL);
    ck_assert_str_eq(member("cause"), "unknown-key");
    exchange.reason = NULL;
    response_problem(&exchange, STATUS_NOT_FOUND, NULL);
    ck_assert_ptr_null(member("cause"));
}
END_TEST

START_TEST(every_status_is_a_problem_of_its_own)
{
    enum status status = (enum status)_i;

    response_problem(&exchange, status, NULL);
    ck_assert_int_eq(sent.http_status, status_http(status));
    ck_assert_int_eq(json_integer_value(json_object_get(body, "status")), status_http(status));
    ck_assert_str_eq(member("title"), status_title(status));
    ck_assert_str_eq(member("detail"), status_title(status));
    ck_assert_str_eq(strrchr(member("type"), ':') + 1, status_slug(status));
    ck_assert_ptr_nonnull(strstr(head, "Content-Type: application/problem+json\r\n"));
    ck_assert_int_eq(strstr(head, "WWW-Authenticate: Bearer\r\n") != NULL,
                     status == STATUS_UNAUTHORIZED);
    ck_assert_int_eq(sent.retry_after_s, status_http(status) == 503 ? 1 : -1);
}
END_TEST

static const struct {
    const char *detail, *shown;
} details[] = {
    {"plain", "plain"},
    {"a \"quote\", a \\ and a /", "a \"quote\", a \\ and a /"},
    {"line\r\nbreak\ttab\x01", "line\r\nbreak\ttab\x01"},
    {"\xC3\xA9\xF0\x9F\x8F\xA0", "\xC3\xA9\xF0\x9F\x8F\xA0"},
    {"caf\xC3", "caf"}, /* cut through a character */
    {"a\xF0\x9F\x8F", "a"},
    {"\xFF what is no UTF-8 is replaced", "\xEF\xBF\xBD what is no UTF-8 is replaced"},
    {"caf\xE9 at noon", "caf\xEF\xBF\xBD at noon"},
    {"", ""},
};

START_TEST(a_detail_may_be_any_text)
{
    response_problem(&exchange, STATUS_UPSTREAM_REFUSED, details[_i].detail);
    ck_assert_str_eq(member("detail"), details[_i].shown);
}
END_TEST

START_TEST(a_long_detail_is_cut)
{
    char *detail = malloc(20001);

    ck_assert_ptr_nonnull(detail);
    memset(detail, 'x', 20000);
    detail[20000] = '\0';
    response_problem(&exchange, STATUS_UPSTREAM_REFUSED, detail);
    ck_assert_uint_eq(strlen(member("detail")), 8192);
    free(detail);
}
END_TEST

START_TEST(a_status_and_a_detail_can_be_given)
{
    struct problem problem = {
        .status = STATUS_CONFLICT,
        .http_status = 400,
        .detail_json = bytes_of_text("[{\"type\": \"missing\"}]"),
        .members = bytes_of_text(", \"errors\": [1, 2]"),
        .head = "X-Field: 1\r\n",
        .retry_after_s = 30,
        .cache_status = "fwd=uri-miss",
    };

    response_problem_with(&exchange, &problem);
    ck_assert_int_eq(sent.http_status, 400);
    ck_assert_int_eq(json_integer_value(json_object_get(body, "status")), 400);
    ck_assert_uint_eq(json_array_size(json_object_get(body, "detail")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(body, "errors")), 2);
    ck_assert_ptr_nonnull(strstr(head, "X-Field: 1\r\n"));
    ck_assert_int_eq(sent.retry_after_s, 30);
    ck_assert_str_eq(sent.cache_status, "fwd=uri-miss");
}
END_TEST

/* The list of problems stands in it twice; where that does not fit, once. */
START_TEST(members_that_do_not_fit_are_left_out_whole)
{
    char *list = malloc(20003);
    char *members = malloc(20020);
    struct problem problem = {.status = STATUS_INVALID_PARAMETER, .retry_after_s = -1};

    ck_assert(list != NULL && members != NULL);
    memset(list, 'x', 20002);
    list[0] = list[20001] = '"';
    list[20002] = '\0';
    snprintf(members, 20020, ", \"errors\": %s", list);
    problem.detail_json = bytes_of_text(list);
    problem.members = bytes_of_text(members);
    response_problem_with(&exchange, &problem);
    ck_assert_uint_eq(strlen(member("detail")), 20000);
    ck_assert_ptr_null(json_object_get(body, "errors"));
    free(list);
    free(members);
}
END_TEST

START_TEST(a_method_that_is_not_allowed_names_those_that_are)
{
    response_method_not_allowed(&exchange, "GET, HEAD");
    ck_assert_int_eq(sent.http_status, 405);
    ck_assert_ptr_nonnull(strstr(head, "\r\nAllow: GET, HEAD\r\n"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("problem");
    TCase *tcase = tcase_create("problem");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, a_cause_is_told_to_who_debugs);
    tcase_add_loop_test(tcase, every_status_is_a_problem_of_its_own, 1, STATUS_COUNT);
    tcase_add_loop_test(tcase, a_detail_may_be_any_text, 0, (int)COUNT(details));
    tcase_add_test(tcase, a_long_detail_is_cut);
    tcase_add_test(tcase, a_status_and_a_detail_can_be_given);
    tcase_add_test(tcase, members_that_do_not_fit_are_left_out_whole);
    tcase_add_test(tcase, a_method_that_is_not_allowed_names_those_that_are);
    suite_add_tcase(suite, tcase);
    return suite;
}
