/* authentication_test.c - who gets in: every route against every way of not having a key, and where secrets are not. */
/* links: @support @core */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api_key.h"
#include "support/row.h"
#include "support/server/admin.h"
#include "support/server/secrets.h"
#include "support/testbed_fixture.h"

static char expired_key[80];

static void
setup(void)
{
    testbed_start(&testbed, NULL);
    testbed_make_key(&testbed, "expired", "", expired_key);
    json_decref(
        admin_change_key(&testbed, "expired", "{\"expires_at\": \"2020-01-01T00:00:00Z\"}", 200));
}

struct way {
    const char *why;
    const char *
        fields; /* %K: a valid credential, %W: one that is none, %E: an expired one, %C: of the other listener */
    const char *statuses;
};

static const struct way ways[] = {
    {"nothing", "", "401"},
    {"an empty field", "Authorization:\r\n", "401"},
    {"a scheme without a token", "Authorization: Bearer\r\n", "401"},
    {"a scheme and a blank", "Authorization: Bearer \r\n", "401"},
    {"an unknown token", "Authorization: Bearer %W\r\n", "401"},
    {"an unknown token in lower case", "authorization: bearer %W\r\n", "401"},
    {"an unknown token in upper case", "AUTHORIZATION: BEARER %W\r\n", "401"},
    {"an expired key", "Authorization: Bearer %E\r\n", "401"},
    {"a credential of the other listener", "Authorization: Bearer %C\r\n", "401"},
    {"a token without a scheme", "Authorization: %K\r\n", "401"},
    {"another scheme", "Authorization: Basic %K\r\n", "401"},
    {"a scheme that begins alike", "Authorization: Bearers %K\r\n", "401"},
    {"no blank behind the scheme", "Authorization: Bearer%K\r\n", "401"},
    {"a colon behind the scheme", "Authorization: Bearer: %K\r\n", "401"},
    {"a parameter", "Authorization: Bearer token=\"%K\"\r\n", "401"},
    {"quotes", "Authorization: Bearer \"%K\"\r\n", "401"},
    {"two tokens", "Authorization: Bearer %W %K\r\n", "401"},
    {"two tokens, the good one first", "Authorization: Bearer %K %W\r\n", "401"},
    {"a list", "Authorization: Bearer %W, Bearer %K\r\n", "401"},
    {"one more character", "Authorization: Bearer %Ka\r\n", "401"},
    {"an equals sign", "Authorization: Bearer %K=\r\n", "401"},
    {"a byte beyond ASCII", "Authorization: Bearer %K\xc3\xa4\r\n", "401"},
    {"twice, the good one first", "Authorization: Bearer %K\r\nAuthorization: Bearer %W\r\n",
     "400 401"},
    {"twice, the good one last", "Authorization: Bearer %W\r\nAuthorization: Bearer %K\r\n",
     "400 401"},
    {"twice the good one", "Authorization: Bearer %K\r\nauthorization: Bearer %K\r\n", "400 401"},
    {"folded", "Authorization: Bearer\r\n %K\r\n", "400"},
    {"folded away", "X: y\r\n Authorization: Bearer %K\r\n", "400"},
    {"behind a folded line", "X: y\r\n z\r\nAuthorization: Bearer %K\r\n", "400"},
    {"behind an empty name", ": y\r\nAuthorization: Bearer %K\r\n", "400"},
    {"a blank before the colon", "Authorization : Bearer %K\r\n", "400"},
    {"an underscore", "X_Authorization: Bearer %K\r\n", "401"},
    {"a proxy's field", "Proxy-Authorization: Bearer %K\r\n", "401"},
    {"the paid API's field", "X-Api-Key: %K\r\n", "401"},
    {"a cookie", "Cookie: Authorization=Bearer %K\r\n", "401"},
    {"a method override", "X-HTTP-Method-Override: OPTIONS\r\n", "401"},
    {"a rewritten target", "X-Original-URL: /livez\r\nX-Rewrite-URL: /livez\r\n", "401"},
    {"a forged origin", "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n", "401"},
};

struct door {
    bool is_admin;
    const char *method;
    const char *target;
    const char *body;
};

