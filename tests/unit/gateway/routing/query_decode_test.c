/* query_decode_test.c - percent-encoding, read strictly and written fully. */
/* links: gateway/routing/query_decode.c */

#include "routing/query_decode.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static char buffer[1024];

/* NULL: refused. */
static const char *
decode(struct bytes raw, bool plus_is_blank)
{
    struct text text = text_of(buffer, sizeof buffer - 1);
    struct bytes decoded;

    memset(buffer, 'Z', sizeof buffer);
    if (!query_decode(raw, plus_is_blank, &text, &decoded))
        return NULL;
    ck_assert(!text.is_cut);
    ck_assert_ptr_eq(decoded.data, (uint8_t *)buffer);
    ck_assert_uint_eq(decoded.size, text.size);
    buffer[text.size] = '\0';
    return buffer;
}

static const struct {
    const char *raw, *in_query, *in_path;
} good[] = {
    {"", "", ""},
    {"Austin", "Austin", "Austin"},
    {"San+Antonio", "San Antonio", "San+Antonio"},
    {"San%20Antonio", "San Antonio", "San Antonio"},
    {"a%2Bb%2bc", "a+b+c", "a+b+c"},
    {"1%7C2%3A3%2A", "1|2:3*", "1|2:3*"},
    {"1|2:3*", "1|2:3*", "1|2:3*"},
    {"100%25", "100%", "100%"},
    {"%2541", "%41", "%41"}, /* once, not until nothing is left */
    {"%25zz", "%zz", "%zz"},
    {"%C3%B1%e2%82%ac%f0%9F%8f%A0", "\xC3\xB1\xE2\x82\xAC\xF0\x9F\x8F\xA0",
     "\xC3\xB1\xE2\x82\xAC\xF0\x9F\x8F\xA0"},
    {"%ED%9F%BF%EE%80%80%F4%8F%BF%BF", "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF",
     "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"},
    {"%C2%80", "\xC2\x80", "\xC2\x80"},
    {"a,b;c/d?e&f=g", "a,b;c/d?e&f=g", "a,b;c/d?e&f=g"},
};

START_TEST(escapes_are_read_once)
{
    ck_assert_str_eq(decode(bytes_of_text(good[_i].raw), true), good[_i].in_query);
    ck_assert_str_eq(decode(bytes_of_text(good[_i].raw), false), good[_i].in_path);
}
END_TEST

static const char *const bad[] = {
    "%",
    "a%",
    "%4",
    "a%4",
    "%zz",
    "%4z",
    "%z4",
    "%%41",
    "% 41",
    "%+1",
    "%-1",
    "%0x",
    "%u00e9",
    "%00",
    "a%00b",
    "%01",
    "%09",
    "%0A",
    "%0D%0A",
    "%1F",
    "%7F",
    "%80",
    "%BF",
    "%C3",
    "%C3%",
    "%C3A9",
    "%C3%28",
    "%C3x",
    "%E2%82",
    "%E2%82x",
    "%C0%80",
    "%C0%AF",
    "%C1%BF",
    "%E0%80%80",
    "%E0%9F%BF",
    "%F0%80%80%80",
    "%F0%8F%BF%BF",
    "%ED%A0%80",
    "%ED%BF%BF",
    "%F4%90%80%80",
    "%F5%80%80%80",
    "%FE",
    "%FF",
    "\xC3\xA9",
    "\xFF",
    "\x80",
    "\n",
    "\t",
    "\x7F",
};

START_TEST(what_is_no_plain_utf8_is_refused)
{
    ck_assert_ptr_null(decode(bytes_of_text(bad[_i]), true));
    ck_assert_ptr_null(decode(bytes_of_text(bad[_i]), false));
}
END_TEST

START_TEST(a_nul_is_refused_also_where_it_is_raw)
{
    ck_assert_ptr_null(decode(bytes_of("a\0b", 3), true));
    ck_assert_ptr_null(decode(bytes_of("\0", 1), false));
}
END_TEST

