/* entity_tag_test.c - what a tag is, and whether a list has it. */
/* links: gateway/http/entity_tag.c */
#include "http/entity_tag.h"

#include <check.h>
#include <stdlib.h>

struct validity {
    const char *text;
    bool is_valid;
};

static const struct validity validities[] = {
    {"\"\"", true},      {"\"abc\"", true},      {"W/\"abc\"", true}, {"\"a,b\"", true},
    {"\"*\"", true},     {"\"\x80\xff\"", true}, {"\"a'!#~\"", true}, {"", false},
    {"abc", false},      {"\"abc", false},       {"abc\"", false},    {"w/\"abc\"", false},
    {"W/abc", false},    {"W/", false},          {"W/\"abc", false},  {"\"a b\"", false},
    {"\"a\tb\"", false}, {"\"a\"b\"", false},    {"\"\x7f\"", false}, {" \"a\"", false},
    {"\"a\" ", false},   {"'abc'", false},       {"\"", false},
};

START_TEST(a_tag_is)
{
    const struct validity *example = &validities[_i];

    ck_assert_msg(entity_tag_is_valid(bytes_of_text(example->text)) == example->is_valid, "%s",
                  example->text);
}
END_TEST

struct example {
    const char *list;
    const char *tag;
    enum entity_tag_match result;
};

static const struct example examples[] = {
    {"\"abc\"", "\"abc\"", ENTITY_TAG_MATCH},
    {"\"x\", \"abc\"", "\"abc\"", ENTITY_TAG_MATCH},
    {"\"abc\", \"x\"", "\"abc\"", ENTITY_TAG_MATCH},
    {"\"x\",\"abc\",\"y\"", "\"abc\"", ENTITY_TAG_MATCH},
    {"\t \"x\"\t,\t\"abc\" ", "\"abc\"", ENTITY_TAG_MATCH},
    {",, \"x\" , , \"abc\" ,", "\"abc\"", ENTITY_TAG_MATCH},
    {"\"a,b\", \"abc\"", "\"abc\"", ENTITY_TAG_MATCH},
    /* weak comparison: the mark does not count, on either side */
    {"W/\"abc\"", "\"abc\"", ENTITY_TAG_MATCH},
    {"\"abc\"", "W/\"abc\"", ENTITY_TAG_MATCH},
    {"W/\"abc\"", "W/\"abc\"", ENTITY_TAG_MATCH},
    {"\"x\", W/\"abc\"", "\"abc\"", ENTITY_TAG_MATCH},
    {"*", "\"abc\"", ENTITY_TAG_MATCH},
    {" * ", "\"abc\"", ENTITY_TAG_MATCH},
    {"\"ab\"", "\"abc\"", ENTITY_TAG_OTHER},
    {"\"abcd\"", "\"abc\"", ENTITY_TAG_OTHER},
    {"\"ABC\"", "\"abc\"", ENTITY_TAG_OTHER},
    {"\"abc-gz\"", "\"abc\"", ENTITY_TAG_OTHER},
    {"\"x,\"", "\"x\"", ENTITY_TAG_OTHER},
    {"\"*\"", "\"abc\"", ENTITY_TAG_OTHER},
    {"", "\"abc\"", ENTITY_TAG_OTHER},
    {" , ", "\"abc\"", ENTITY_TAG_OTHER},
    /* nothing of a broken list counts, not even the tag that is in it */
    {"abc", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"\"abc", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"\"abc\" \"x\"", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"\"abc\", x", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"w/\"abc\"", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"W/ \"abc\"", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"*, \"abc\"", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"\"abc\", *", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"**", "\"abc\"", ENTITY_TAG_MALFORMED},
    {"'abc'", "\"abc\"", ENTITY_TAG_MALFORMED},
};

START_TEST(a_list_says)
{
    const struct example *example = &examples[_i];

    ck_assert_msg(entity_tag_find(example->list, bytes_of_text(example->tag)) == example->result,
                  "%s in %s", example->tag, example->list);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("entity_tag");
    TCase *tests = tcase_create("tags");

    tcase_add_loop_test(tests, a_tag_is, 0, (int)COUNT(validities));
    tcase_add_loop_test(tests, a_list_says, 0, (int)COUNT(examples));
    suite_add_tcase(suite, tests);
    return suite;
}
