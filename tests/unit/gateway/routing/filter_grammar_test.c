/* filter_grammar_test.c - the vendor's filters, and what was chosen where the vendor says nothing. */
/* links: gateway/routing/filter_grammar.c core/base/number_text.c */

#include "routing/filter_grammar.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static char buffer[1024];

typedef enum filter_result normalise_function(struct bytes value, struct text *out);

/* "": no filter; NULL: not valid; else the one form. The value stands in memory of its own size. */
static const char *
form_of(normalise_function *normalise, const char *value)
{
    struct text text = text_of(buffer, sizeof buffer - 1);
    size_t size = strlen(value);
    char *exact = malloc(size > 0 ? size : 1);
    enum filter_result result;

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, value, size);
    result = normalise(bytes_of(exact, size), &text);
    free(exact);
    ck_assert(!text.is_cut);
    buffer[text.size] = '\0';
    if (result == FILTER_VALID)
        ck_assert_uint_gt(text.size, 0);
    else
        ck_assert_uint_eq(text.size, 0);
    return result == FILTER_INVALID ? NULL : buffer;
}

struct filter_case {
    const char *value, *form;
};

static const struct filter_case filters[] = {
    /* the vendor's examples */
    {"1:3", "1:3"},
    {"150000:250000", "150000:250000"},
    {"*:3", "*:3"},
    {"2000:*", "2000:*"},
    {"2|3", "2|3"},
    {"2.5", "2.5"},
    {"0", "0"}, /* a studio */
    /* both ends are included, so one value may be both */
    {"3:3", "3:3"},
    {"2.5:2.50", "2.5:2.5"},
    /* chosen: no filter */
    {"*:*", ""},
    /* chosen: not valid */
    {"3:1", NULL},
    {"10:9", NULL}, /* as numbers, not as texts */
    {"2.51:2.5", NULL},
    {"1:2|4", NULL},
    {"1|2:4", NULL},
    {"*", NULL},
    {"*|2", NULL},
    {"2|*", NULL},
    {"many", NULL},
    {"", NULL},
    {":", NULL},
    {"1:", NULL},
    {":1", NULL},
    {"1:2:3", NULL},
    {"|", NULL},
    {"1|", NULL},
    {"|1", NULL},
    {"1||2", NULL},
    {" 1", NULL},
    {"1 ", NULL},
    {"1 : 3", NULL},
    {"-1", NULL},
    {"+1", NULL},
    {"-1:1", NULL},
    {"1e3", NULL},
    {"0x10", NULL},
    {"1,000", NULL},
    {"1.", NULL},
    {".5", NULL},
    {"1.2.3", NULL},
    {"**:1", NULL},
    {"inf", NULL},
    {"nan", NULL},
    /* one form for equal filters */
    {"01:003", "1:3"},
    {"2.50", "2.5"},
    {"2.0", "2"},
    {"0.0", "0"},
    {"00.50", "0.5"},
    {"000", "0"},
    {"100", "100"},
    {"3|2", "2|3"},
    {"2|2", "2"},
    {"2|2.0|02", "2"},
    {"10|9|1.5|9.0", "1.5|9|10"},
    {"9:10", "9:10"},
    {"*:3.0", "*:3"},
    {"0.10:*", "0.1:*"},
    /* numbers of at most 24 characters */
    {"123456789012345678901234", "123456789012345678901234"},
    {"1234567890123456789012345", NULL},
};

START_TEST(filters_are_checked_and_brought_into_one_form)
{
    const char *form = form_of(filter_normalise, filters[_i].value);

    if (filters[_i].form == NULL) {
        ck_assert_msg(form == NULL, "%s became %s", filters[_i].value, form);
        return;
    }
    ck_assert_msg(form != NULL, "%s was refused", filters[_i].value);
    ck_assert_str_eq(form, filters[_i].form);
}
END_TEST

static const struct filter_case days[] = {
    {"270", "*:270"},   {"*:270", "*:270"}, {"270:*", "270:*"}, {"1", "*:1"},    {"1:1", "1:1"},
    {"30:90", "30:90"}, {"*:*", ""},        {"007", "*:7"},     {"7.0", "*:7"},  {"0", NULL},
    {"0:5", NULL},      {"*:0", NULL},      {"0.5", NULL},      {"1.5:3", NULL}, {"90:30", NULL},
    {"1|2", NULL},      {"1|1", NULL},      {"*", NULL},        {"", NULL},      {":", NULL},
    {"5:", NULL},       {":5", NULL},       {"-5", NULL},       {"soon", NULL},  {"1:2:3", NULL},
    {"1:2|3", NULL},
};

START_TEST(days_are_always_a_range)
{
    const char *form = form_of(filter_normalise_days, days[_i].value);

    if (days[_i].form == NULL) {
        ck_assert_msg(form == NULL, "%s became %s", days[_i].value, form);
        return;
    }
    ck_assert_msg(form != NULL, "%s was refused", days[_i].value);
    ck_assert_str_eq(form, days[_i].form);
}
END_TEST

START_TEST(one_form_stays_as_it_is)
{
    for (size_t i = 0; i < COUNT(filters); i++)
        if (filters[i].form != NULL && filters[i].form[0] != '\0')
            ck_assert_str_eq(form_of(filter_normalise, filters[i].form), filters[i].form);
    for (size_t i = 0; i < COUNT(days); i++)
        if (days[i].form != NULL && days[i].form[0] != '\0')
            ck_assert_str_eq(form_of(filter_normalise_days, days[i].form), days[i].form);
}
END_TEST

START_TEST(a_list_is_bounded)
{
    char value[512] = "";
    char form[512] = "";

    for (int i = 64; i >= 1; i--)
        snprintf(value + strlen(value), 8, "%s%d", i < 64 ? "|" : "", i);
    for (int i = 1; i <= 64; i++)
        snprintf(form + strlen(form), 8, "%s%d", i > 1 ? "|" : "", i);
    ck_assert_str_eq(form_of(filter_normalise, value), form);
    snprintf(value + strlen(value), 8, "|7"); /* a double takes no place */
    ck_assert_str_eq(form_of(filter_normalise, value), form);
    snprintf(value + strlen(value), 8, "|65");
    ck_assert_ptr_null(form_of(filter_normalise, value));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("filter_grammar");
    TCase *tcase = tcase_create("filter_grammar");

    tcase_add_loop_test(tcase, filters_are_checked_and_brought_into_one_form, 0,
                        (int)COUNT(filters));
    tcase_add_loop_test(tcase, days_are_always_a_range, 0, (int)COUNT(days));
    tcase_add_test(tcase, one_form_stays_as_it_is);
    tcase_add_test(tcase, a_list_is_bounded);
    suite_add_tcase(suite, tcase);
    return suite;
}
