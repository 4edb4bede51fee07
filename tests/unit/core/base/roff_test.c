/* roff_test.c - Markdown as the text of a manual page: what it becomes, and that no text becomes a request. */
/* links: core/base/roff.c @core */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/roff.h"

static const struct {
    const char *markdown, *roff;
} texts[] = {
    {"", ""},
    {"# Title\n", ""},
    {"## Exit status\n", ".SH EXIT STATUS\n"},
    {"### check-config\n", ".SS check\\-config\n"},
    {"one\ntwo\n\nthree\n", "one\ntwo\n.PP\nthree\n"},
    {"no end of line", "no end of line\n"},
    {"a `--word` of *some more* text\n", "a \\fB\\-\\-word\\fR of \\fIsome more\\fR text\n"},
    {"all: * and *.example.com\n", "all: * and *.example.com\n"},
    {"`*` is all\n", "\\fB*\\fR is all\n"},
    {".env is a file\n'quoted'\nC:\\n\n", "\\&.env is a file\n\\&'quoted'\nC:\\en\n"},
    {"1. first\n2. second\n", ".IP 1. 4\nfirst\n.IP 2. 4\nsecond\n"},
    {"see\n\n    rentcache -x\n    .dot\n\nafter\n",
     "see\n.PP\n.nf\n    rentcache \\-x\n    .dot\n.fi\n.PP\nafter\n"},
    {"| key | meaning |\n| --- | --- |\n| `a\\|b` | .first |\n| c | d |\n",
     ".TP\n\\fBa|b\\fR\n\\&.first\n.TP\nc\nd\n"},
    {"| key | env | value | meaning |\n| --- | --- | --- | --- |\n| port | PORT | 1..9 | of it |\n",
     ".TP\nport  PORT, 1..9\nof it\n"},
    {"| a | b |\n| --- | --- |\n| x | y |\n\n| c | d |\n| --- | --- |\n| v | w |\n",
     ".TP\nx\ny\n.TP\nv\nw\n"},
    {"| a |\n| --- |\n| alone |\n", ""},
    {"|", ""},
};

START_TEST(a_text_becomes)
{
    char *roff = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&roff, &size);

    roff_from_markdown(texts[_i].markdown, out);
    fclose(out);
    ck_assert_str_eq(roff, texts[_i].roff);
    free(roff);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/roff");
    TCase *tcase = tcase_create("roff");

    tcase_add_loop_test(tcase, a_text_becomes, 0, (int)COUNT(texts));
    suite_add_tcase(suite, tcase);
    return suite;
}
