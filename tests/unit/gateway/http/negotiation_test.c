/* negotiation_test.c - which of a request's fields decide, alone and together. */
/* links: gateway/http/negotiation.c gateway/http/accept_encoding.c gateway/http/entity_tag.c gateway/http/http_date.c */
/* links: gateway/server/request.c core/base/text.c */
#include "http/negotiation.h"

#include <check.h>
#include <stdlib.h>

#define LAST_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define LAST   "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"
#define NOW_S  1767225600

static const char head[] = "X: 1\r\nETag: \"abc\"\r\n";
static struct request request;

static void
setup(void)
{
    request = (struct request){.method = "GET"};
}

static void
add(const char *name, const char *value)
{
    request.headers[request.header_count++] = (struct request_header){name, value};
}

static bool
is_not_modified(size_t tag_size)
{
    struct bytes tag = bytes_of(head + 12, tag_size);
    struct negotiation negotiation;

    negotiation_read(&request, &negotiation);
    return negotiation_is_conditional(&negotiation) &&
           negotiation_is_not_modified(&negotiation, tag, LAST_S, NOW_S);
}

static bool
takes_gzip(void)
{
    struct negotiation negotiation;

    negotiation_read(&request, &negotiation);
    return negotiation.takes_gzip;
}

START_TEST(a_request_without_such_fields_wants_all_and_plain)
{
    add("Host", "a");
    add("Accept", "*/*");
    add("Authorization", "Bearer gzip");
    add("If-Match", "\"abc\"");
    add("If-Unmodified-Since", LAST);
    add("I", "\"abc\"");
    add("A", "gzip");
    ck_assert(!is_not_modified(5));
    ck_assert(!takes_gzip());
}
END_TEST

START_TEST(names_are_found_in_any_case_and_place)
{
    add("Host", "a");
    add("aCCEPT-encoding", "gzip");
    add("IF-none-MATCH", "\"x\", \"abc\"");
    ck_assert(is_not_modified(5));
    ck_assert(takes_gzip());
}
END_TEST

START_TEST(a_response_without_validators_is_always_given)
{
    add("If-None-Match", "*");
    ck_assert(is_not_modified(5));
    ck_assert(!is_not_modified(0));
}
END_TEST

struct example {
    const char *none_match; /* NULL: no such field */
    const char *since;
    bool is_not_modified;
};

static const struct example examples[] = {
    {NULL, LAST, true},
    {NULL, AFTER, true},
    {NULL, BEFORE, false},
    {NULL, "Sunday, 06-Nov-94 08:49:37 GMT", true},
    {NULL, "Sun Nov  6 08:49:37 1994", true},
    {NULL, "Sun Nov  6 08:49:36 1994", false},
    {NULL, "yesterday", false},
    {NULL, "", false},
    {"\"abc\"", NULL, true},
    {"\"x\"", NULL, false},
    /* the tag decides alone */
    {"\"abc\"", BEFORE, true},
    {"\"x\"", AFTER, false},
    {"broken", AFTER, false},
    {"", AFTER, false},
};

START_TEST(conditions_together)
{
    const struct example *example = &examples[_i];

    if (example->since != NULL)
        add("If-Modified-Since", example->since);
    if (example->none_match != NULL)
        add("If-None-Match", example->none_match);
    ck_assert(is_not_modified(5) == example->is_not_modified);
}
END_TEST

START_TEST(lines_of_one_field_are_one_list)
{
    add("If-None-Match", "\"x\"");
    ck_assert(!is_not_modified(5));
    add("If-None-Match", "\"abc\"");
    ck_assert(is_not_modified(5));
    add("If-None-Match", "broken");
    ck_assert(!is_not_modified(5));
    add("Accept-Encoding", "br");
    ck_assert(!takes_gzip());
    add("Accept-Encoding", "gzip");
    ck_assert(takes_gzip());
    add("Accept-Encoding", "identity, gzip;q=0.5");
    ck_assert(!takes_gzip());
}
END_TEST

START_TEST(two_dates_are_no_date)
{
    add("If-Modified-Since", AFTER);
    ck_assert(is_not_modified(5));
    add("If-Modified-Since", AFTER);
    ck_assert(!is_not_modified(5));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("negotiation");
    TCase *tests = tcase_create("fields");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_request_without_such_fields_wants_all_and_plain);
    tcase_add_test(tests, names_are_found_in_any_case_and_place);
    tcase_add_test(tests, a_response_without_validators_is_always_given);
    tcase_add_loop_test(tests, conditions_together, 0, (int)COUNT(examples));
    tcase_add_test(tests, lines_of_one_field_are_one_list);
    tcase_add_test(tests, two_dates_are_no_date);
    suite_add_tcase(suite, tests);
    return suite;
}
