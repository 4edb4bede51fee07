/* credentials_test.c - keys share what may be shared, and nothing else. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define KEYS       20
#define RECORDS    5
#define CLIENTS    8
#define REQUESTS   300 /* each */
#define LEAST_SIZE 700 /* of the first key's records: the size says whose an answer is */

static char keys[KEYS][80];
static char config_path[] = "/tmp/rentcache-config-XXXXXX";

static void
make_keys(void)
{
    for (int i = 0; i < KEYS; i++) {
        char name[32];

        snprintf(name, sizeof name, "tenant_%d", i);
        testbed_make_key(
            &testbed, name,
            "\"limits\": {\"global\": \"none\", \"*\": \"none\"}, \"daily_limit\": \"none\"",
            keys[i]);
    }
}

static void
setup_shared(void)
{
    testbed_start(&testbed, NULL);
    make_keys();
}

static void
teardown_shared(void)
{
    testbed_stop(&testbed);
}

/* The line that says how a route is shared; without one it is not. */
static void
start_apart(const char *share)
{
    static char setting[128];
    const char *const settings[] = {setting, NULL};
    int file = mkstemp(config_path);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;

    ck_assert_ptr_nonnull(out);
    fprintf(out,
            "routes:\n"
            "  - name: record\n"
            "    method: GET\n"
            "    path: /record/{id}\n"
            "    upstream_path: /v1/properties/{id}\n"
            "    ttl_s: 3600\n"
            "    cost_usd: \"1.0\"\n"
            "%s"
            "    parameters:\n"
            "      - {name: id, type: text, in_path: true, required: true}\n",
            share);
    fclose(out);
    snprintf(setting, sizeof setting, "RENTCACHE_CONFIG=%s", config_path);
    testbed_start(&testbed, settings);
    make_keys();
}

static void
end_apart(void)
{
    testbed_stop(&testbed);
    remove(config_path);
}

START_TEST(one_paid_answer_serves_every_key)
{
    struct http_response first, other;
    char target[96];

    for (int record = 0; record < RECORDS; record++) {
        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%d", record + 1);
        http_call(testbed.port, "GET", target, keys[record], NULL, NULL, &first);
        ck_assert_int_eq(first.status, 200);
        for (int i = 0; i < KEYS; i++) {
            http_call(testbed.port, "GET", target, keys[i], NULL, NULL, &other);
            ck_assert_int_eq(other.status, 200);
            ck_assert_uint_eq(other.body_size, first.body_size);
            ck_assert_int_eq(memcmp(other.body, first.body, first.body_size), 0);
            http_response_fini(&other);
        }
        http_response_fini(&first);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), RECORDS);
    /* who caused the call paid for it */
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(DISTINCT api_key_id) FROM ledger WHERE status = 'billed'",
                        RECORDS, 60000);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats",
                        RECORDS * (KEYS + 1), 60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(DISTINCT api_key_id) FROM usage_stats", KEYS, 60000);
}
END_TEST

/* The record as this key sees it: its size, and whether it was cached. */
static int
read_record(struct http *http, int key, int record, bool *is_hit)
{
    struct http_response response;
    char target[64], text[16];
    int size = -1;

    snprintf(target, sizeof target, "/record/bench-%d", record);
    if (http_call_on(http, "GET", target, keys[key], NULL, NULL, &response) &&
        response.status == 200)
        size = (int)response.body_size;
    *is_hit = http_field(&response, "X-Cache-Hit", text, sizeof text) && strcmp(text, "true") == 0;
    http_response_fini(&response);
    return size;
}

/* Every key fetches every record, each key in a version of its own. */
static void
fill(void)
{
    struct http http;
    char body[64];
    bool is_hit;

    http_open(&http, testbed.port);
    for (int key = 0; key < KEYS; key++) {
        snprintf(body, sizeof body, "{\"body_bytes\": %d}", LEAST_SIZE + key);
        json_decref(testbed_control(&testbed, "PUT", "/_control/settings", body));
        for (int record = 0; record < RECORDS; record++) {
            ck_assert_int_eq(read_record(&http, key, record, &is_hit), LEAST_SIZE + key);
            ck_assert(!is_hit);
        }
    }
    http_close(&http);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), KEYS * RECORDS);
}

