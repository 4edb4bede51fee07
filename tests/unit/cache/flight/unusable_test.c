/* unusable_test.c - a key whose paid response could not be used is held for a while, with its cause, and no other key. */
/* links: cache/flight/unusable.c */
#include "flight/unusable.h"

#include <check.h>
#include <stdio.h>

#define KEY   "ceba473f42f79d99adb48ccd2b0ae28c"
#define OTHER "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

static struct unusable unusable;

static void
begin(void)
{
    unusable = (struct unusable){0};
}

START_TEST(a_noted_key_is_held_until_its_time)
{
    unusable_note(&unusable, KEY, bytes_of_text("no JSON"), 0, 5000);
    ck_assert_str_eq(unusable_find(&unusable, KEY, 4999)->cause, "no JSON");
    ck_assert_ptr_null(unusable_find(&unusable, KEY, 5000));
    ck_assert_ptr_null(unusable_find(&unusable, OTHER, 0));
}
END_TEST

START_TEST(a_newer_cause_replaces_the_older_one)
{
    unusable_note(&unusable, KEY, bytes_of_text("no JSON"), 0, 5000);
    unusable_note(&unusable, KEY, bytes_of_text("too large"), 6000, 9000);
    ck_assert_str_eq(unusable_find(&unusable, KEY, 6000)->cause, "too large");
    ck_assert_ptr_null(unusable_find(&unusable, KEY, 9000));
}
END_TEST

START_TEST(a_long_cause_is_cut)
{
    char text[2 * UNUSABLE_CAUSE_SIZE];

    memset(text, 'x', sizeof text);
    unusable_note(&unusable, KEY, bytes_of(text, sizeof text), 0, 5000);
    ck_assert_uint_eq(strlen(unusable_find(&unusable, KEY, 0)->cause), UNUSABLE_CAUSE_SIZE - 1);
}
END_TEST

/* Half as many keys as places: nearly all hold, nobody is held who was not noted. */
START_TEST(many_keys_share_the_table)
{
    char key[ENTRY_KEY_SIZE];
    int held = 0;

    for (int i = 0; i < UNUSABLE_SLOTS / 2; i++) {
        snprintf(key, sizeof key, "%032x", i);
        unusable_note(&unusable, key, bytes_of_text("cause"), 0, 5000);
        ck_assert_ptr_nonnull(unusable_find(&unusable, key, 0));
    }
    for (int i = 0; i < UNUSABLE_SLOTS; i++) {
        snprintf(key, sizeof key, "%032x", i);
        if (unusable_find(&unusable, key, 0) != NULL) {
            ck_assert_int_lt(i, UNUSABLE_SLOTS / 2);
            held++;
        }
    }
    ck_assert_int_gt(held, UNUSABLE_SLOTS / 2 * 9 / 10);
}
END_TEST

/* What is over gives its place before what still holds. */
START_TEST(what_is_over_gives_way_first)
{
    char key[ENTRY_KEY_SIZE];

    for (int i = 0; i < 2 * UNUSABLE_SLOTS; i++) {
        snprintf(key, sizeof key, "%032x", i);
        unusable_note(&unusable, key, bytes_of_text("cause"), 0, 5000);
    }
    unusable_note(&unusable, KEY, bytes_of_text("cause"), 6000, 9000);
    unusable_note(&unusable, OTHER, bytes_of_text("cause"), 6000, 9000);
    ck_assert_ptr_nonnull(unusable_find(&unusable, KEY, 6000));
    ck_assert_ptr_nonnull(unusable_find(&unusable, OTHER, 6000));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/unusable");
    TCase *table = tcase_create("table");

    tcase_add_checked_fixture(table, begin, NULL);
    tcase_add_test(table, a_noted_key_is_held_until_its_time);
    tcase_add_test(table, a_newer_cause_replaces_the_older_one);
    tcase_add_test(table, a_long_cause_is_cut);
    tcase_add_test(table, many_keys_share_the_table);
    tcase_add_test(table, what_is_over_gives_way_first);
    suite_add_tcase(suite, table);
    return suite;
}
