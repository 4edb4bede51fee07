/* request_plan_pairs_test.c - a million pairs of targets that differ by one byte or its encoding: one key where they
 * mean the same, two where they do not. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c gateway/routing/signature.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c @core */

#include "request_draw.h"

enum { PAIRS = 1000000, MUTANTS_EACH = 40 };

/* One byte is replaced, put in, taken out, moved, escaped or written in the other case. */
static size_t
mutate(const char *from, size_t size, char *to)
{
    static const char bytes[] = "aA015%&=+|:*.-_~/?,;bBcCdDeEfF2379 \"\\";
    size_t at = 1 + draw(size - 1);
    uint8_t byte = (uint8_t)bytes[draw(sizeof bytes - 1)];
    char escaped[4];

    memcpy(to, from, size);
    switch (draw(6)) {
    case 0:
        to[at] = (char)byte;
        return size;
    case 1:
        memmove(to + at + 1, to + at, size - at);
        to[at] = (char)byte;
        return size + 1;
    case 2:
        memmove(to + at, to + at + 1, size - at - 1);
        return size - 1;
    case 3:
        to[at] = from[at - 1];
        to[at - 1] = from[at];
        return size;
    case 4:
        to[at] = (char)(isupper((uint8_t)from[at]) ? tolower(from[at]) : toupper(from[at]));
        return size;
    default:
        memmove(to + at + 3, to + at + 1, size - at - 1);
        snprintf(escaped, sizeof escaped, "%%%02x", (uint8_t)from[at]);
        memcpy(to + at, escaped, 3);
        return size + 2;
    }
}

static bool
is_planned(const char *text, size_t size, uint8_t key[16], struct meaning *meaning)
{
    if (!meaning_read(plan_table, bytes_of(text, size), meaning) ||
        plan_bytes(bytes_of(text, size), "") != STATUS_OK)
        return false;
    memcpy(key, plan.cache_key, 16);
    return true;
}

START_TEST(targets_that_differ_by_one_byte_share_a_key_only_where_they_mean_the_same)
{
    static struct meaning original, changed;
    uint8_t key[16], other[16];
    size_t equal = 0, different = 0;

    for (size_t pair = 0; pair < PAIRS; pair++) {
        size_t size;

        if (pair % MUTANTS_EACH == 0) {
            draw_target();
            must(is_planned(target, target_size, key, &original), "refused");
        }
        size = mutate(target, target_size, mutant);
        mutant[size] = '\0';
        if (!is_planned(mutant, size, other, &changed))
            continue;
        if (meaning_is_same(&original, &changed)) {
            must(memcmp(key, other, 16) == 0, "the same meaning, two keys");
            equal++;
        } else {
            must(memcmp(key, other, 16) != 0, "two meanings, one key");
            different++;
        }
    }
    ck_assert_uint_gt(equal, PAIRS / 20);
    ck_assert_uint_gt(different, PAIRS / 20);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request_plan_pairs");
    TCase *tcase = tcase_create("request_plan_pairs");

    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, draw_begin, draw_end);
    tcase_add_test(tcase,
                   targets_that_differ_by_one_byte_share_a_key_only_where_they_mean_the_same);
    suite_add_tcase(suite, tcase);
    return suite;
}