static const struct door doors[] = {
    {false, "GET", "/api/v1/properties?state=TX", NULL},
    {false, "HEAD", "/api/v1/properties?state=TX", NULL},
    {false, "GET", "/api/v1/properties/Nowhere-1", NULL},
    {false, "GET", "/api/v1/estimates/value?latitude=30&longitude=-97", NULL},
    {false, "GET", "/api/v1/properties?limit=nonsense", NULL},
    {false, "GET", "/api/v1/properties?api_key=x&access_token=y&force_refresh=true", NULL},
    {true, "GET", "/admin/api-keys", NULL},
    {true, "HEAD", "/admin/api-keys", NULL},
    {true, "POST", "/admin/api-keys", "{\"key_name\": \"intruder\"}"},
    {true, "GET", "/admin/stats", NULL},
    {true, "POST", "/admin/cache/clear", "{}"},
    {true, "DELETE", "/admin/api-keys", NULL},
    {true, "GET", "/admin/nothing", NULL},
    {true, "GET", "/admin/", NULL},
};

/* What a letter behind % stands for. */
static const char *
credential_of(char letter, bool is_admin)
{
    switch (letter) {
    case 'K':
        return is_admin ? testbed.admin_token : testbed.key;
    case 'C':
        return is_admin ? testbed.key : testbed.admin_token;
    case 'E':
        return expired_key;
    default:
        return "rc_aaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb_cccccc";
    }
}

static void
fill_in(const struct way *way, bool is_admin, char *fields, size_t size)
{
    const char *from = way->fields;
    size_t used = 0;

    for (const char *mark; (mark = strchr(from, '%')) != NULL; from = mark + 2)
        used += (size_t)snprintf(fields + used, size - used, "%.*s%s", (int)(mark - from), from,
                                 credential_of(mark[1], is_admin));
    snprintf(fields + used, size - used, "%s", from);
}

static void
expect_no_entry(const struct door *door, const struct way *way)
{
    struct http_response response;
    char fields[1024], field[64], status[8];

    fill_in(way, door->is_admin, fields, sizeof fields);
    http_call(door->is_admin ? testbed.admin_port : testbed.port, door->method, door->target, NULL,
              door->body, fields, &response);
    snprintf(status, sizeof status, "%d", response.status);
    ck_assert_msg(strstr(way->statuses, status) != NULL, "%s %s with %s: %s", door->method,
                  door->target, way->why, status);
    if (response.status == 401) {
        ck_assert_msg(http_field(&response, "WWW-Authenticate", field, sizeof field), "%s",
                      way->why);
        ck_assert_str_eq(field, "Bearer");
    }
    ck_assert(http_field(&response, "Content-Type", field, sizeof field));
    ck_assert_str_eq(field, "application/problem+json");
    http_response_fini(&response);
}

/* S6 */
START_TEST(no_door_opens_without_its_credential)
{
    int64_t keys = testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM api_keys");

    row("R-028");
    row("R-092");
    for (size_t d = 0; d < sizeof doors / sizeof *doors; d++)
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
            expect_no_entry(&doors[d], &ways[w]);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats"),
                     0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM ledger"), 0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM api_keys"),
                     keys);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM purge_log"), 0);
    /* counted, not itemised */
    ck_assert(testbed_metric(&testbed, "rentcache_requests_rejected_total") >=
              (double)(6 * sizeof ways / sizeof *ways));
}
END_TEST

/* The credential as so many-th field behind Host. */
static int
status_of_nth_field(const struct door *door, int position)
{
    struct http_response response;
    char fields[4096] = "";
    size_t size = 0;
    int status;

    for (int i = 2; i < position; i++)
        size += (size_t)snprintf(fields + size, sizeof fields - size, "X-%d: y\r\n", i);
    snprintf(fields + size, sizeof fields - size, "Authorization: Bearer %s\r\n",
             door->is_admin ? testbed.admin_token : testbed.key);
    http_call(door->is_admin ? testbed.admin_port : testbed.port, door->method, door->target, NULL,
              NULL, fields, &response);
    status = response.status;
    http_response_fini(&response);
    return status;
}

START_TEST(a_credential_behind_too_many_fields_is_not_seen)
{
    static const struct door data = {false, "GET", "/api/v1/properties?state=TX", NULL};
    static const struct door admin = {true, "GET", "/admin/api-keys", NULL};

    ck_assert_int_eq(status_of_nth_field(&data, 63), 200);
    ck_assert_int_eq(status_of_nth_field(&admin, 63), 200);
    for (int position = 64; position <= 66; position++) {
        ck_assert_int_eq(status_of_nth_field(&data, position), 431);
        ck_assert_int_eq(status_of_nth_field(&admin, position), 431);
    }
}
END_TEST

/* RFC 9110 11.1: the scheme's case does not matter. */
START_TEST(a_key_opens_in_every_case_of_the_scheme)
{
    static const char *const schemes[] = {"Bearer", "bearer", "BEARER", "bEaReR"};
    struct http_response response;
    char fields[256];

    row("R-010");
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        snprintf(fields, sizeof fields, "Authorization: %s %s\r\n", schemes[i], testbed.key);
        http_call(testbed.port, "GET", "/api/v1/properties?state=TX", NULL, NULL, fields,
                  &response);
        ck_assert_int_eq(response.status, 200);
        http_response_fini(&response);
    }
}
END_TEST

