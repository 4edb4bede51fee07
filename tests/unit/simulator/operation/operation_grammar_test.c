/* operation_grammar_test.c - the grammar of filters, parameter by parameter, on every operation. */
/* links: @simulator */
#include "unit/simulator/calls.h"

#include <stdlib.h>

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const lists[] = {
    "/v1/properties?zipCode=78701",
    "/v1/listings/sale?zipCode=78701",
    "/v1/listings/rental/long-term?zipCode=78701",
};

enum { PROPERTIES = 1, SALE = 2, RENTAL = 4, LISTINGS = SALE | RENTAL, ALL = 7 };

/* The table of the specification: which operations know a parameter, and what it takes. */
static const struct parameter {
    const char *name;
    unsigned operations;
    const char *list;  /* one that matches something */
    const char *range; /* the same */
    bool takes_list;
    bool takes_range;
} parameters[] = {
    {"propertyType", ALL, "Condo|Townhouse", "Condo:Townhouse", true, false},
    {"bedrooms", ALL, "2|3", "1:3", true, true},
    {"bathrooms", ALL, "1.5|2|2.5", "*:2.5", true, true},
    {"squareFootage", ALL, "1000|1200", "900:*", true, true},
    {"lotSize", ALL, "5000|6000", "2000:9000", true, true},
    {"yearBuilt", ALL, "1990|2001", "1970:2010", true, true},
    {"price", LISTINGS, "2000|400000", "1500:900000", true, true},
    {"saleDateRange", PROPERTIES, "200|300", "*:2700", false, true},
    {"daysOld", LISTINGS, "30|60", "1:200", false, true},
};

/* Answers list?zipCode=78701&name=value, with every special character escaped when asked. */
static int
ask(const char *list, const char *name, const char *value, bool is_escaped)
{
    char target[256];
    size_t used = (size_t)snprintf(target, sizeof target, "%s&%s=", list, name);
    for (const char *at = value; *at != '\0' && used < sizeof target; at++)
        if (is_escaped && strchr("|:*", *at) != NULL)
            used += (size_t)snprintf(target + used, sizeof target - used, "%%%02X", *at);
        else
            target[used++] = *at;
    ck_assert_uint_lt(used, sizeof target);
    target[used] = '\0';
    return calls_get(target);
}

