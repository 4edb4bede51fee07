/* redis_conf_test.c - config/redis.conf with a real Redis: what it says, what leaves first, and what outlives a kill. */
/* links: @support */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/now.h"
#include "support/process/redis.h"
#include "support/row.h"

#define ENTRIES        500
#define VALUE_SIZE     2048
#define IDLE_S         1000
#define SNAPSHOT_MS    90000 /* "save 60 10000", and its writing */
#define APPEND_WAIT_MS 20000

static struct redis redis;
static const char *arguments[] = {NULL, NULL}; /* the configuration */

static void
setup(void)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/config/redis.conf", getenv("RENTCACHE_SOURCE_DIR"));
    arguments[0] = path;
    redis_start(&redis, arguments);
}

static void
teardown(void)
{
    redis_stop(&redis);
}

static void
expect_setting(const char *name, const char *value)
{
    char seen[256], wanted[256];

    redis_text(&redis, seen, sizeof seen, "CONFIG GET %s", name);
    snprintf(wanted, sizeof wanted, "%s %s", name, value);
    ck_assert_str_eq(seen, wanted);
}

START_TEST(it_says_what_the_document_does)
{
    row("R-037");
    expect_setting("maxmemory", "536870912");
    row("R-038");
    expect_setting("maxmemory-policy", "allkeys-lru");
    expect_setting("save", "900 1 300 10 60 10000");
    expect_setting("appendonly", "yes");
    expect_setting("appendfsync", "everysec");
}
END_TEST

static void
set_limit(long long bytes)
{
    char answer[32];

    redis_text(&redis, answer, sizeof answer, "CONFIG SET maxmemory %lld", bytes);
    ck_assert_str_eq(answer, "OK");
}

static long long
used_bytes(void)
{
    char info[8192];
    const char *at;

    redis_text(&redis, info, sizeof info, "INFO memory");
    at = strstr(info, "used_memory:");
    ck_assert_ptr_nonnull(at);
    return strtoll(at + strlen("used_memory:"), NULL, 10);
}

/* ENTRIES values that were read IDLE_S ago, or just now. */
static void
fill(const char *prefix, int idle_s)
{
    static const char make_idle[] = "redis.call('RESTORE',KEYS[1],0,redis.call('DUMP',KEYS[1]),"
                                    "'REPLACE','IDLETIME',ARGV[1])return'OK'";
    static char value[VALUE_SIZE + 1];
    char answer[32];

    memset(value, 'x', VALUE_SIZE);
    for (int i = 0; i < ENTRIES; i++) {
        redis_text(&redis, answer, sizeof answer, "SET %s:%d %s", prefix, i, value);
        if (idle_s > 0)
            redis_text(&redis, answer, sizeof answer, "EVAL %s 1 %s:%d %d", make_idle, prefix, i,
                       idle_s);
    }
}

static int
count(const char *prefix)
{
    int found = 0;

    for (int i = 0; i < ENTRIES; i++)
        found += (int)redis_number(&redis, "EXISTS %s:%d", prefix, i);
    return found;
}

START_TEST(what_was_read_longest_ago_leaves_first)
{
    char answer[32];
    long long limit;
    int cold, hot;

    fill("cold", IDLE_S);
    fill("hot", 0);
    limit = used_bytes();
    /* it looks at so many to find the oldest: with the usual five an odd young one leaves, too */
    redis_text(&redis, answer, sizeof answer, "CONFIG SET maxmemory-samples 64");
    row("R-035");
    row("R-036");
    set_limit(limit);
    fill("new", 0);
    ck_assert_int_le(used_bytes(), limit + VALUE_SIZE * 4); /* one command's own memory on top */
    cold = count("cold");
    hot = count("hot");
    ck_assert_int_gt(count("new"), ENTRIES * 9 / 10);
    ck_assert_msg(hot > ENTRIES * 9 / 10, "%d of %d that were read just now are left", hot,
                  ENTRIES);
    ck_assert_msg(cold < ENTRIES / 5, "%d of %d that nobody read are left", cold, ENTRIES);
}
END_TEST

/* Redis holds what it has to append back while an fsync is under way, at most two seconds: "everysec" promises no more. */
static void
await_appended(void)
{
    char info[8192];
    int64_t deadline_ms = now_ms() + APPEND_WAIT_MS;

    do {
        redis_text(&redis, info, sizeof info, "INFO persistence");
        ck_assert_msg(now_ms() < deadline_ms, "not appended after %d ms", APPEND_WAIT_MS);
    } while (strstr(info, "aof_buffer_length:0\r\n") == NULL);
}

START_TEST(what_was_appended_outlives_a_kill)
{
    char answer[64];

    for (int i = 0; i < ENTRIES; i++)
        redis_text(&redis, answer, sizeof answer, "SET kept:%d %d PX 3600000", i, i);
    await_appended();
    redis_kill(&redis);
    redis_restart(&redis);
    row("R-040");
    row("R-041");
    expect_setting("appendfsync", "everysec");
    ck_assert_int_eq(count("kept"), ENTRIES);
    ck_assert_int_gt(redis_number(&redis, "PTTL kept:7"), 3000000);
}
END_TEST

static void
await_file(const char *name)
{
    char event[4096];
    int file = inotify_init1(IN_CLOEXEC);
    struct pollfd waiting = {.fd = file, .events = POLLIN};
    char path[160];
    struct stat about;

    ck_assert_int_ge(inotify_add_watch(file, redis.folder, IN_MOVED_TO | IN_CREATE), 0);
    snprintf(path, sizeof path, "%s/%s", redis.folder, name);
    while (stat(path, &about) != 0) {
        ck_assert_msg(poll(&waiting, 1, SNAPSHOT_MS) == 1, "no %s", path);
        ck_assert_int_gt(read(file, event, sizeof event), 0);
    }
    close(file);
    ck_assert_int_gt(about.st_size, 0);
}

/* Without the log, so that nothing else brings it back. */
START_TEST(many_changes_make_a_snapshot_within_the_minute)
{
    char answer[64];

    row("R-039");
    for (int i = 0; i < 10001; i++)
        redis_text(&redis, answer, sizeof answer, "SET kept:%d %d", i, i);
    await_file("dump.rdb");
    redis_kill(&redis);
    redis.arguments[1] = "--appendonly";
    redis.arguments[2] = "no";
    redis_restart(&redis);
    row("R-173");
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 10001);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("redis_conf");
    TCase *tests = tcase_create("redis_conf");

    tcase_set_timeout(tests, 150);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, it_says_what_the_document_does);
    tcase_add_test(tests, what_was_read_longest_ago_leaves_first);
    tcase_add_test(tests, what_was_appended_outlives_a_kill);
    tcase_add_test(tests, many_changes_make_a_snapshot_within_the_minute);
    suite_add_tcase(suite, tests);
    return suite;
}
