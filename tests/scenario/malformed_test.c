/* malformed_test.c - what no parser may misread: the right refusal, a closed connection, and nothing executed behind it. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <ctype.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "scenario/malformed_rows.h"
#include "support/row.h"
#include "support/world.h"

#define ANSWER_MS 5000
#define MUTATIONS 1200
#define ROWS      (sizeof malformed_rows / sizeof malformed_rows[0])

static struct world world;
static char smuggled[512]; /* a valid request with a valid key */
static pid_t pids[WORLD_PROCESSES];

static void
setup(void)
{
    static const char *const settings[] = {"HEAD_TIMEOUT_MS=400", "BODY_TIMEOUT_MS=400", NULL};

    world_start(&world, settings);
    for (int i = 0; i < WORLD_PROCESSES; i++)
        pids[i] = world.processes[i].pid;
    snprintf(smuggled, sizeof smuggled,
             "GET /api/v1/properties?state=TX&limit=77 HTTP/1.1\r\nHost: a\r\nAuthorization: "
             "Bearer %s\r\n\r\n",
             world.key);
}

/* Nothing was executed, and whoever lived lives. */
static void
teardown(void)
{
    static const char *const decisions[] = {"hit",  "stale",   "collapsed",
                                            "miss", "refused", "error"};
    char name[128];

    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
        snprintf(name, sizeof name,
                 "rentcache_requests_total{endpoint=\"properties\",decision=\"%s\"}", decisions[i]);
        ck_assert_int_eq((int)world_metric(&world, name), 0);
    }
    ck_assert_int_eq(world_query(&world, "rentcache.db", "SELECT count(*) FROM usage_stats"), 0);
    ck_assert_int_eq(world_query(&world, "rentcache.db", "SELECT count(*) FROM ledger"), 0);
    ck_assert_int_eq(world_upstream_calls(&world), 0);
    for (int i = 0; i < WORLD_PROCESSES; i++)
        if (pids[i] != 0)
            ck_assert_int_eq(kill(pids[i], 0), 0);
    ck_assert_int_eq(world_expect(&world, "/livez", 200), -1);
    world_stop(&world);
}

/* Every line is "Name: value" of visible characters: nothing of a request came through raw. */
static void
expect_clean_head(const char *why, const char *head)
{
    const char *line = strstr(head, "\r\n") + 2;

    for (; strcmp(line, "\r\n") != 0; line = strstr(line, "\r\n") + 2) {
        size_t size = strcspn(line, "\r"), name = strcspn(line, ":");

        ck_assert_msg(name > 0 && name < size && line[size] == '\r' && line[size + 1] == '\n',
                      "%s: %s", why, head);
        for (size_t i = 0; i < size; i++)
            ck_assert_msg(isprint((unsigned char)line[i]) || line[i] == '\t', "%s: %s", why, head);
    }
}

static void
expect_problem(const char *why, const struct http_response *response)
{
    char type[128];
    json_t *problem;

    expect_clean_head(why, response->head);
    if (response->status < 400)
        return;
    ck_assert_msg(http_field(response, "Content-Type", type, sizeof type), "%s: %s", why,
                  response->head);
    ck_assert_str_eq(type, "application/problem+json");
    if (response->body_size == 0)
        return; /* HEAD */
    problem = json_loads(response->body, 0, NULL);
    ck_assert_msg(problem != NULL, "%s: %s", why, response->body);
    ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), response->status);
    ck_assert_ptr_nonnull(json_string_value(json_object_get(problem, "type")));
    json_decref(problem);
}

static bool
is_of_class(const char *statuses, int status)
{
    char text[16];

    snprintf(text, sizeof text, "%d", status);
    return strstr(statuses, status == 0 ? "close" : text) != NULL;
}

