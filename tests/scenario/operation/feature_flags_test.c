/* feature_flags_test.c - CORS, gzip, the limiter, the access log, metrics and security fields: each on by itself and off by a
 * setting, on every route. */
/* links: @support */
/* topologies: one four */
#include "scenario/cache/validators_common.h"

#define ORIGIN "Origin: https://app.example\r\n"

struct asked_route {
    const char *target; /* a body of more than 1000 bytes */
    const char *route;  /* as its access line names it */
};

static const struct asked_route routes[] = {
    {"/api/v1/properties?state=TX&limit=5", "\"properties\""},
    {"/api/v1/estimates/value?latitude=30.27&longitude=-97.74", "\"value_estimate\""},
};

#define ROUTES (sizeof routes / sizeof *routes)

static void
setup_on(void)
{
    testbed_start(&testbed, NULL);
}

static void
setup_off(void)
{
    static const char *const settings[] = {"CORS_ORIGINS=",
                                           "CACHE_COMPRESSION=false",
                                           "ENABLE_RATE_LIMITING=false",
                                           "ACCESS_LOG=false",
                                           "ENABLE_METRICS=false",
                                           "SECURITY_HEADERS=false",
                                           NULL};

    testbed_start(&testbed, settings);
}

/* What every answer has, or has not. */
static void
look(const struct http_response *response, bool is_on)
{
    static const char *const fields[] = {"Access-Control-Allow-Origin",
                                         "Access-Control-Expose-Headers", "X-Content-Type-Options",
                                         "X-Frame-Options", "Referrer-Policy"};
    char value[FIELD_SIZE];

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        ck_assert_msg(http_field(response, fields[i], value, sizeof value) == is_on, "%s in\n%s",
                      fields[i], response->head);
    ck_assert(!http_field(response, "Strict-Transport-Security", value, sizeof value));
}

static void
expect_coding(const struct http_response *response, bool is_on)
{
    char coding[FIELD_SIZE];

    ck_assert_msg(http_field(response, "Content-Encoding", coding, sizeof coding) == is_on, "%s",
                  response->head);
}

/* Whether the log has a line with both texts. */
static bool
is_logged(const char *one, const char *other)
{
    FILE *log = fopen(testbed.log_path, "r");
    char line[4096];
    bool is_found = false;

    ck_assert_ptr_nonnull(log);
    while (!is_found && fgets(line, sizeof line, log) != NULL)
        is_found = strstr(line, one) != NULL && strstr(line, other) != NULL;
    fclose(log);
    return is_found;
}

/* A key with one request an hour per route: the second is the limiter's. */
static void
ask_each_route_twice(bool is_on)
{
    char limited[80];

    testbed_make_key(&testbed, "limited",
                     "\"limits\": {\"properties\": \"1/hour\", \"value_estimate\": \"1/hour\"}",
                     limited);
    for (size_t i = 0; i < ROUTES * 2; i++) {
        struct http_response response;
        bool is_second = i >= ROUTES;

        http_call(testbed.port, "GET", routes[i % ROUTES].target, limited, NULL, ORIGIN GZIP,
                  &response);
        ck_assert_msg(response.status == (is_second && is_on ? 429 : 200), "%s: %d",
                      routes[i % ROUTES].target, response.status);
        look(&response, is_on);
        expect_coding(&response, is_on && !is_second);
        http_response_fini(&response);
    }
}

static void
look_at_metrics(int status)
{
    struct http_response response;

    http_call(testbed.admin_port, "GET", "/metrics", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, status);
    http_response_fini(&response);
}

static void
check_all(bool is_on)
{
    ask_each_route_twice(is_on);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 2 * ROUTES,
                        10000);
    look_at_metrics(is_on ? 200 : 404);
    testbed_stop_server(&testbed); /* what was answered is stored and logged before it ends */
    for (size_t i = 0; i < ROUTES; i++)
        ck_assert_msg(is_logged("\"access\"", routes[i].route) == is_on, "%s", routes[i].route);
    testbed_start_server(&testbed);
}

START_TEST(each_is_on_by_itself)
{
    row("R-009");
    check_all(true);
}
END_TEST

START_TEST(each_is_off_by_its_setting)
{
    row("R-009");
    check_all(false);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("feature_flags");
    TCase *on = tcase_create("on");
    TCase *off = tcase_create("off");

    tcase_set_timeout(on, 60);
    tcase_set_timeout(off, 60);
    tcase_add_checked_fixture(on, setup_on, testbed_teardown);
    tcase_add_checked_fixture(off, setup_off, testbed_teardown);
    tcase_add_test(on, each_is_on_by_itself);
    tcase_add_test(off, each_is_off_by_its_setting);
    suite_add_tcase(suite, on);
    suite_add_tcase(suite, off);
    return suite;
}
