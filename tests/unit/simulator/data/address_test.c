/* address_test.c - ids as the vendor forms them, and spellings that mean the same address. */
/* links: simulator/data/address.c */
#include "data/address.h"

#include <check.h>

START_TEST(ids_are_those_of_the_published_examples)
{
    char id[ADDRESS_SIZE];
    address_make_id("5500 Grand Lake Dr, San Antonio, TX 78244", id);
    ck_assert_str_eq(id, "5500-Grand-Lake-Dr,-San-Antonio,-TX-78244");
    address_make_id("149 Weaver Blvd, # 264, Weaverville, NC 28787", id);
    ck_assert_str_eq(id, "149-Weaver-Blvd,---264,-Weaverville,-NC-28787");
}
END_TEST

static const char *const spellings[] = {
    "5500 Grand Lake Dr, San Antonio, TX 78244",
    "5500 Grand Lake Drive, San Antonio, TX, 78244",
    "5500 grand lake dr,san antonio,tx,78244",
    "5500  Grand Lake Dr., San Antonio , TX 78244",
    "5500 Grand Lake Dr, San Antonio, TX 78244-1234",
};

START_TEST(spellings_have_one_normal_form)
{
    char normal[ADDRESS_SIZE];
    ck_assert(address_normalise(spellings[_i], normal));
    ck_assert_str_eq(normal, "5500 grand lake dr||san antonio|tx|78244");
}
END_TEST

START_TEST(a_unit_is_a_part_of_its_own)
{
    char normal[ADDRESS_SIZE];
    ck_assert(address_normalise("149 Weaver Blvd, # 264, Weaverville, NC 28787", normal));
    ck_assert_str_eq(normal, "149 weaver blvd|# 264|weaverville|nc|28787");
}
END_TEST

START_TEST(a_missing_zip_matches_any)
{
    char asked[ADDRESS_SIZE];
    ck_assert(address_normalise("5500 Grand Lake Dr, San Antonio, TX", asked));
    ck_assert(address_matches(asked, "5500 grand lake dr||san antonio|tx|78244"));
    ck_assert(!address_matches(asked, "5501 grand lake dr||san antonio|tx|78244"));
    ck_assert(address_normalise("5500 Grand Lake Dr, San Antonio, TX 78244", asked));
    ck_assert(!address_matches(asked, "5500 grand lake dr||san antonio|tx|78245"));
}
END_TEST

static const char *const no_addresses[] = {
    "1234 Main St.",
    "",
    ",",
    "TX 78244",
    "San Antonio, TX",
    "1 Main St, San Antonio, Texas 78244",
    "1 Main St, San Antonio, TX 7824",
    "1 Main St,, San Antonio, TX 78244",
    "1 Main St, A, B, C, San Antonio, TX 78244",
    "1 A street with a name that is much longer than any street has one, Austin, TX 78701",
};

START_TEST(what_cannot_be_parsed_is_refused)
{
    char normal[ADDRESS_SIZE];
    ck_assert_msg(!address_normalise(no_addresses[_i], normal), "%s", no_addresses[_i]);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("address");
    TCase *address = tcase_create("address");
    tcase_add_test(address, ids_are_those_of_the_published_examples);
    tcase_add_loop_test(address, spellings_have_one_normal_form, 0,
                        sizeof spellings / sizeof spellings[0]);
    tcase_add_test(address, a_unit_is_a_part_of_its_own);
    tcase_add_test(address, a_missing_zip_matches_any);
    tcase_add_loop_test(address, what_cannot_be_parsed_is_refused, 0,
                        sizeof no_addresses / sizeof no_addresses[0]);
    suite_add_tcase(suite, address);
    return suite;
}