/* Nothing behind the end is looked at: the same bytes, in memory of exactly their size. */
START_TEST(an_escape_at_the_end_is_not_read_past_it)
{
    for (size_t size = 1; size <= 3; size++) {
        char *exact = malloc(size);

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, "%41", size);
        ck_assert_int_eq(decode(bytes_of(exact, size), true) != NULL, size == 3);
        free(exact);
    }
}
END_TEST

START_TEST(what_does_not_fit_shows)
{
    struct text text = text_of(buffer, 3);
    struct bytes decoded;

    ck_assert(query_decode(bytes_of_text("abc"), true, &text, &decoded));
    ck_assert(!text.is_cut);
    (void)query_decode(bytes_of_text("d"), true, &text, &decoded);
    ck_assert(text.is_cut);
    ck_assert_uint_eq(text.size, 3);
}
END_TEST

START_TEST(every_byte_is_written_so_that_it_reads_back)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (int c = 0; c < 256; c++) {
        uint8_t byte = (uint8_t)c;
        char encoded[8];
        char expected[8];
        struct text text = text_of(encoded, sizeof encoded - 1);

        query_encode(bytes_of(&byte, 1), "", &text);
        encoded[text.size] = '\0';
        if (c != 0 && strchr(plain, c) != NULL)
            snprintf(expected, sizeof expected, "%c", c);
        else
            snprintf(expected, sizeof expected, "%%%02X", (unsigned)c);
        ck_assert_str_eq(encoded, expected);
        if (c >= 0x20 && c < 0x7f)
            ck_assert_mem_eq(decode(bytes_of(encoded, text.size), true), &byte, 1);
    }
}
END_TEST

START_TEST(more_can_be_left_plain)
{
    struct text text = text_of(buffer, sizeof buffer);

    query_encode(bytes_of("a,b;c/d\0", 8), ",", &text);
    ck_assert(bytes_equal_text(text_bytes(&text), "a,b%3Bc%2Fd%00"));
}
END_TEST

static const struct {
    const char *query;
    const char *pairs; /* <name=value> of each */
} queries[] = {
    {"", ""},
    {"a=b", "<a=b>"},
    {"a=b&c=d", "<a=b><c=d>"},
    {"&&a=b&&&c=d&", "<a=b><c=d>"},
    {"a", "<a=>"},
    {"a=", "<a=>"},
    {"=b", "<=b>"},
    {"=", "<=>"},
    {"a=b=c", "<a=b=c>"},
    {"a=b;c=d", "<a=b;c=d>"},
    {"a?=b?c", "<a?=b?c>"},
    {"&", ""},
};

START_TEST(a_query_is_taken_apart_at_its_ampersands)
{
    struct bytes query = bytes_of_text(queries[_i].query);
    struct bytes name, value;
    struct text text = text_of(buffer, sizeof buffer);

    while (query_next(&query, &name, &value)) {
        text_add(&text, "<");
        text_add_bytes(&text, name);
        text_add(&text, "=");
        text_add_bytes(&text, value);
        text_add(&text, ">");
    }
    ck_assert_uint_eq(query.size, 0);
    ck_assert(bytes_equal_text(text_bytes(&text), queries[_i].pairs));
    ck_assert(!query_next(&query, &name, &value));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("query_decode");
    TCase *tcase = tcase_create("query_decode");

    tcase_add_loop_test(tcase, escapes_are_read_once, 0, (int)COUNT(good));
    tcase_add_loop_test(tcase, what_is_no_plain_utf8_is_refused, 0, (int)COUNT(bad));
    tcase_add_test(tcase, a_nul_is_refused_also_where_it_is_raw);
    tcase_add_test(tcase, an_escape_at_the_end_is_not_read_past_it);
    tcase_add_test(tcase, what_does_not_fit_shows);
    tcase_add_test(tcase, every_byte_is_written_so_that_it_reads_back);
    tcase_add_test(tcase, more_can_be_left_plain);
    tcase_add_loop_test(tcase, a_query_is_taken_apart_at_its_ampersands, 0, (int)COUNT(queries));
    suite_add_tcase(suite, tcase);
    return suite;
}
