/* l1_test.c - one connection to a real Redis: what is kept for how long, what is not trusted, and what a Redis that is gone,
 * frozen or full costs. */
/* links: cache/tiers/l1.c cache/tiers/l1_value.c @core @support */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "metrics.h"
#include "support/process/redis.h"
#include "support/row.h"
#include "tiers/l1.h"

#define KEY_A            "ceba473f42f79d99adb48ccd2b0ae28c"
#define KEY_B            "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"
#define NOW_US           1768478400000000LL
#define SECOND_US        1000000LL
#define TIMEOUT_MS       5000 /* no Redis that lives misses it, however busy the machine */
#define SHORT_TIMEOUT_MS 50

static struct redis redis;
static struct config config;
static struct l1_state state;
static struct l1 *l1;
static int64_t generation;
static int64_t failures_before, stores_before; /* of the tests that ran in this process already */

static int64_t
counted(enum metric metric)
{
    return metric_value(metric) - (metric == METRIC_L1_FAILURES ? failures_before : stores_before);
}

static enum status
renew(void *context, int64_t *renewed)
{
    int64_t *last = context;

    *renewed = ++*last;
    return STATUS_OK;
}

static void
configure(const char *url)
{
    signal(SIGPIPE, SIG_IGN); /* as the server does */
    memset(&config, 0, sizeof config);
    snprintf(config.cache.redis_url, sizeof config.cache.redis_url, "%s", url);
    config.cache.redis_enabled = config.cache.l1_enabled = true;
    config.cache.redis_timeout_ms = TIMEOUT_MS;
    config.cache.redis_purge_ms = 60000;
    config.cache.l1_max_ttl_s = 7200;
    config.cache.l1_max_body_bytes = 100;
    failures_before = metric_value(METRIC_L1_FAILURES);
    stores_before = metric_value(METRIC_L1_STORES);
    generation = 100;
    l1_state_init(&state, &config);
    l1 = l1_create(&state);
    ck_assert_ptr_nonnull(l1);
    l1_probe(l1, renew, &generation);
}

static void
setup(void)
{
    redis_start(&redis, NULL);
    configure(redis.url);
    ck_assert(atomic_load(&state.is_up));
}

static void
setup_alone(void)
{
    redis_start(&redis, NULL);
}

static void
teardown(void)
{
    l1_destroy(&l1);
    redis_stop(&redis);
}

static struct entry_row
make_row(const char *endpoint, const char *key, const char *body, int64_t life_s)
{
    struct entry_row row = {
        .signature = bytes_of_text("{}"),
        .endpoint = bytes_of_text(endpoint),
        .headers = bytes_of_text("Content-Type: application/json\r\n"),
        .body = bytes_of_text(body),
        .meta = {.http_status = 200,
                 .created_wall_ms = NOW_US / 1000,
                 .expires_wall_ms = (NOW_US + life_s * SECOND_US) / 1000,
                 .purge_number = 42},
    };

    snprintf(row.cache_key, sizeof row.cache_key, "%s", key);
    return row;
}

static enum status
put(const char *endpoint, const char *key, const char *body, int64_t life_s, enum l1_put_mode mode)
{
    struct entry_row row = make_row(endpoint, key, body, life_s);

    return l1_put(l1, &row, NOW_US, mode);
}

/* body NULL: there is none. */
static void
expect(const char *endpoint, const char *key, const char *body)
{
    struct entry_row row;
    struct blob *owner = NULL;
    enum status status = l1_get(l1, endpoint, key, &row, &owner);

    ck_assert_str_eq(status_name(status), status_name(body != NULL ? STATUS_OK : STATUS_NOT_FOUND));
    if (body == NULL)
        return;
    ck_assert(bytes_equal_text(row.body, body));
    ck_assert_str_eq(row.cache_key, key);
    ck_assert_int_eq(row.meta.purge_number, 42);
    blob_release(&owner);
}

static long long
left_ms(const char *key)
{
    return redis_number(&redis, "PTTL rentcache:%016llx:value:%s", (long long)generation, key);
}

START_TEST(what_is_put_is_got_for_as_long_as_it_is_fresh)
{
    expect("value", KEY_A, NULL);
    ck_assert_int_eq(put("value", KEY_A, "one", 100, L1_PUT_ALWAYS), STATUS_OK);
    expect("value", KEY_A, "one");
    expect("value", KEY_B, NULL);
    expect("rent", KEY_A, NULL);
    row("R-034");
    ck_assert_int_le(left_ms(KEY_A), 100000);
    ck_assert_int_gt(left_ms(KEY_A), 60000);
    /* whatever its own TTL is */
    ck_assert_int_eq(put("value", KEY_B, "long", 86400, L1_PUT_ALWAYS), STATUS_OK);
    ck_assert_int_le(left_ms(KEY_B), 7200000);
    ck_assert_int_gt(left_ms(KEY_B), 7100000);
    ck_assert_int_eq(counted(METRIC_L1_STORES), 2);
}
END_TEST

