/* refresh_backoff_test.c - a failed refresh holds its key back for a while, and no other key. */
/* links: cache/flight/refresh_backoff.c */
#include "flight/refresh_backoff.h"

#include <check.h>
#include <stdio.h>

#include "support/row.h"

#define KEY   "ceba473f42f79d99adb48ccd2b0ae28c"
#define OTHER "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

static struct refresh_backoff backoff;

static void
begin(void)
{
    backoff = (struct refresh_backoff){0};
}

START_TEST(a_noted_key_is_held_until_its_time)
{
    row("R-061");
    refresh_backoff_note(&backoff, KEY, 5000);
    ck_assert(refresh_backoff_holds(&backoff, KEY, 0));
    ck_assert(refresh_backoff_holds(&backoff, KEY, 4999));
    ck_assert(!refresh_backoff_holds(&backoff, KEY, 5000));
    ck_assert(!refresh_backoff_holds(&backoff, OTHER, 0));
}
END_TEST

START_TEST(a_refresh_that_came_through_lets_go)
{
    refresh_backoff_note(&backoff, KEY, 5000);
    refresh_backoff_forget(&backoff, OTHER);
    ck_assert(refresh_backoff_holds(&backoff, KEY, 0));
    refresh_backoff_forget(&backoff, KEY);
    ck_assert(!refresh_backoff_holds(&backoff, KEY, 0));
}
END_TEST

/* Ten times as many keys as slots: most recent ones hold, nobody is held who was not noted. */
START_TEST(many_keys_share_the_table)
{
    char key[ENTRY_KEY_SIZE];
    int held = 0;

    for (int i = 0; i < 10 * REFRESH_BACKOFF_SLOTS; i++) {
        snprintf(key, sizeof key, "%032x", i);
        refresh_backoff_note(&backoff, key, 5000);
        ck_assert(refresh_backoff_holds(&backoff, key, 0));
    }
    for (int i = 0; i < 20 * REFRESH_BACKOFF_SLOTS; i++) {
        snprintf(key, sizeof key, "%032x", i);
        if (refresh_backoff_holds(&backoff, key, 0)) {
            ck_assert_int_lt(i, 10 * REFRESH_BACKOFF_SLOTS);
            held++;
        }
    }
    ck_assert_int_gt(held, REFRESH_BACKOFF_SLOTS / 2);
    ck_assert_int_le(held, REFRESH_BACKOFF_SLOTS);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/refresh_backoff");
    TCase *table = tcase_create("table");

    tcase_add_checked_fixture(table, begin, NULL);
    tcase_add_test(table, a_noted_key_is_held_until_its_time);
    tcase_add_test(table, a_refresh_that_came_through_lets_go);
    tcase_add_test(table, many_keys_share_the_table);
    suite_add_tcase(suite, table);
    return suite;
}
