/* accounts_file_test.c - the forms of DATABASE_URL. */
/* links: @storage @core */
#include <check.h>

#include "accounts/accounts_file.h"

struct url_case {
    const char *url;
    enum database_kind kind;
    const char *file;
};

static const struct url_case cases[] = {
    {"sqlite:", DATABASE_IN_DATA_DIR, NULL},
    {"sqlite://", DATABASE_IN_DATA_DIR, NULL},
    {"sqlite:///", DATABASE_IN_DATA_DIR, NULL},
    {"sqlite:///./rentcache.db", DATABASE_FILE, "./rentcache.db"},
    {"sqlite:///rentcache.db", DATABASE_FILE, "rentcache.db"},
    {"sqlite:////var/lib/rentcache.db", DATABASE_FILE, "/var/lib/rentcache.db"},
    {"sqlite+aiosqlite:///./rentcache.db", DATABASE_FILE, "./rentcache.db"},
    {"sqlite://host/x", DATABASE_MALFORMED, NULL},
    {"sqlite:rentcache.db", DATABASE_MALFORMED, NULL},
    {"postgresql://user:secret@host/name", DATABASE_POSTGRESQL, NULL},
    {"postgresql+asyncpg://host/name", DATABASE_POSTGRESQL, NULL},
    {"postgres://host/name", DATABASE_POSTGRESQL, NULL},
    {"mysql://host/name", DATABASE_MALFORMED, NULL},
    {"sqlite", DATABASE_MALFORMED, NULL},
    {"", DATABASE_MALFORMED, NULL},
    {"/var/lib/rentcache.db", DATABASE_MALFORMED, NULL},
};

START_TEST(a_url_is_one_of_three_kinds_or_none)
{
    const struct url_case *expected = &cases[_i];
    const char *file = NULL;

    ck_assert_int_eq(database_url_parse(expected->url, &file), expected->kind);
    if (expected->file == NULL)
        ck_assert_ptr_null(file);
    else
        ck_assert_str_eq(file, expected->file);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("accounts_file");
    TCase *tcase = tcase_create("url");

    tcase_add_loop_test(tcase, a_url_is_one_of_three_kinds_or_none, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