START_TEST(what_was_read_from_l2_replaces_nothing)
{
    ck_assert_int_eq(put("value", KEY_A, "new", 100, L1_PUT_ALWAYS), STATUS_OK);
    ck_assert_int_eq(put("value", KEY_A, "old", 100, L1_PUT_IF_NONE), STATUS_OK);
    expect("value", KEY_A, "new");
    ck_assert_int_eq(put("value", KEY_B, "read", 100, L1_PUT_IF_NONE), STATUS_OK);
    expect("value", KEY_B, "read");
    ck_assert_int_eq(put("value", KEY_A, "newer", 100, L1_PUT_ALWAYS), STATUS_OK);
    expect("value", KEY_A, "newer");
    ck_assert_int_eq(l1_drop(l1, "value", KEY_A), STATUS_OK);
    expect("value", KEY_A, NULL);
}
END_TEST

/* ... but what stood there before is not the newest any more. */
START_TEST(what_is_too_large_or_over_is_not_kept)
{
    static const struct {
        size_t size;
        int64_t life_s;
    } over[] = {{101, 100}, {3, 0}, {3, -5}};
    char body[128];

    for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
        ck_assert_int_eq(put("value", KEY_A, "before", 100, L1_PUT_ALWAYS), STATUS_OK);
        memset(body, 'x', over[i].size);
        body[over[i].size] = '\0';
        ck_assert_int_eq(put("value", KEY_A, body, over[i].life_s, L1_PUT_ALWAYS), STATUS_OK);
        expect("value", KEY_A, NULL);
    }
    memset(body, 'x', 100);
    body[100] = '\0';
    ck_assert_int_eq(put("value", KEY_A, body, 100, L1_PUT_ALWAYS), STATUS_OK);
    expect("value", KEY_A, body);
}
END_TEST

START_TEST(a_purge_deletes_what_it_names)
{
    char key[64];

    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "%032x", i);
        put(i % 2 == 0 ? "value" : "rent", key, "x", 100, L1_PUT_ALWAYS);
    }
    redis_text(&redis, key, sizeof key, "SET other 1");
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 2001);
    ck_assert_int_eq(l1_purge(l1, "value"), STATUS_OK);
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 1001);
    expect("value", "00000000000000000000000000000002", NULL);
    expect("rent", "00000000000000000000000000000003", "x");
    ck_assert_int_eq(l1_purge(l1, ""), STATUS_OK);
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 1);
}
END_TEST

START_TEST(what_others_wrote_under_a_key_of_ours_is_none)
{
    char answer[64];

    redis_text(&redis, answer, sizeof answer, "SET rentcache:%016llx:value:%s nonsense",
               (long long)generation, KEY_A);
    redis_text(&redis, answer, sizeof answer, "RPUSH rentcache:%016llx:value:%s a b",
               (long long)generation, KEY_B);
    expect("value", KEY_A, NULL);
    expect("value", KEY_B, NULL);
    ck_assert(atomic_load(&state.is_up));
    ck_assert_int_eq(put("value", KEY_B, "ours", 100, L1_PUT_ALWAYS), STATUS_OK);
    expect("value", KEY_B, "ours");
}
END_TEST

/* Nobody asks it any more until it is looked at; then nothing of before is seen. */
START_TEST(a_redis_that_went_is_skipped_and_comes_back_empty)
{
    put("value", KEY_A, "before", 100, L1_PUT_ALWAYS);
    redis_kill(&redis);
    struct entry_row row;
    struct blob *owner = NULL;

    ck_assert_int_eq(l1_get(l1, "value", KEY_A, &row, &owner), STATUS_UNAVAILABLE);
    ck_assert(!atomic_load(&state.is_up));
    ck_assert_int_eq(counted(METRIC_L1_FAILURES), 1);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(l1_get(l1, "value", KEY_A, &row, &owner), STATUS_UNAVAILABLE);
    ck_assert_int_eq(put("value", KEY_A, "missed", 100, L1_PUT_ALWAYS), STATUS_UNAVAILABLE);
    ck_assert_int_eq(counted(METRIC_L1_FAILURES), 1);
    l1_probe(l1, renew, &generation);
    ck_assert(!atomic_load(&state.is_up));
    ck_assert_int_eq(atomic_load(&state.used_bytes), -1);
    redis_restart(&redis);
    put("value", KEY_A, "missed", 100, L1_PUT_ALWAYS);
    l1_probe(l1, renew, &generation);
    ck_assert(atomic_load(&state.is_up));
    ck_assert_int_eq(generation, 102);
    expect("value", KEY_A, NULL);
    put("value", KEY_A, "after", 100, L1_PUT_ALWAYS);
    expect("value", KEY_A, "after");
}
END_TEST