static char *
copy_body(void)
{
    char *copy = strdup(answer.body.data);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* Whether the last answer is the very body, which is given back. */
static void
assert_same(char *body, const char *why)
{
    ck_assert_msg(strcmp(body, answer.body.data) == 0, "%s", why);
    free(body);
}

static void
assert_form(const char *list, const struct parameter *row, const char *value, bool is_taken)
{
    int status = ask(list, row->name, value, false);
    ck_assert_msg((status != 400) == is_taken, "%s %s=%s: %d", list, row->name, value, status);
    char *raw = copy_body();
    ask(list, row->name, value, true);
    assert_same(raw, row->name);
}

START_TEST(lists_and_ranges_are_taken_as_the_table_says)
{
    const struct parameter *row = &parameters[_i];
    for (size_t list = 0; list < COUNT(lists); list++) {
        bool is_known = (row->operations & (1U << list)) != 0;
        assert_form(lists[list], row, row->list, !is_known || row->takes_list);
        assert_form(lists[list], row, row->range, !is_known || row->takes_range);
    }
}
END_TEST

START_TEST(malformed_values_are_refused_where_the_parameter_is_known)
{
    static const char *const malformed[] = {"3:1", "1:2|4", "2|", "abc", "1:", ":3", "*", "1:2:3"};
    const struct parameter *row = &parameters[_i];
    for (size_t list = 0; list < COUNT(lists); list++) {
        bool is_known = (row->operations & (1U << list)) != 0;
        for (size_t i = 0; i < COUNT(malformed); i++)
            assert_form(lists[list], row, malformed[i], !is_known);
        assert_form(lists[list], row, "", true);
    }
}
END_TEST

START_TEST(empty_open_and_unknown_parameters_change_nothing)
{
    const struct parameter *row = &parameters[_i];
    for (size_t list = 0; list < COUNT(lists); list++) {
        bool is_known = (row->operations & (1U << list)) != 0;
        calls_get(lists[list]);
        char *plain = copy_body();
        ask(lists[list], row->name, "", false);
        assert_same(plain, "empty");
        plain = copy_body();
        if (row->takes_range || !is_known)
            ask(lists[list], row->name, "*:*", false);
        assert_same(plain, "*:*");
        plain = copy_body();
        if (!is_known)
            ask(lists[list], row->name, "3:1|x", false);
        assert_same(plain, "unknown to this operation");
    }
}
END_TEST

START_TEST(single_days_are_a_maximum)
{
    ask(lists[0], "saleDateRange", "2700", false);
    char *single = copy_body();
    ask(lists[0], "saleDateRange", "*:2700", false);
    assert_same(single, "saleDateRange");
    for (size_t list = 1; list < COUNT(lists); list++) {
        ask(lists[list], "daysOld", "90", false);
        single = copy_body();
        ask(lists[list], "daysOld", "1:90", false);
        assert_same(single, "daysOld");
    }
}
END_TEST

/* How many of the rows of a list have the member, from least to most. */
static size_t
count_between(const json_t *rows, const char *member, double least, double most)
{
    size_t index;
    json_t *row;
    size_t count = 0;
    json_array_foreach(rows, index, row)
    {
        const json_t *value = json_object_get(row, member);
        double number = json_number_value(value);
        count += value != NULL && number >= least && number <= most;
    }
    return count;
}

static const struct {
    const char *filter;
    double least;
    double most;
} ranges[] = {{"0:*", 0, 1e12}, {"*:2", -1, 2}, {"1500:6000", 1500, 6000}, {"3", 3, 3}};

/* The whole list, filtered here, is what the filter answers: no row more, none less, and none
 * that lacks the field. */
START_TEST(filters_find_exactly_what_matches)
{
    static const char *const members[] = {"bedrooms", "bathrooms", "squareFootage", "lotSize",
                                          "yearBuilt"};
    for (size_t list = 0; list < COUNT(lists); list++) {
        char whole[128];
        snprintf(whole, sizeof whole, "%s&limit=500", lists[list]);
        ck_assert_int_eq(calls_get(whole), 200);
        json_t *rows = json_incref(document);
        for (size_t i = 0; i < COUNT(members) * COUNT(ranges); i++) {
            const char *member = members[i / COUNT(ranges)];
            size_t range = i % COUNT(ranges);
            size_t expected = count_between(rows, member, ranges[range].least, ranges[range].most);
            int status = ask(whole, member, ranges[range].filter, false);
            ck_assert_int_eq(status, expected == 0 ? 404 : 200);
            ck_assert_msg(expected == 0 || answer.total == expected, "%s %s=%s: %zu, not %zu",
                          whole, member, ranges[range].filter, answer.total, expected);
        }
        json_decref(rows);
    }
}
END_TEST

static const char *const ten_operations[] = {
    "/v1/properties?zipCode=78701&limit=2",
    "/v1/properties/random?limit=2",
    "/v1/properties/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244?a=1",
    "/v1/avm/value?latitude=30.27&longitude=-97.74",
    "/v1/avm/rent/long-term?latitude=30.27&longitude=-97.74",
    "/v1/listings/sale?limit=2",
    "/v1/listings/sale/5201-Paper-Boat-Dr,-San-Antonio,-TX-78244?a=1",
    "/v1/listings/rental/long-term?limit=2",
    "/v1/listings/rental/long-term/4903-Yo-Yo-Trl,-San-Antonio,-TX-78244?a=1",
    "/v1/markets?zipCode=78701&historyRange=1",
};

START_TEST(unknown_parameters_are_ignored_by_all_ten_operations)
{
    char target[256];
    ck_assert_int_eq(calls_get(ten_operations[_i]), 200);
    char *plain = copy_body();
    snprintf(target, sizeof target, "%s&nonsense=3:1|x&Limit=0&force_refresh=true&=5&q",
             ten_operations[_i]);
    ck_assert_int_eq(calls_get(target), 200);
    assert_same(plain, target);
}
END_TEST

START_TEST(estimates_take_single_numbers)
{
    static const char *const members[] = {"bedrooms", "bathrooms", "squareFootage", "maxRadius",
                                          "daysOld",  "compCount", "latitude"};
    static const char *const filters[] = {"1:3", "5|6", "*", "*:5", "abc", "1e1", "-200"};
    for (size_t i = 0; i < 2 * COUNT(members) * COUNT(filters); i++) {
        char target[160];
        const char *place = i % 2 == 0 ? "value" : "rent/long-term";
        const char *member = members[i / 2 % COUNT(members)];
        const char *filter = filters[i / 2 / COUNT(members)];
        snprintf(target, sizeof target, "/v1/avm/%s?%s=%s&latitude=30.27&longitude=-97.74", place,
                 member, filter);
        ck_assert_msg(calls_get(target) == 400, "%s", target);
    }
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("operation_grammar");
    TCase *grammar = tcase_create("grammar");
    tcase_set_timeout(grammar, 30);
    tcase_add_checked_fixture(grammar, calls_set_up, calls_tear_down);
    tcase_add_loop_test(grammar, lists_and_ranges_are_taken_as_the_table_says, 0,
                        (int)COUNT(parameters));
    tcase_add_loop_test(grammar, malformed_values_are_refused_where_the_parameter_is_known, 0,
                        (int)COUNT(parameters));
    tcase_add_loop_test(grammar, empty_open_and_unknown_parameters_change_nothing, 0,
                        (int)COUNT(parameters));
    tcase_add_test(grammar, single_days_are_a_maximum);
    tcase_add_test(grammar, filters_find_exactly_what_matches);
    tcase_add_loop_test(grammar, unknown_parameters_are_ignored_by_all_ten_operations, 0,
                        (int)COUNT(ten_operations));
    tcase_add_test(grammar, estimates_take_single_numbers);
    suite_add_tcase(suite, grammar);
    return suite;
}