/* One answer of the class, then the end of the connection. */
static void
expect_refusal(int port, const struct malformed_row *row)
{
    bool is_head = row->size > 4 && memcmp(row->bytes, "HEAD", 4) == 0;
    struct http_response response;
    struct http http;

    http_open(&http, port);
    http_send(&http, row->bytes, row->size);
    http_send(&http, smuggled, strlen(smuggled));
    if (!http_receive(&http, &response, is_head, ANSWER_MS))
        ck_assert_msg(response.status == 0, "%s: half an answer", row->why);
    ck_assert_msg(is_of_class(row->statuses, response.status), "%s: %d, not %s: %.200s", row->why,
                  response.status, row->statuses, response.body != NULL ? response.body : "");
    if (response.status != 0)
        expect_problem(row->why, &response);
    ck_assert_msg(http_is_closed(&http, ANSWER_MS), "%s: the connection goes on (%s)", row->why,
                  http.data != NULL ? http.data : "");
    http_response_fini(&response);
    http_close(&http);
}

START_TEST(every_row_is_refused_and_its_connection_closed)
{
    ck_assert_uint_ge(ROWS, 120);
    for (size_t i = 0; i < ROWS; i++)
        expect_refusal(world.port, &malformed_rows[i]);
}
END_TEST

START_TEST(the_admin_listener_refuses_the_same)
{
    for (size_t i = 0; i < ROWS; i++)
        expect_refusal(world.admin_port, &malformed_rows[i]);
}
END_TEST

/* A head of so many fields, the last one as given. */
static void
expect_fields_refused(int count, const char *last, const char *statuses)
{
    char head[4096];
    struct malformed_row row = {"many fields", head, 0, statuses};
    size_t size = (size_t)snprintf(head, sizeof head, "POST /livez HTTP/1.1\r\nHost: a\r\n");

    for (int i = 0; i < count - 2; i++)
        size += (size_t)snprintf(head + size, sizeof head - size, "X-%d: y\r\n", i);
    row.size = size + (size_t)snprintf(head + size, sizeof head - size, "%s\r\n\r\n", last);
    expect_refusal(world.port, &row);
}

START_TEST(fields_are_counted)
{
    expect_fields_refused(64, "X: y", "431");
    expect_fields_refused(65, "X: y", "431");
    expect_fields_refused(100, "X: y", "431");
    expect_fields_refused(64, "Content-Length: 5", "431");
    expect_fields_refused(65, "Content-Length: 5", "431");
    expect_fields_refused(66, "Transfer-Encoding: chunked", "431");
    expect_fields_refused(65, "Authorization: Bearer x", "431");
}
END_TEST

/* A target of target_bytes and a field of field_bytes. */
static void
expect_size_refused(int target_bytes, int field_bytes, const char *statuses)
{
    char *head = NULL;
    int size = asprintf(&head, "GET /%0*d HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n", target_bytes - 1,
                        0, field_bytes, 0);
    struct malformed_row row = {"too large", head, (size_t)size, statuses};

    expect_refusal(world.port, &row);
    free(head);
}

START_TEST(sizes_are_bounded)
{
    expect_size_refused(8193, 1, "414");
    expect_size_refused(12000, 1, "414");
    expect_size_refused(16300, 1, "414 431");
    expect_size_refused(10, 16384, "431");
    expect_size_refused(10, 20000, "431");
    /* beyond the library's buffer */
    expect_size_refused(100000, 1, "400 414 close");
    expect_size_refused(10, 1000000, "400 431 close");
}
END_TEST

START_TEST(half_a_request_ends_in_time)
{
    static const char *const halves[] = {
        "G",
        "GET /livez HTTP/1.1",
        "GET /livez HTTP/1.1\r\nHost: a\r\n",
        "GET /livez HTTP/1.1\r\nHost: a\r\nX: y\r\n\r",
    };
    struct http_response response;
    struct http http;

    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        http_open(&http, world.port);
        http_send(&http, halves[i], strlen(halves[i]));
        http_receive(&http, &response, false, ANSWER_MS);
        ck_assert_msg(is_of_class("400 408 close", response.status), "%s: %d", halves[i],
                      response.status);
        ck_assert(http_is_closed(&http, ANSWER_MS));
        http_response_fini(&response);
        http_close(&http);
    }
}
END_TEST

static const char *const admin_bodies[] = {
    "Content-Length: 10\r\n\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
};