/* The connection that asks the frozen one is impatient; no other has to be. */
START_TEST(a_redis_that_says_nothing_costs_one_timeout)
{
    struct entry_row row;
    struct blob *owner = NULL;
    struct l1 *impatient;
    int64_t before;

    put("value", KEY_A, "frozen", 100, L1_PUT_ALWAYS);
    redis_signal(&redis, SIGSTOP);
    config.cache.redis_timeout_ms = SHORT_TIMEOUT_MS;
    impatient = l1_create(&state);
    before = clock_mono_ms();
    ck_assert_int_eq(l1_get(impatient, "value", KEY_A, &row, &owner), STATUS_UNAVAILABLE);
    ck_assert_int_ge(clock_mono_ms() - before, SHORT_TIMEOUT_MS - 1);
    ck_assert_int_eq(counted(METRIC_L1_FAILURES), 1);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(l1_get(l1, "value", KEY_A, &row, &owner), STATUS_UNAVAILABLE);
    ck_assert_int_eq(counted(METRIC_L1_FAILURES), 1);
    l1_destroy(&impatient);
    config.cache.redis_timeout_ms = TIMEOUT_MS;
    redis_signal(&redis, SIGCONT);
    l1_probe(l1, renew, &generation);
    ck_assert(atomic_load(&state.is_up));
    expect("value", KEY_A, NULL);
}
END_TEST

/* A connection that was open when another one failed may lead to a Redis that is gone. */
START_TEST(every_connection_is_a_new_one_after_that)
{
    struct l1 *other = l1_create(&state);
    struct entry_row row;
    struct blob *owner = NULL;

    put("value", KEY_A, "x", 100, L1_PUT_ALWAYS);
    ck_assert_int_eq(l1_get(other, "value", KEY_A, &row, &owner), STATUS_OK);
    blob_release(&owner);
    redis_kill(&redis);
    ck_assert_int_eq(put("value", KEY_A, "x", 100, L1_PUT_ALWAYS), STATUS_UNAVAILABLE);
    redis_restart(&redis);
    l1_probe(l1, renew, &generation);
    ck_assert_int_eq(l1_get(other, "value", KEY_A, &row, &owner), STATUS_NOT_FOUND);
    ck_assert(atomic_load(&state.is_up));
    l1_destroy(&other);
}
END_TEST

/* What a reader has from L2 may be older than what was stored since it began. */
START_TEST(what_was_read_before_a_new_generation_is_not_put_into_it)
{
    struct entry_row row = make_row("value", KEY_A, "old", 100);
    struct entry_row found;
    struct blob *owner = NULL;
    struct l1 *reader = l1_create(&state);

    ck_assert_int_eq(l1_get(reader, "value", KEY_A, &found, &owner), STATUS_NOT_FOUND);
    atomic_store(&state.is_up, false);
    l1_probe(l1, renew, &generation);
    ck_assert_int_eq(l1_put(reader, &row, NOW_US, L1_PUT_IF_NONE), STATUS_UNAVAILABLE);
    expect("value", KEY_A, NULL);
    l1_destroy(&reader);
}
END_TEST

START_TEST(a_redis_that_takes_no_more_keeps_nothing_old)
{
    char answer[64];

    put("value", KEY_A, "before", 100, L1_PUT_ALWAYS);
    redis_text(&redis, answer, sizeof answer, "CONFIG SET maxmemory-policy noeviction");
    redis_text(&redis, answer, sizeof answer, "CONFIG SET maxmemory 1");
    ck_assert_int_eq(put("value", KEY_A, "after", 100, L1_PUT_ALWAYS), STATUS_OK);
    ck_assert(atomic_load(&state.is_up));
    expect("value", KEY_A, NULL);
}
END_TEST

/* Believed before any element comes, its length would be 16 GB of memory and the whole timeout. */
static void *
announce_too_much(void *argument)
{
    static const char lengths[] = "*2000000000\r\n";
    int connection = accept(*(const int *)argument, NULL, NULL);
    char request[256];

    while (recv(connection, request, sizeof request, 0) > 0)
        if (send(connection, lengths, sizeof lengths - 1, MSG_NOSIGNAL) < 0)
            break;
    close(connection);
    return NULL;
}

