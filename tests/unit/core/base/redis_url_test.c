/* redis_url_test.c - the forms of REDIS_URL, and what is none. */
/* links: core/base/redis_url.c */
#include <check.h>
#include <string.h>

#include "base/redis_url.h"

static const struct {
    const char *text;
    struct redis_url url;
} good[] = {
    {"redis://h", {.host = "h", .port = 6379}},
    {"redis://cache.example:7000/3", {.host = "cache.example", .port = 7000, .db = 3}},
    {"redis://[::1]:7000/0", {.host = "::1", .port = 7000}},
    {"redis://[::1]", {.host = "::1", .port = 6379}},
    {"redis://:secret@h/", {.host = "h", .port = 6379, .password = "secret"}},
    {"redis://u:p%40%3a%2F@h:1", {.host = "h", .port = 1, .user = "u", .password = "p@:/"}},
    {"redis://u@x:p@h", {.host = "h", .port = 6379, .user = "u@x", .password = "p"}},
    {"unix:///run/redis.sock", {.path = "/run/redis.sock"}},
    {"unix:///run/a%20b?db=4", {.path = "/run/a b", .db = 4}},
};

START_TEST(its_parts_are_read)
{
    struct redis_url url;

    ck_assert_ptr_null(redis_url_parse(good[_i].text, &url));
    ck_assert_str_eq(url.path, good[_i].url.path);
    ck_assert_str_eq(url.host, good[_i].url.host);
    ck_assert_int_eq(url.port, good[_i].url.port);
    ck_assert_str_eq(url.user, good[_i].url.user);
    ck_assert_str_eq(url.password, good[_i].url.password);
    ck_assert_int_eq(url.db, good[_i].url.db);
}
END_TEST

static const struct {
    const char *text, *why;
} bad[] = {
    {"", "neither"},
    {"localhost:6379", "neither"},
    {"http://h", "neither"},
    {"rediss://h", "TLS"},
    {"redis://", "host:port"},
    {"redis://:6379", "host:port"},
    {"redis://h:0", "host:port"},
    {"redis://h:65536", "host:port"},
    {"redis://h:99999999999", "host:port"},
    {"redis://h:x", "host:port"},
    {"redis://[::1", "host:port"},
    {"redis://[::1]x", "host:port"},
    {"redis://h/x", "number of a database"},
    {"redis://h/1/2", "number of a database"},
    {"redis://h/70000", "number of a database"},
    {"redis://u:%zz@h", "user or password"},
    {"redis://u:%4@h", "user or password"},
    {"redis://u:%00@h", "user or password"},
    {"unix://run/redis.sock", "unix:///path"},
    {"unix:///run/redis.sock?db=x", "number of a database"},
};

START_TEST(what_is_none_is_told)
{
    struct redis_url url;
    const char *why = redis_url_parse(bad[_i].text, &url);

    ck_assert_ptr_nonnull(why);
    ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s: %s", bad[_i].text, why);
}
END_TEST

START_TEST(a_part_that_is_too_long_is_refused)
{
    char text[REDIS_PART_SIZE + 32] = "redis://";
    struct redis_url url;

    memset(text + 8, 'h', REDIS_PART_SIZE - 1);
    ck_assert_ptr_null(redis_url_parse(text, &url));
    memset(text + 8, 'h', REDIS_PART_SIZE);
    ck_assert_ptr_nonnull(redis_url_parse(text, &url));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/redis_url");
    TCase *tests = tcase_create("redis_url");

    tcase_add_loop_test(tests, its_parts_are_read, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(tests, what_is_none_is_told, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tests, a_part_that_is_too_long_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