START_TEST(half_a_body_ends_in_time_and_is_never_used)
{
    struct http_response response;
    struct http http;
    char head[512];

    for (size_t i = 0; i < sizeof admin_bodies / sizeof *admin_bodies; i++) {
        http_open(&http, world.admin_port);
        snprintf(head, sizeof head,
                 "POST /admin/cache/clear HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n%s",
                 world.admin_token, admin_bodies[i]);
        http_send(&http, head, strlen(head));
        http_receive(&http, &response, false, ANSWER_MS);
        ck_assert_msg(is_of_class("400 408", response.status), "%s: %d", admin_bodies[i],
                      response.status);
        expect_problem(admin_bodies[i], &response);
        ck_assert(http_is_closed(&http, ANSWER_MS));
        http_response_fini(&response);
        http_close(&http);
    }
    ck_assert_int_eq(world_query(&world, "cache.db", "SELECT count(*) FROM purge_log"), 0);
}
END_TEST

START_TEST(an_expectation_is_met_before_the_body_is_read)
{
    struct http_response response;
    struct http http;
    char head[512];

    http_open(&http, world.admin_port);
    snprintf(head, sizeof head,
             "POST /admin/cache/clear HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
             "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
             world.admin_token);
    http_send(&http, head, strlen(head));
    ck_assert(http_receive(&http, &response, false, ANSWER_MS));
    ck_assert_int_eq(response.status, 100);
    http_response_fini(&response);
    http_send(&http, "{}", 2);
    ck_assert(http_receive(&http, &response, false, 20000));
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    http_close(&http);
}
END_TEST

/* H9: no status brings a body with HEAD. */
START_TEST(head_never_has_a_body)
{
    static const struct {
        const char *target;
        const char *key;
        int status;
    } rows[] = {
        {"/livez", NULL, 200},   {"/api/v1/properties", NULL, 401},
        {"/nothing", NULL, 404}, {"/api/v1/properties", "wrong", 401},
        {"/livez#x", NULL, 400},
    };
    struct http_response response;
    struct http http;
    char head[256];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(head, sizeof head,
                 "HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s%s%s\r\n", rows[i].target,
                 rows[i].key != NULL ? "Authorization: Bearer " : "",
                 rows[i].key != NULL ? rows[i].key : "", rows[i].key != NULL ? "\r\n" : "");
        http_open(&http, world.port);
        http_send(&http, head, strlen(head));
        ck_assert(http_receive(&http, &response, true, ANSWER_MS));
        ck_assert_int_eq(response.status, rows[i].status);
        ck_assert_msg(http_is_closed(&http, ANSWER_MS), "HEAD %s has a body", rows[i].target);
        http_response_fini(&response);
        http_close(&http);
    }
}
END_TEST

static const char *const bases[] = {
    "GET /livez HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX-Request-ID: abc\r\n\r\n",
    "GET /api/v1/properties?city=Austin&state=TX HTTP/1.1\r\nHost: a.example:8000\r\nUser-Agent: "
    "t\r\n\r\n",
    "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
    "POST /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "GET /api/v1/properties HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Bearer "
    "rc_x\r\n\r\n",
};

/* Replaces, inserts, leaves out or doubles up to three bytes of a base. */
static size_t
mutate(unsigned *seed, char *to, size_t capacity)
{
    static const char bytes[] = "\r\n\r\n \t:;,/?#%\\\"{}|0159aGZ\x00\x01\x7f\x80\xff+-_=&";
    const char *base = bases[(size_t)rand_r(seed) % (sizeof bases / sizeof *bases)];
    size_t size = strlen(base);
    int changes = 1 + rand_r(seed) % 3;

    memcpy(to, base, size);
    while (changes-- > 0 && size + 64 < capacity) {
        size_t at = (size_t)rand_r(seed) % size, run = 1 + (size_t)rand_r(seed) % 8;

        if (run > size - at)
            run = size - at;
        switch (rand_r(seed) % 4) {
        case 0:
            to[at] = bytes[(size_t)rand_r(seed) % (sizeof bytes - 1)];
            break;
        case 1:
            memmove(to + at + 1, to + at, size++ - at);
            to[at] = bytes[(size_t)rand_r(seed) % (sizeof bytes - 1)];
            break;
        case 2:
            memmove(to + at, to + at + run, size - at - run);
            size -= run;
            break;
        default:
            memmove(to + at + run, to + at, size - at);
            size += run;
        }
        if (size == 0)
            to[size++] = 'G';
    }
    return size;
}