START_TEST(a_length_is_not_believed_before_its_bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int64_t before = clock_mono_ms();
    pthread_t hostile;
    char url[64];

    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(pthread_create(&hostile, NULL, announce_too_much, &listener), 0);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
    configure(url);
    ck_assert(!atomic_load(&state.is_up));
    ck_assert_int_eq(counted(METRIC_L1_FAILURES), 1);
    ck_assert_int_lt(clock_mono_ms() - before, TIMEOUT_MS);
    pthread_join(hostile, NULL);
    close(listener);
}
END_TEST

/* A port that was free a moment ago. */
static int
free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(file, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(file, (struct sockaddr *)&address, &size), 0);
    close(file);
    return ntohs(address.sin_port);
}

static const struct {
    const char *login;
    bool is_right;
} logins[] = {
    {"", false},
    {":hush-hush-1@", true},
    {":hush-hush-2@", false},
    {"rent:hush%2Dhush-1@", true},
    {"nobody:hush-hush-1@", false},
};

START_TEST(a_password_opens_it)
{
    int port = free_port();
    char url[256], answer[64];

    redis_text(&redis, answer, sizeof answer, "CONFIG SET port %d", port);
    redis_text(&redis, answer, sizeof answer,
               "ACL SETUSER rent on >hush-hush-1 ~rentcache:* +@all");
    redis_text(&redis, answer, sizeof answer, "CONFIG SET requirepass hush-hush-1");
    snprintf(url, sizeof url, "redis://%s127.0.0.1:%d", logins[_i].login, port);
    configure(url);
    ck_assert_int_eq(atomic_load(&state.is_up), logins[_i].is_right);
    ck_assert_int_eq(put("value", KEY_A, "x", 100, L1_PUT_ALWAYS),
                     logins[_i].is_right ? STATUS_OK : STATUS_UNAVAILABLE);
    redis_text(&redis, answer, sizeof answer, "AUTH hush-hush-1");
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), logins[_i].is_right);
}
END_TEST

START_TEST(the_database_is_the_one_of_the_url)
{
    char url[256], answer[64];

    snprintf(url, sizeof url, "unix://%s?db=3", redis.socket);
    configure(url);
    put("value", KEY_A, "in three", 100, L1_PUT_ALWAYS);
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 0);
    redis_text(&redis, answer, sizeof answer, "SELECT 3");
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 1);
}
END_TEST

START_TEST(its_memory_is_told)
{
    int64_t used = atomic_load(&state.used_bytes);

    row("R-139");
    ck_assert_int_gt(used, 100000);
    ck_assert_int_lt(used, 100000000);
}
END_TEST

START_TEST(without_a_setting_nobody_is_asked)
{
    struct entry_row row;
    struct blob *owner = NULL;

    l1_destroy(&l1);
    config.cache.l1_enabled = false;
    l1_state_init(&state, &config);
    l1 = l1_create(&state);
    l1_probe(l1, renew, &generation);
    ck_assert_int_eq(l1_get(l1, "value", KEY_A, &row, &owner), STATUS_UNAVAILABLE);
    ck_assert_int_eq(put("value", KEY_A, "x", 100, L1_PUT_ALWAYS), STATUS_UNAVAILABLE);
    ck_assert_int_eq(counted(METRIC_L1_FAILURES), 0);
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("l1");
    TCase *tests = tcase_create("l1");
    TCase *alone = tcase_create("login");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_put_is_got_for_as_long_as_it_is_fresh);
    tcase_add_test(tests, what_was_read_from_l2_replaces_nothing);
    tcase_add_test(tests, what_is_too_large_or_over_is_not_kept);
    tcase_add_test(tests, a_purge_deletes_what_it_names);
    tcase_add_test(tests, what_others_wrote_under_a_key_of_ours_is_none);
    tcase_add_test(tests, a_redis_that_went_is_skipped_and_comes_back_empty);
    tcase_add_test(tests, a_redis_that_says_nothing_costs_one_timeout);
    tcase_add_test(tests, every_connection_is_a_new_one_after_that);
    tcase_add_test(tests, what_was_read_before_a_new_generation_is_not_put_into_it);
    tcase_add_test(tests, a_redis_that_takes_no_more_keeps_nothing_old);
    tcase_add_test(tests, its_memory_is_told);
    tcase_add_test(tests, without_a_setting_nobody_is_asked);
    suite_add_tcase(suite, tests);
    tcase_set_timeout(alone, 60);
    tcase_add_checked_fixture(alone, setup_alone, teardown);
    tcase_add_loop_test(alone, a_password_opens_it, 0, sizeof logins / sizeof *logins);
    tcase_add_test(alone, the_database_is_the_one_of_the_url);
    tcase_add_test(alone, a_length_is_not_believed_before_its_bytes);
    suite_add_tcase(suite, alone);
    return suite;
}
