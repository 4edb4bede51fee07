/* response_test.c - what leaves for a client: the head's form, the body's length, nothing after a HEAD.
 *
 * The connection, the clock and the usage record are played here. */
/* links: gateway/response/response.c gateway/http/negotiation.c gateway/http/accept_encoding.c */
/* links: gateway/http/entity_tag.c gateway/http/http_date.c gateway/http/cors.c gateway/server/request.c core/base/text.c @core */

#include "response/response.h"

#include <check.h>
#include <stdlib.h>

#include "usage/access_log.h"
#include "usage/usage.h"

enum { OUTPUT_SIZE = 4 * WORKER_RESPONSE_BYTES };

static char output[OUTPUT_SIZE];
static size_t output_size;
static int writes, commits, closes;
static int committed_status;
static bool is_gone, will_close;
static struct common_headers fields;
static struct worker worker;
static struct exchange exchange;

bool
connection_write(struct connection *connection, const void *data, size_t size)
{
    (void)connection;
    ck_assert_int_eq(commits, 1); /* the record comes before the first byte */
    ck_assert_uint_lt(output_size + size, sizeof output);
    memcpy(output + output_size, data, size);
    output_size += size;
    output[output_size] = '\0';
    writes++;
    return !is_gone;
}

bool
connection_will_close(struct connection *connection, const struct request *request)
{
    (void)connection;
    (void)request;
    return will_close;
}

void
connection_close_after(struct connection *connection)
{
    (void)connection;
    closes++;
}

void
access_log_add(struct exchange *logged, int http_status, int64_t ttl_s, size_t bytes)
{
    (void)logged;
    (void)http_status;
    (void)ttl_s;
    (void)bytes;
}

void
usage_commit(struct exchange *committed, int http_status)
{
    ck_assert_ptr_eq(committed, &exchange);
    commits++;
    committed_status = http_status;
}

const char *
worker_date(struct worker *asker)
{
    ck_assert_ptr_eq(asker, &worker);
    return "Date: Thu, 15 Jan 2026 12:00:00 GMT\r\n";
}

int64_t
exchange_elapsed_us(const struct exchange *asked)
{
    (void)asked;
    return 45249;
}

static void
setup(void)
{
    output_size = 0;
    writes = commits = closes = 0;
    is_gone = will_close = false;
    memset(&fields, 0, sizeof fields);
    worker.headers = &fields;
    worker.response = malloc(WORKER_RESPONSE_BYTES);
    ck_assert_ptr_nonnull(worker.response);
    exchange = (struct exchange){.worker = &worker, .request_id = "id-1"};
    metrics_init(1);
}

static void
teardown(void)
{
    free(worker.response);
    metrics_fini();
}

#define TAIL "X-Response-Time-MS: 45.2\r\nX-Request-ID: id-1\r\n"
#define DATE "Date: Thu, 15 Jan 2026 12:00:00 GMT\r\n"

START_TEST(an_answer_of_ours)
{
    response_json(&exchange, 200, bytes_of_text("{\"a\": 1}"));
    ck_assert_str_eq(output, "HTTP/1.1 200 OK\r\n" DATE
                             "Content-Type: application/json\r\nCache-Control: no-store\r\n"
                             "Content-Length: 8\r\n" TAIL "\r\n{\"a\": 1}");
    ck_assert_int_eq(writes, 1);
    ck_assert_int_eq(commits, 1);
    ck_assert_int_eq(committed_status, 200);
}
END_TEST

START_TEST(fields_of_every_answer_stand_in_every_answer)
{
    bytes_copy_text(bytes_of_text("X-All: 1\r\n"), fields.text, sizeof fields.text);
    fields.size = 10;
    response_json(&exchange, 200, bytes_of_text("{}"));
    ck_assert_str_eq(output, "HTTP/1.1 200 OK\r\n" DATE "X-All: 1\r\n"
                             "Content-Type: application/json\r\nCache-Control: no-store\r\n"
                             "Content-Length: 2\r\n" TAIL "\r\n{}");
}
END_TEST