/* Statuses of framing: behind them nothing may follow. Without a key no other 400 is possible. */
static bool
is_framing_error(int status)
{
    return is_of_class("400 408 411 413 414 417 431 501 505", status);
}

static void
expect_sane_answers(const char *why, struct http *http, unsigned *refused)
{
    struct http_response response;
    bool is_over = false;

    while (http_receive(http, &response, false, ANSWER_MS)) {
        ck_assert_msg(!is_over, "%s: an answer behind a framing error: %s", why, response.head);
        ck_assert_msg(is_framing_error(response.status) ||
                          is_of_class("200 401 404 405", response.status),
                      "%s: %s", why, response.head);
        expect_problem(why, &response);
        is_over = is_framing_error(response.status);
        *refused += is_over;
        http_response_fini(&response);
    }
    ck_assert_msg(http->size == 0, "%s: half an answer: %s", why, http->data);
    http_response_fini(&response);
}

START_TEST(mutations_of_good_requests_never_execute_what_follows_an_error)
{
    static const char follower[] = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    unsigned refused = 0;

    for (unsigned i = 0; i < MUTATIONS; i++) {
        char bytes[1024], why[32];
        unsigned seed = i + 1;
        size_t size = mutate(&seed, bytes, sizeof bytes);
        struct http http;

        snprintf(why, sizeof why, "mutation %u", i);
        http_open(&http, i % 8 == 7 ? world.admin_port : world.port);
        http_send(&http, bytes, size);
        http_send(&http, follower, sizeof follower - 1);
        shutdown(http.socket, SHUT_WR);
        expect_sane_answers(why, &http, &refused);
        http_close(&http);
    }
    ck_assert_uint_gt(refused, MUTATIONS / 4);
}
END_TEST

/* H10: what a client sends never comes back raw. */
START_TEST(no_field_comes_back_raw)
{
    unsigned seed = 4711;
    struct http http;

    http_open(&http, world.port);
    for (int i = 0; i < 2000; i++) {
        struct http_response response;
        char value[64], field[128];
        size_t size = 1 + (size_t)rand_r(&seed) % 40;

        for (size_t at = 0; at < size; at++)
            do
                value[at] = (char)(32 + rand_r(&seed) % 224);
            while (value[at] == 127);
        value[size] = '\0';
        snprintf(field, sizeof field, "X-Request-ID: %s\r\nUser-Agent: %s\r\n", value, value);
        ck_assert(http_call_on(&http, "GET", "/api/v1/none?limit=1%0d%0aX:y", NULL, NULL, field,
                               &response));
        ck_assert_int_eq(response.status, 404);
        expect_problem(field, &response);
        ck_assert_ptr_null(strstr(response.head, "\r\nX:"));
        http_response_fini(&response);
    }
    http_close(&http);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("malformed");
    TCase *cases = tcase_create("requests");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 200);
    tcase_add_test(cases, every_row_is_refused_and_its_connection_closed);
    tcase_add_test(cases, the_admin_listener_refuses_the_same);
    tcase_add_test(cases, fields_are_counted);
    tcase_add_test(cases, sizes_are_bounded);
    tcase_add_test(cases, half_a_request_ends_in_time);
    tcase_add_test(cases, half_a_body_ends_in_time_and_is_never_used);
    tcase_add_test(cases, an_expectation_is_met_before_the_body_is_read);
    tcase_add_test(cases, head_never_has_a_body);
    tcase_add_test(cases, mutations_of_good_requests_never_execute_what_follows_an_error);
    tcase_add_test(cases, no_field_comes_back_raw);
    suite_add_tcase(suite, cases);
    return suite;
}
