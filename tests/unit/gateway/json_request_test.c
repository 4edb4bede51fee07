/* json_request_test.c - what counts as a JSON body, what is said of the rest, and that the body's text does not stay.
 *
 * The connection and the response are played here. */
/* links: gateway/json_request.c gateway/server/request.c @core */

#include "json_request.h"

#include <check.h>
#include <openssl/crypto.h>
#include <string.h>

#include "response/response.h"

static const char *sent; /* the body */
static enum status read_status, problem_status;
static int problems;
static const void *buffer_read, *buffer_wiped;
static size_t wiped_size;

enum status
connection_read_body(struct connection *connection, const struct request *request,
                     struct bytes buffer, int64_t timeout_ms, size_t *size)
{
    (void)connection;
    (void)request;
    (void)timeout_ms;
    *size = strlen(sent);
    ck_assert_uint_le(*size, buffer.size);
    memcpy((void *)(uintptr_t)buffer.data, sent, *size);
    buffer_read = buffer.data;
    return read_status;
}

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

void
OPENSSL_cleanse(void *data, size_t size)
{
    buffer_wiped = data;
    wiped_size = size;
    memset(data, 0, size);
}

static json_t *
read_body(const char *type, const char *body, bool is_object)
{
    static struct config config = {.gateway = {.max_request_body_bytes = 1024}};
    static struct gateway gateway = {.config = &config};
    static struct worker worker = {.gateway = &gateway};
    struct request request = {.headers = {{"Content-Type", type}}, .header_count = type != NULL};
    struct exchange exchange = {.worker = &worker, .request = &request};

    sent = body;
    problems = 0;
    problem_status = STATUS_OK;
    buffer_read = buffer_wiped = NULL;
    wiped_size = 0;
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
    read_status = STATUS_REQUEST_TIMEOUT;
    expect(STATUS_REQUEST_TIMEOUT, NULL, "{}");
    read_status = STATUS_OK;
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

/* Also what was read of a body that does not come to its end. */
START_TEST(the_text_does_not_stay)
{
    static const char secret[] = "{\"rentcast_api_key\": \"s3cret\"}";
    static const enum status statuses[] = {STATUS_OK, STATUS_BODY_TOO_LARGE};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        read_status = statuses[i];
        json_decref(read_body(NULL, secret, true));
        ck_assert_ptr_nonnull(buffer_read);
        ck_assert_ptr_eq(buffer_wiped, buffer_read);
        ck_assert_uint_eq(wiped_size, sizeof secret - 1);
    }
    read_status = STATUS_OK;
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
    tcase_add_test(cases, the_text_does_not_stay);
    suite_add_tcase(suite, cases);
    return suite;
}