START_TEST(an_origin_of_the_list_may_read_what_it_asked_for)
{
    struct request request = {.headers = {{"Origin", "https://a.example"}}, .header_count = 1};
    struct config config = {.gateway = {.cors_origins = "https://a.example"}};

    cors_init(&fields.cors, &config);
    fields.names_origins = true;
    exchange.request = &request;
    response_json(&exchange, 200, bytes_of_text("{}"));
    ck_assert_ptr_nonnull(strstr(output, "\r\nAccess-Control-Allow-Origin: https://a.example\r\n"));
}
END_TEST

START_TEST(a_304_has_neither_length_nor_body)
{
    struct response response = response_of(304);

    response.head = bytes_of_text("ETag: \"a\"\r\n");
    response.has_length = true;
    response_send(&exchange, &response);
    ck_assert_str_eq(output, "HTTP/1.1 304 Not Modified\r\n" DATE "ETag: \"a\"\r\n" TAIL "\r\n");
    ck_assert_int_eq(committed_status, 304);
}
END_TEST

START_TEST(a_hit_says_where_it_comes_from)
{
    struct response response = response_of(200);

    response.head = bytes_of_text("Content-Type: application/json\r\nContent-Length: 2\r\n");
    response.body = bytes_of_text("[]");
    response.has_length = true;
    response.cache_hit = "true";
    response.cache_level = "near";
    response.age_s = 0;
    response.ttl_s = 376;
    response.cache_status = "hit";
    response_send(&exchange, &response);
    ck_assert_str_eq(output, "HTTP/1.1 200 OK\r\n" DATE
                             "Content-Type: application/json\r\nContent-Length: 2\r\n"
                             "X-Cache-Hit: true\r\nX-Cache-Level: near\r\nAge: 0\r\n"
                             "Cache-Status: RentCache; hit; ttl=376\r\n" TAIL "\r\n[]");
}
END_TEST

START_TEST(a_miss_says_what_it_cost)
{
    struct response response = response_of(404);

    response.cache_hit = "false";
    response.cache_level = "";
    response.cache_status = "fwd=uri-miss";
    response.cache_outcome = "stored";
    response.cache_cause = "store-failed";
    response.cache_detail = "upstream-refused";
    response.cost_micro_usd = 500000;
    response.retry_after_s = 7;
    exchange.rate_limit = 60;
    exchange.rate_remaining = 41;
    exchange.rate_reset_ms = 18001;
    response_send(&exchange, &response);
    ck_assert_str_eq(output,
                     "HTTP/1.1 404 Not Found\r\n" DATE "Content-Length: 0\r\nX-Cache-Hit: false\r\n"
                     "Cache-Status: RentCache; fwd=uri-miss; stored; detail=\"upstream-refused "
                     "store-failed\"\r\n"
                     "X-Estimated-Cost: 0.5\r\nRetry-After: 7\r\n"
                     "X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 41\r\n"
                     "X-RateLimit-Reset: 19\r\n" TAIL "\r\n");
    ck_assert_int_eq(committed_status, 404);
}
END_TEST

static const int statuses[] = {200, 201, 400, 404, 429, 500, 503};

START_TEST(a_head_request_gets_no_body_whatever_the_status)
{
    struct response response = response_of(statuses[_i]);

    exchange.is_head = true;
    response.body = bytes_of_text("four");
    response_send(&exchange, &response);
    ck_assert_ptr_nonnull(strstr(output, "Content-Length: 4\r\n")); /* as the GET would say */
    ck_assert_str_eq(output + output_size - 4, "\r\n\r\n");
    ck_assert_ptr_eq(strstr(output, "\r\n\r\n"), output + output_size - 4);
}
END_TEST

START_TEST(a_connection_that_will_close_says_so)
{
    will_close = true;
    response_json(&exchange, 503, bytes_of_text("{}"));
    ck_assert_ptr_nonnull(strstr(output, "\r\nConnection: close\r\n\r\n{}"));
    ck_assert_ptr_nonnull(strstr(output, "HTTP/1.1 503 Service Unavailable\r\n"));
}
END_TEST

