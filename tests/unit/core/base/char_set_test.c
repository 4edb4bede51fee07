/* char_set_test.c - every set against its definition in words, over all 256 bytes. */
#include <check.h>
#include <string.h>

#include "base/char_set.h"

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const struct {
    const char *name;
    const struct char_set *set;
    const char *members; /* as the document has them */
} sets[] = {
    {"token, RFC 9110 5.6.2", &char_set_token, LETTERS_AND_DIGITS "!#$%&'*+-.^_`|~"},
    {"token68, RFC 9110 11.2", &char_set_token68, LETTERS_AND_DIGITS "-._~+/="},
    {"target, RFC 3986 3.3 and 3.4, with %, [ ] and |", &char_set_target,
     LETTERS_AND_DIGITS "-._~!$&'()*+,;=:@/?%[]|"},
    {"host, RFC 3986 3.2.2 and a port", &char_set_host, LETTERS_AND_DIGITS "-._~!$&'()*+,;=%[]:"},
    {"unreserved, RFC 3986 2.3", &char_set_unreserved, LETTERS_AND_DIGITS "-._~"},
};

START_TEST(a_set_holds_its_members_and_nothing_else)
{
    for (int c = 0; c < 256; c++) {
        bool is_member = c != 0 && strchr(sets[_i].members, c) != NULL;

        ck_assert_msg(char_set_has(*sets[_i].set, (unsigned char)c) == is_member,
                      "%s: byte 0x%02x is %sexpected", sets[_i].name, (unsigned)c,
                      is_member ? "" : "not ");
    }
}
END_TEST

START_TEST(a_text_is_made_of_a_set_when_every_byte_belongs_and_there_is_one)
{
    ck_assert(char_set_makes(char_set_token, bytes_of_text("X-Api-Key")));
    ck_assert(!char_set_makes(char_set_token, bytes_of_text("X Api")));
    ck_assert(!char_set_makes(char_set_token, bytes_of_text("Key\x80")));
    ck_assert(!char_set_makes(char_set_token, bytes_of_text("")));
    ck_assert(!char_set_makes(char_set_token, bytes_of("a\0b", 3)));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/char_set");
    TCase *members = tcase_create("members");
    TCase *texts = tcase_create("texts");

    tcase_add_loop_test(members, a_set_holds_its_members_and_nothing_else, 0,
                        (int)(sizeof sets / sizeof sets[0]));
    tcase_add_test(texts, a_text_is_made_of_a_set_when_every_byte_belongs_and_there_is_one);
    suite_add_tcase(suite, members);
    suite_add_tcase(suite, texts);
    return suite;
}
