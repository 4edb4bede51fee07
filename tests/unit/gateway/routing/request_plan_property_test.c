/* request_plan_property_test.c - over a million made-up requests: a key for each meaning, and a meaning for each key.
 *
 * The meaning of a request is written down in request_meaning.h a second time, by other means: values are compared
 * with each other, not brought into a form. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c gateway/routing/signature.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "request_draw.h"
#include "support/row.h"

enum { REQUESTS = 1000000 };

struct known {
    uint8_t key[16];
    char meaning[16]; /* a hash of it */
};

static int
by_key(const void *left, const void *right)
{
    return memcmp(((const struct known *)left)->key, ((const struct known *)right)->key, 16);
}

static int
by_meaning(const void *left, const void *right)
{
    return memcmp(((const struct known *)left)->meaning, ((const struct known *)right)->meaning,
                  16);
}

/* Neighbours that agree in one of the two must agree in the other; returns how many do. */
static size_t
count_equal(struct known *known, int (*compare)(const void *, const void *))
{
    size_t equal = 0;

    qsort(known, REQUESTS, sizeof *known, compare);
    for (size_t i = 1; i < REQUESTS; i++) {
        bool has_key = by_key(&known[i - 1], &known[i]) == 0;

        must(has_key == (by_meaning(&known[i - 1], &known[i]) == 0),
             "one key for two meanings, or two keys for one");
        equal += has_key;
    }
    return equal;
}

START_TEST(a_million_requests_have_one_key_for_each_meaning)
{
    static char scopes[3][8] = {"", "1", "12"};
    struct known *known = calloc(REQUESTS, sizeof *known);
    size_t equal;

    row("R-032");
    ck_assert_ptr_nonnull(known);
    for (size_t i = 0; i < REQUESTS; i++) {
        const char *scope = scopes[draw(3)];
        struct meaning meaning;

        draw_target();
        must(plan_bytes(bytes_of(target, target_size), scope) == STATUS_OK, "refused");
        must(meaning_read(plan_table, bytes_of(target, target_size), &meaning), "not read");
        meaning_hash(&meaning, scope, known[i].meaning);
        memcpy(known[i].key, plan.cache_key, sizeof known[i].key);
    }
    equal = count_equal(known, by_key);
    ck_assert_uint_eq(count_equal(known, by_meaning), equal);
    ck_assert_uint_gt(equal, 1000);
    ck_assert_uint_lt(equal, REQUESTS - 100000);
    free(known);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan_property");
    TCase *tcase = tcase_create("request_plan_property");

    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, draw_begin, draw_end);
    tcase_add_test(tcase, a_million_requests_have_one_key_for_each_meaning);
    suite_add_tcase(suite, tcase);
    return suite;
}
