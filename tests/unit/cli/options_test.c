/* options_test.c - command lines: what they ask, and how what is not understood is named. */
/* links: cli/options.c @core */
#include "options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

#define EVERYTHING     "DMlnqraxAedoiOhpLyjutFc"
#define ARGUMENTS_MOST 8

static struct options options;

static void
setup(void)
{
    unsetenv("RENTCACHE_ADMIN_URL");
    options = (struct options){.body = json_object()};
}

static void
teardown(void)
{
    json_decref(options.body);
}

/* words: "NAME" and what stands behind it, ends NULL. */
static bool
read_line(const char *takes, const char *const *words)
{
    static char *argv[ARGUMENTS_MOST + 1]; /* the options keep what stands in it */
    int argc = 1;

    memset(argv, 0, sizeof argv);
    argv[0] = (char *)(uintptr_t) "command";

    for (; *words != NULL; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    optind = 0; /* getopt begins anew */
    return options_read(&options, takes, argc, argv);
}

#define READ(...) read_line(EVERYTHING, (const char *const[]){__VA_ARGS__, NULL})

static const struct {
    const char *words[3];
    const char *wrong;
} bad[] = {
    {{"--daily-limit", "many"},
     "--daily-limit: \"many\" is not a whole number from 1 to 1000000000, or none"},
    {{"--daily-limit", "0"}, "--daily-limit: \"0\" is not a whole number from 1"},
    {{"--monthly-limit", "1000000001"}, "--monthly-limit: \"1000000001\" is not"},
    {{"--days", "week"}, "--days: \"week\" is not a whole number from 1 to 3660"},
    {{"--days", "3661"}, "--days: \"3661\" is not a whole number from 1 to 3660"},
    {{"--days", "-1"}, "--days: \"-1\" is not a whole number from 1 to 3660"},
    {{"--days", ""}, "--days: \"\" is not a whole number from 1 to 3660"},
    {{"--days"}, "--days: a value is missing: N"},
    {{"--older-than", "0"}, "--older-than: \"0\" is not a whole number from 1 to 876000"},
    {{"--port", "65536"}, "--port: \"65536\" is not a whole number from 0 to 65535"},
    {{"--log-level", "LOUD"}, "--log-level: \"LOUD\" is not DEBUG, INFO, WARNING or ERROR"},
    {{"--only", "kitchen"}, "--only: \"kitchen\" is not gateway, cache, upstream or analytics"},
    {{"--rights", "everything"}, "--rights: \"everything\" is not extend_ttl or none"},
    {{"--limits", "nothing"}, "--limits: \"nothing\" is not a JSON object"},
    {{"--limits", "[]"}, "--limits: \"[]\" is not a JSON object"},
    {{"--expires", "tomorrow"}, "--expires: \"tomorrow\" is not YYYY-MM-DD"},
    {{"--url", "localhost:8001"}, "--url: \"localhost:8001\" is not http://HOST:PORT"},
    {{"--url", "http://me:secret@host:1"}, "--url: "},
    {{"--url", "http://host:1/?a=b"}, "--url: "},
    {{"--token-file", ""}, "--token-file: \"\" is not the name of a file"},
    {{"--yes=no"}, "--yes takes no value"},
    {{"--unknown"}, "there is no option \"--unknown\""},
    {{"-d"}, "there is no option \"-d\""},
    {{"-q"}, "there is no option \"-q\""},
    {{"--offline", "--url=http://host:1"}, "--offline and --url exclude each other"},
};

START_TEST(what_is_wrong_is_named_with_its_option_and_what_was_expected)
{
    ck_assert(!read_line(EVERYTHING, bad[_i].words));
    ck_assert_msg(strstr(options.wrong, bad[_i].wrong) != NULL, "%s", options.wrong);
}
END_TEST

START_TEST(values_within_their_bounds_are_taken)
{
    json_t *expected =
        json_pack("{s:i, s:s, s:i, s:[s], s:n}", "daily_limit", 5, "monthly_limit", "none",
                  "older_than_hours", 876000, "rights", "extend_ttl", "expires_at");

    ck_assert(READ("--daily-limit=5", "--monthly-limit=none", "--older-than=876000",
                   "--rights=extend_ttl", "--expires=never", "--days=3660", "NAME"));
    ck_assert(json_equal(options.body, expected));
    ck_assert_int_eq(options.days, 3660);
    ck_assert_int_eq(options.argument_count, 1);
    ck_assert_str_eq(options.arguments[0], "NAME");
    json_decref(expected);
}
END_TEST

START_TEST(the_server_is_named_by_the_option_before_the_environment)
{
    setenv("RENTCACHE_ADMIN_URL", "http://[::1]:8001", 1);
    ck_assert(READ("--json"));
    ck_assert_str_eq(options.url, "http://[::1]:8001");
    ck_assert_str_eq(options.url_source, "RENTCACHE_ADMIN_URL");
    options.url = NULL;
    ck_assert(READ("--url", "https://cache.example/admin"));
    ck_assert_str_eq(options.url, "https://cache.example/admin");
    ck_assert_str_eq(options.url_source, "--url");
    options.url = NULL;
    ck_assert(READ("--offline"));
    ck_assert_ptr_null(options.url);
}
END_TEST

START_TEST(a_wrong_address_in_the_environment_is_named)
{
    static const char *const none[] = {NULL};

    setenv("RENTCACHE_ADMIN_URL", "8001", 1);
    ck_assert(!READ("--json"));
    ck_assert_ptr_nonnull(strstr(options.wrong, "RENTCACHE_ADMIN_URL: \"8001\" is not http://"));
    options.url = NULL;
    setenv("RENTCACHE_ADMIN_URL", "", 1); /* not set, for a shell */
    ck_assert(READ("--json"));
    ck_assert_ptr_null(options.url);
    setenv("RENTCACHE_ADMIN_URL", "8001", 1);
    ck_assert(read_line("c", none)); /* of no interest for a command that asks nobody */
}
END_TEST

START_TEST(options_of_other_commands_are_none)
{
    static const char *const words[] = {"--yes", NULL};

    ck_assert(!read_line("jc", words));
    ck_assert_str_eq(options.wrong, "there is no option \"--yes\"");
}
END_TEST

START_TEST(each_accepted_option_is_explained)
{
    static const char *const forms[] = {"--daily-limit N|none", "--days N", "(1 to 3660)",
                                        "--offline", "--token-file FILE"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    options_explain("DdFt", out);
    ck_assert_int_eq(fclose(out), 0);
    for (size_t i = 0; i < COUNT(forms); i++)
        ck_assert_msg(strstr(text, forms[i]) != NULL, "%s is not in %s", forms[i], text);
    ck_assert_ptr_null(strstr(text, "--yes"));
    free(text);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *cases = tcase_create("lines");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, what_is_wrong_is_named_with_its_option_and_what_was_expected, 0,
                        (int)COUNT(bad));
    tcase_add_test(cases, values_within_their_bounds_are_taken);
    tcase_add_test(cases, the_server_is_named_by_the_option_before_the_environment);
    tcase_add_test(cases, a_wrong_address_in_the_environment_is_named);
    tcase_add_test(cases, options_of_other_commands_are_none);
    tcase_add_test(cases, each_accepted_option_is_explained);
    suite_add_tcase(suite, cases);
    return suite;
}
