/* utf8_test.c - what is UTF-8. */
#include <check.h>

#include "base/utf8.h"

static const struct {
    const char *text;
    size_t size; /* of the first character; 0: it is none */
    uint32_t code;
} cases[] = {
    {"a", 1, 'a'},
    {"\x7f", 1, 0x7f},
    {"\xc2\x80", 2, 0x80},
    {"\xc3\xb1x", 2, 0xf1},
    {"\xe0\xa0\x80", 3, 0x800},
    {"\xed\x9f\xbf", 3, 0xd7ff},
    {"\xee\x80\x80", 3, 0xe000},
    {"\xef\xbf\xbf", 3, 0xffff},
    {"\xf0\x90\x80\x80", 4, 0x10000},
    {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    {"", 0, 0},
    {"\x80", 0, 0},             /* no first byte */
    {"\xc0\x80", 0, 0},         /* overlong NUL */
    {"\xc1\xbf", 0, 0},         /* overlong */
    {"\xe0\x9f\xbf", 0, 0},     /* overlong */
    {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
    {"\xed\xa0\x80", 0, 0},     /* surrogate */
    {"\xed\xbf\xbf", 0, 0},     /* surrogate */
    {"\xf4\x90\x80\x80", 0, 0}, /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", 0, 0}, /* never */
    {"\xff", 0, 0},             /* never */
    {"\xc3", 0, 0},             /* cut */
    {"\xe2\x82", 0, 0},         /* cut */
    {"\xc3\xc3", 0, 0},         /* no second byte */
};

START_TEST(the_first_character)
{
    uint32_t code = 0;

    ck_assert_int_eq((int)utf8_decode(cases[_i].text, strlen(cases[_i].text), &code),
                     (int)cases[_i].size);
    if (cases[_i].size > 0)
        ck_assert_int_eq((int)code, (int)cases[_i].code);
}
END_TEST

START_TEST(only_size_bytes_are_read)
{
    uint32_t code = 0;

    ck_assert_int_eq((int)utf8_decode("\xc3\xb1", 1, &code), 0);
    ck_assert_int_eq((int)utf8_decode("a", 0, &code), 0);
}
END_TEST

START_TEST(plain_text_has_no_controls)
{
    ck_assert(utf8_is_plain(bytes_of_text("Ca\xc3\xb1on \xf0\x9f\x8f\xa0")));
    ck_assert(utf8_is_plain(bytes_of(NULL, 0)));
    ck_assert(!utf8_is_plain(bytes_of_text("a\nb")));
    ck_assert(!utf8_is_plain(bytes_of("a\0b", 3)));
    ck_assert(!utf8_is_plain(bytes_of_text("\x7f")));
    ck_assert(!utf8_is_plain(bytes_of_text("a\xff")));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/utf8");
    TCase *tcase = tcase_create("utf8");

    tcase_add_loop_test(tcase, the_first_character, 0, (int)COUNT(cases));
    tcase_add_test(tcase, only_size_bytes_are_read);
    tcase_add_test(tcase, plain_text_has_no_controls);
    suite_add_tcase(suite, tcase);
    return suite;
}
