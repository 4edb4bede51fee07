/* network_test.c - addresses and networks are read strictly and compared by bits. */
/* links: core/base/network.c */

#include "base/network.h"

#include <check.h>
#include <stdio.h>

static struct address
address_of(const char *text)
{
    struct address address;

    ck_assert_msg(address_parse(bytes_of_text(text), &address), "%s", text);
    return address;
}

static bool
holds(const char *networks, const char *text)
{
    struct network_list list;
    struct address address = address_of(text);

    ck_assert_msg(network_list_parse(bytes_of_text(networks), &list, NULL), "%s", networks);
    return network_list_holds(&list, &address);
}

START_TEST(addresses_are_read)
{
    struct address address = address_of("192.0.2.7");
    static const uint8_t four[16] = {192, 0, 2, 7};

    ck_assert_uint_eq(address.family, 4);
    ck_assert_mem_eq(address.bytes, four, 16);
    address = address_of("::ffff:192.0.2.7"); /* the same host, as a dual-stack socket says it */
    ck_assert_uint_eq(address.family, 4);
    ck_assert_mem_eq(address.bytes, four, 16);
    address = address_of("2001:db8::1");
    ck_assert_uint_eq(address.family, 6);
    ck_assert_uint_eq(address.bytes[15], 1);
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {
        "",           "1.2.3",     "1.2.3.4.5",
        "1.2.3.256",  "01.2.3.4",  "1.2.3.4 ",
        " 1.2.3.4",   "1.2.3.4/8", "host",
        "::g",        "[::1]",     "::1%lo",
        "1.2.3.4:80", "0x7f.1",    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
    struct address address;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!address_parse(bytes_of_text(bad[i]), &address), "%s", bad[i]);
        ck_assert_uint_eq(address.family, 0);
    }
    ck_assert(!address_parse(bytes_of("1.2.3.4\0x", 9), &address));
}
END_TEST

START_TEST(a_network_holds_what_begins_with_its_bits)
{
    ck_assert(holds("10.0.0.0/8", "10.255.3.4"));
    ck_assert(!holds("10.0.0.0/8", "11.0.0.0"));
    ck_assert(holds("192.0.2.128/25", "192.0.2.200"));
    ck_assert(!holds("192.0.2.128/25", "192.0.2.127"));
    ck_assert(holds("192.0.2.1", "192.0.2.1"));
    ck_assert(!holds("192.0.2.1", "192.0.2.0"));
    ck_assert(holds("2001:db8::/33", "2001:db8:7fff::1"));
    ck_assert(!holds("2001:db8::/33", "2001:db8:8000::1"));
    ck_assert(holds("0.0.0.0/0", "203.0.113.9"));
    ck_assert(!holds("0.0.0.0/0", "2001:db8::1")); /* another family */
    ck_assert(!holds("::/0", "203.0.113.9"));
    ck_assert(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    ck_assert(holds("::1, 10.0.0.0/8  172.16.0.0/12", "172.31.255.255"));
    ck_assert(!holds("", "127.0.0.1"));
}
END_TEST

START_TEST(a_list_with_one_bad_part_is_refused)
{
    static const struct {
        const char *text, *bad;
    } lists[] = {
        {"10.0.0.0/33", "10.0.0.0/33"},   {"::1/129", "::1/129"},
        {"10.0.0.0/", "10.0.0.0/"},       {"10.0.0.0/-1", "10.0.0.0/-1"},
        {"::1, host, 1.2.3.4", "host"},   {"/8", "/8"},
        {"1.2.3.4/0008", "1.2.3.4/0008"},
    };
    struct network_list list;
    struct bytes bad;
    char many[NETWORKS_MAX * 12 + 64] = "";
    size_t used = 0;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        ck_assert_msg(!network_list_parse(bytes_of_text(lists[i].text), &list, &bad), "%s",
                      lists[i].text);
        ck_assert_msg(bytes_equal(bad, bytes_of_text(lists[i].bad)), "%s: %.*s", lists[i].text,
                      BYTES_ARG(bad));
    }
    for (int i = 0; i < NETWORKS_MAX; i++)
        used += (size_t)snprintf(many + used, sizeof many - used, "10.0.0.%d,", i);
    ck_assert(network_list_parse(bytes_of(many, used), &list, NULL));
    ck_assert_uint_eq(list.count, NETWORKS_MAX);
    used += (size_t)snprintf(many + used, sizeof many - used, "10.0.1.1");
    ck_assert(!network_list_parse(bytes_of(many, used), &list, &bad));
}
END_TEST

START_TEST(a_client_is_an_address_or_a_64)
{
    struct address one = address_of("2001:db8:1:2::1"), same = address_of("2001:db8:1:2:ffff::9");
    struct address other = address_of("2001:db8:1:3::1");
    struct address four = address_of("192.0.2.1"), five = address_of("192.0.2.2");

    ck_assert(address_client(&one) == address_client(&same));
    ck_assert(address_client(&one) != address_client(&other));
    ck_assert(address_client(&four) != address_client(&five));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, addresses_are_read);
    tcase_add_test(cases, what_is_no_address_is_refused);
    tcase_add_test(cases, a_network_holds_what_begins_with_its_bits);
    tcase_add_test(cases, a_list_with_one_bad_part_is_refused);
    tcase_add_test(cases, a_client_is_an_address_or_a_64);
    suite_add_tcase(suite, cases);
    return suite;
}
