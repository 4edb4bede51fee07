/* cache_reason_test.c - the table of reasons is what docs/usage.md says, and its words fit where they are written. */
/* links: core/domain/decision.c */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decision.h"

static const char *const meanings[] = {
#define MEANING(name, text, forward, meaning) meaning,
    CACHE_REASONS(MEANING)
#undef MEANING
};

static char page[1 << 18];

static void
read_page(void)
{
    const char *root = getenv("RENTCACHE_SOURCE_DIR");
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/docs/usage.md", root != NULL ? root : ".");
    file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
}

START_TEST(the_documentation_has_every_reason)
{
    char row[512];

    read_page();
    for (enum cache_reason i = CACHE_REASON_NONE + 1; i < CACHE_REASON_COUNT; i++) {
        snprintf(row, sizeof row, "\n| `%s` | `%s` | %s |\n", cache_reason_text(i),
                 cache_reason_forward(i), meanings[i]);
        ck_assert_msg(strstr(page, row) != NULL, "docs/usage.md has no row %s", row);
    }
}
END_TEST

/* They stand in a header and in a log without any escaping; RFC 9211 has these words. */
START_TEST(a_reason_is_a_token)
{
    static const char *const forwards[] = {
        "hit", "fwd=bypass", "fwd=uri-miss", "fwd=miss", "fwd=stale", "fwd=request", NULL};

    for (enum cache_reason i = CACHE_REASON_NONE; i < CACHE_REASON_COUNT; i++) {
        size_t known = 0;

        for (const char *at = cache_reason_text(i); *at != '\0'; at++)
            ck_assert(islower((unsigned char)*at) || *at == '-');
        while (forwards[known] != NULL && strcmp(forwards[known], cache_reason_forward(i)) != 0)
            known++;
        ck_assert_msg(forwards[known] != NULL, "%s", cache_reason_forward(i));
    }
    ck_assert_str_eq(cache_reason_text(CACHE_REASON_NONE), "");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache_reason");
    TCase *test = tcase_create("cache_reason");

    tcase_add_test(test, the_documentation_has_every_reason);
    tcase_add_test(test, a_reason_is_a_token);
    suite_add_tcase(suite, test);
    return suite;
}