struct client {
    pthread_t thread;
    unsigned seed;
    int strange; /* answers of another key, or no hits */
};

static void *
read_at_random(void *argument)
{
    struct client *client = argument;
    struct http http;
    bool is_hit;

    http_open(&http, testbed.port);
    for (int i = 0; i < REQUESTS; i++) {
        int key = rand_r(&client->seed) % KEYS;
        int size = read_record(&http, key, rand_r(&client->seed) % RECORDS, &is_hit);

        client->strange += size != LEAST_SIZE + key || !is_hit;
    }
    http_close(&http);
    return NULL;
}

/* C7 in small */
static void
expect_everybody_sees_their_own(void)
{
    struct client clients[CLIENTS] = {0};

    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i].seed = i + 1;
        ck_assert_int_eq(pthread_create(&clients[i].thread, NULL, read_at_random, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        ck_assert_int_eq(clients[i].strange, 0);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), KEYS * RECORDS);
}

START_TEST(keys_that_do_not_share_never_see_each_other)
{
    static const char *const shares[] = {"    share: key\n", ""};

    start_apart(shares[_i]);
    fill();
    expect_everybody_sees_their_own();
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed); /* now from disk */
    expect_everybody_sees_their_own();
    end_apart();
}
END_TEST

/* C8 in small: what differs in one byte, or in what it means, has an entry of its own. */
static const char *const different[] = {
    "?state=TX&limit=7",
    "?state=TX&limit=8",
    "?state=TX&limit=7&offset=1",
    "?state=TX&limit=7&includeTotalCount=true",
    "?state=TX&limit=7&bedrooms=2",
    "?state=TX&limit=7&bedrooms=2|3",
    "?state=TX&limit=7&bedrooms=2:3",
    "?state=TX&limit=7&bedrooms=2:*",
    "?state=TX&limit=7&bedrooms=*:2",
    "?state=TX&limit=7&bathrooms=2",
    "?state=TX&limit=7&bathrooms=2.5",
    "?state=TX&limit=7&yearBuilt=2000:*",
    "?state=TX&limit=7&saleDateRange=2000",
    "?state=TX&limit=7&city=Austin",
    "?state=TX&limit=7&city=Dallas",
    "?city=TX&limit=7&state=CO",
    "?state=CO&limit=7",
    "?state=TX&limit=7&propertyType=Condo",
    "?state=TX&limit=7&propertyType=Condo|Townhouse",
    "?state=TX&limit=7&zipCode=78701",
    "?latitude=30.27&longitude=-97.74&radius=5&limit=7",
    "?latitude=30.27&longitude=-97.74&radius=5.1&limit=7",
    "?latitude=30.28&longitude=-97.74&radius=5&limit=7",
    "?address=a%26state%3DTX&limit=7",
    "/a%26state%3DTX",
    "/a%3Bb",
    "/a%252Fb",
};

START_TEST(different_requests_have_different_entries)
{
    struct http_response response;
    char target[256], text[16];
    size_t count = sizeof different / sizeof *different;

    for (size_t i = 0; i < count; i++) {
        snprintf(target, sizeof target, "/api/v1/properties%s", different[i]);
        testbed_get(&testbed, target, &response);
        ck_assert_msg(response.status == 200 || response.status == 404 || response.status == 400,
                      "%s: %d %s", target, response.status, response.body);
        if (http_field(&response, "X-Cache-Hit", text, sizeof text))
            ck_assert_msg(strcmp(text, "false") == 0, "%s", target);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), (int64_t)count);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db",
                      "SELECT count(DISTINCT signature) = count(*) FROM cache_entries"),
        1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("credentials");
    TCase *shared = tcase_create("shared"), *apart = tcase_create("apart");

    tcase_add_checked_fixture(shared, setup_shared, teardown_shared);
    tcase_set_timeout(shared, 120);
    tcase_add_test(shared, one_paid_answer_serves_every_key);
    tcase_add_test(shared, different_requests_have_different_entries);
    suite_add_tcase(suite, shared);
    tcase_set_timeout(apart, 120);
    tcase_add_loop_test(apart, keys_that_do_not_share_never_see_each_other, 0, 2);
    suite_add_tcase(suite, apart);
    return suite;
}