/* Around the size that leaves in one write, every body arrives whole and once. */
START_TEST(bodies_of_every_size_arrive_whole)
{
    static const size_t sizes[] = {0, 1, 65536, 81000, 81500, 81919, 81920, 81921, 90000, 200000};
    size_t size = sizes[_i];
    struct response response = response_of(200);
    char *body = malloc(size + 1);
    char line[64];
    const char *end;

    ck_assert_ptr_nonnull(body);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i % 23);
    response.body = bytes_of(body, size);
    response_send(&exchange, &response);
    end = strstr(output, "\r\n\r\n");
    ck_assert_ptr_nonnull(end);
    ck_assert_uint_eq(output_size - (size_t)(end + 4 - output), size);
    ck_assert(memcmp(end + 4, body, size) == 0);
    snprintf(line, sizeof line, "\r\nContent-Length: %zu\r\n", size);
    ck_assert_ptr_nonnull(strstr(output, line));
    if (size <= 65536)
        ck_assert_int_eq(writes, 1);
    else if (size >= WORKER_RESPONSE_BYTES)
        ck_assert_int_eq(writes, 2);
    free(body);
}
END_TEST

START_TEST(a_head_that_does_not_fit_sends_nothing_and_closes)
{
    struct response response = response_of(200);
    char *head = malloc(WORKER_RESPONSE_BYTES);

    ck_assert_ptr_nonnull(head);
    memset(head, 'x', WORKER_RESPONSE_BYTES);
    response.head = bytes_of(head, WORKER_RESPONSE_BYTES);
    response_send(&exchange, &response);
    ck_assert_int_eq(writes, 0);
    ck_assert_int_eq(closes, 1);
    free(head);
}
END_TEST

START_TEST(a_client_that_went_away_is_counted_and_not_written_to_again)
{
    struct response response = response_of(200);
    char *body = calloc(1, WORKER_RESPONSE_BYTES);

    ck_assert_ptr_nonnull(body);
    is_gone = true;
    response.body = bytes_of(body, WORKER_RESPONSE_BYTES);
    response_send(&exchange, &response);
    ck_assert_int_eq(writes, 1);
    ck_assert_int_eq(metric_value(METRIC_CLIENT_ABORTS), 1);
    free(body);
}
END_TEST

/* RFC 9110 15. */
START_TEST(every_status_of_ours_has_its_phrase)
{
    for (int status = 0; status < STATUS_COUNT; status++)
        if (status_http((enum status)status) != 500 || status == STATUS_INTERNAL)
            ck_assert_str_ne(response_reason_phrase(status_http((enum status)status)), "Status");
    ck_assert_str_eq(response_reason_phrase(413), "Content Too Large");
    ck_assert_str_eq(response_reason_phrase(422), "Unprocessable Content");
    ck_assert_str_eq(response_reason_phrase(429), "Too Many Requests");
    ck_assert_str_eq(response_reason_phrase(599), "Status");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("response");
    TCase *tcase = tcase_create("response");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, fields_of_every_answer_stand_in_every_answer);
    tcase_add_test(tcase, an_origin_of_the_list_may_read_what_it_asked_for);
    tcase_add_test(tcase, a_304_has_neither_length_nor_body);
    tcase_add_test(tcase, an_answer_of_ours);
    tcase_add_test(tcase, a_hit_says_where_it_comes_from);
    tcase_add_test(tcase, a_miss_says_what_it_cost);
    tcase_add_loop_test(tcase, a_head_request_gets_no_body_whatever_the_status, 0,
                        (int)COUNT(statuses));
    tcase_add_test(tcase, a_connection_that_will_close_says_so);
    tcase_add_loop_test(tcase, bodies_of_every_size_arrive_whole, 0, 10);
    tcase_add_test(tcase, a_head_that_does_not_fit_sends_nothing_and_closes);
    tcase_add_test(tcase, a_client_that_went_away_is_counted_and_not_written_to_again);
    tcase_add_test(tcase, every_status_of_ours_has_its_phrase);
    suite_add_tcase(suite, tcase);
    return suite;
}
