/* json_request_test.c - what counts as a JSON body, and what is said of the rest.
 *
 * The response is played here. */
/* links: gateway/json_request.c gateway/server/request.c @core */

#include "json_request.h"

#include <check.h>

#include "response/response.h"

static enum status problem_status;
static int problems;

void
response_problem(struct exchange *exchange, enum status status, const char *detail)
{
    (void)exchange;
    (void)detail;
    problem_status = status;
    problems++;
}

void
response_problem_with(struct exchange *exchange, const struct problem *problem)
{
    ck_assert_str_eq(problem->head, "Accept-Encoding: identity\r\n");
    response_problem(exchange, problem->status, problem->detail);
}

static json_t *
read_body(const char *type, const char *body, bool is_object)
{
    struct request request = {
        .headers = {{"Content-Type", type}},
        .header_count = type != NULL,
        .body = bytes_of_text(body),
    };
    struct exchange exchange = {.request = &request};

    problems = 0;
    problem_status = STATUS_OK;
    return is_object ? json_request_read_object(&exchange) : json_request_read(&exchange);
}

static void
expect(enum status status, const char *type, const char *body)
{
    for (int is_object = 0; is_object < 2; is_object++) {
        json_t *json = read_body(type, body, is_object);

        ck_assert_int_eq(problem_status, status);
        ck_assert_int_eq(problems, status != STATUS_OK);
        ck_assert_int_eq(json != NULL, status == STATUS_OK);
        json_decref(json);
    }
}

static const struct {
    const char *type; /* NULL: none */
    enum status status;
} types[] = {
    {NULL, STATUS_OK},
    {"application/json", STATUS_OK},
    {"Application/JSON", STATUS_OK},
    {"application/json; charset=utf-8", STATUS_OK},
    {"application/json ;charset=utf-8", STATUS_OK},
    {"application/jsonfoo", STATUS_MEDIA_TYPE},
    {"application/json-seq", STATUS_MEDIA_TYPE},
    {"application/jso", STATUS_MEDIA_TYPE},
    {"text/plain", STATUS_MEDIA_TYPE},
    {"", STATUS_MEDIA_TYPE},
};

START_TEST(only_json_is_read)
{
    expect(types[_i].status, types[_i].type, "{\"a\": 1}");
}
END_TEST

START_TEST(what_is_no_json_is_told)
{
    expect(STATUS_BAD_REQUEST, NULL, "");
    expect(STATUS_BAD_REQUEST, NULL, "{");
    expect(STATUS_BAD_REQUEST, NULL, "{\"a\": 1, \"a\": 2}");
    expect(STATUS_BAD_REQUEST, NULL, "{\"a\": 1} 2");
}
END_TEST

START_TEST(a_list_is_no_object)
{
    json_t *list = read_body(NULL, "[1]", false);

    ck_assert(json_is_array(list));
    json_decref(list);
    ck_assert_ptr_null(read_body(NULL, "[1]", true));
    ck_assert_int_eq(problem_status, STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(problems, 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("json_request");
    TCase *cases = tcase_create("bodies");

    tcase_add_loop_test(cases, only_json_is_read, 0, (int)COUNT(types));
    tcase_add_test(cases, what_is_no_json_is_told);
    tcase_add_test(cases, a_list_is_no_object);
    suite_add_tcase(suite, cases);
    return suite;
}