START_TEST(a_key_that_differs_in_one_character_does_not_open)
{
    char key[80];

    for (size_t i = 0; testbed.key[i] != '\0'; i++) {
        struct http_response response;

        memcpy(key, testbed.key, sizeof key);
        key[i] = key[i] == 'x' ? 'y' : 'x';
        http_call(testbed.port, "GET", "/api/v1/properties?state=TX", key, NULL, NULL, &response);
        ck_assert_msg(response.status == 401, "%s: %d", key, response.status);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

START_TEST(the_order_is_key_then_limit_then_cache_then_upstream)
{
    char limited[80];

    row("R-002");
    testbed_make_key(&testbed, "one", "\"limits\": {\"global\": \"1/hour\"}", limited);
    ck_assert_int_eq(testbed_status(&testbed, "wrong", "/api/v1/properties?limit=0"),
                     401); /* before parameters are looked at */
    ck_assert_int_eq(testbed_status(&testbed, testbed.key, "/api/v1/properties?state=TX&limit=1"),
                     200);
    ck_assert_int_eq(testbed_status(&testbed, "wrong", "/api/v1/properties?state=TX&limit=1"),
                     401); /* though it is cached */
    ck_assert_int_eq(testbed_status(&testbed, limited, "/api/v1/properties?state=TX&limit=1"), 200);
    ck_assert_int_eq(testbed_status(&testbed, limited, "/api/v1/properties?state=TX&limit=1"),
                     429); /* though it is cached */
    ck_assert_int_eq(testbed_status(&testbed, limited, "/api/v1/properties?state=TX&limit=2"), 429);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    /* nor did it reach the cache: of the four that named the entry, one was a hit */
    testbed_stop_server(&testbed);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db", "SELECT sum(hit_count) FROM cache_entries"), 1);
}
END_TEST

static void
expect_nowhere(const char *secret, const char *but_in)
{
    secrets_expect_nowhere(testbed.folder, secret, but_in);
}

static void
expect_no_secret_anywhere(void)
{
    char token_file[160], random_part[33];

    snprintf(token_file, sizeof token_file, "%s/admin-token", testbed.data_dir);
    snprintf(random_part, sizeof random_part, "%.32s",
             strchr(strchr(testbed.key, '_') + 1, '_') + 1);
    expect_nowhere(testbed.key, NULL);
    expect_nowhere(random_part, NULL);
    expect_nowhere("sim_key_unlimited", NULL);
    expect_nowhere("wrong_but_secret_token", NULL);
    expect_nowhere(testbed.admin_token, token_file);
}

START_TEST(secrets_are_stored_nowhere)
{
    char hash[API_KEY_HEX_SIZE], sql[256];

    row("R-093");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    testbed_expect(&testbed, "/api/v1/properties?limit=0", 422);
    ck_assert_int_eq(testbed_status(&testbed, "wrong_but_secret_token", "/api/v1/properties"), 401);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 401, \"probability\": 1.0}");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=9", 502);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 4, 60000);

    row("R-010");
    api_key_hash_hex(bytes_of_text(testbed.key), hash);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM api_keys WHERE key_hash = '%s'", hash);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", sql), 1);
    expect_no_secret_anywhere();
    testbed_stop_server(&testbed);
    expect_no_secret_anywhere();
}
END_TEST

START_TEST(what_holds_secrets_is_for_its_owner_only)
{
    char path[160];
    struct stat about;

    snprintf(path, sizeof path, "%s/admin-token", testbed.data_dir);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0600);
    ck_assert_int_eq(stat(testbed.data_dir, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/rentcache.db", testbed.data_dir);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0077, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("authentication");
    TCase *cases = tcase_create("keys");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, no_door_opens_without_its_credential);
    tcase_add_test(cases, a_credential_behind_too_many_fields_is_not_seen);
    tcase_add_test(cases, a_key_opens_in_every_case_of_the_scheme);
    tcase_add_test(cases, a_key_that_differs_in_one_character_does_not_open);
    tcase_add_test(cases, the_order_is_key_then_limit_then_cache_then_upstream);
    tcase_add_test(cases, secrets_are_stored_nowhere);
    tcase_add_test(cases, what_holds_secrets_is_for_its_owner_only);
    suite_add_tcase(suite, cases);
    return suite;
}
