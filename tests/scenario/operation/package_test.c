/* package_test.c - the Debian package of what was built: what it holds, needs and does, and that its program runs from where it is
 * unpacked. */
/* links: @support */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/process/shell.h"

static char folder[] = "/tmp/rentcache-package-XXXXXX";
static char output[65536];
static bool is_made;

/* $PACKED is the folder of the test, $BUILT that of the build. */
static int
run(const char *commands)
{
    char command[1024];

    snprintf(command, sizeof command, "PACKED='%s' BUILT='%s/..'; cd \"$PACKED\"; { %s; } 2>&1",
             folder, getenv("RENTCACHE_BIN_DIR"), commands);
    return shell_run(command, output, sizeof output);
}

static void
expect_text(const char *text)
{
    ck_assert_msg(strstr(output, text) != NULL, "\"%s\" is not in: %s", text, output);
}

/* Once for all tests. Where the tools of Debian are not, there is nothing to make. */
static void
setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    if (run("command -v cpack dpkg-deb dpkg-shlibdeps > /dev/null && test -e "
            "$BUILT/CPackConfig.cmake") != 0)
        return;
    ck_assert_msg(run("cpack --config $BUILT/CPackConfig.cmake -B \"$PACKED\" && "
                      "mv rentcache_*.deb package.deb && dpkg-deb -x package.deb root && "
                      "dpkg-deb -e package.deb control") == 0,
                  "%s", output);
    is_made = true;
}

static void
teardown(void)
{
    run("rm -rf \"$PACKED\"");
}

START_TEST(it_needs_the_libraries_that_it_is_linked_with)
{
    static const char *const needs[] = {
        "Package: rentcache\n", "Version: ",    "Depends: ",   "adduser", "libcurl4",
        "libsqlite3-0",         "libcivetweb1", "libc6 (>= 2."};

    if (!is_made)
        return;
    ck_assert_int_eq(run("dpkg-deb --info package.deb"), 0);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        expect_text(needs[i]);
    ck_assert_int_eq(run("cat control/conffiles"), 0);
    ck_assert_str_eq(output, "/etc/rentcache/rentcache.env\n");
}
END_TEST

/* Nothing stands outside of /usr and /etc, and the settings are root's alone: they hold the paid key. */
START_TEST(it_holds_programs_pages_unit_and_settings)
{
    static const char *const files[] = {
        " ./usr/bin/rentcache\n",
        " ./usr/bin/rentcast-simulator\n",
        " ./usr/lib/systemd/system/rentcache.service\n",
        " ./usr/share/man/man1/rentcache.1.gz\n",
        " ./usr/share/man/man5/rentcache.yaml.5.gz\n",
        " ./usr/share/doc/rentcache/docs/operate.md\n",
        " ./usr/share/doc/rentcache/config/rentcache.yaml\n",
    };

    if (!is_made)
        return;
    ck_assert_int_eq(run("dpkg-deb --contents package.deb"), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        expect_text(files[i]);
    ck_assert_int_eq(
        run("dpkg-deb --contents package.deb | grep -vE ' \\./(usr|etc/rentcache)?(/|$)' | "
            "grep -v ' ./etc/$'"),
        1);
    ck_assert_str_eq(output, "");
    ck_assert_int_eq(run("dpkg-deb --contents package.deb | grep etc/rentcache/rentcache.env"), 0);
    ck_assert_int_eq(strncmp(output, "-rw------- root/root", 20), 0);
    ck_assert_int_eq(run("grep -x 'ExecStart=/usr/bin/rentcache server' "
                         "root/usr/lib/systemd/system/rentcache.service"),
                     0);
}
END_TEST

/* What an administrator did not ask for does not run. */
START_TEST(its_scripts_are_right_and_start_nothing)
{
    if (!is_made)
        return;
    ck_assert_msg(
        run("for s in postinst prerm postrm; do test -x control/$s && sh -n control/$s || "
            "exit 1; done") == 0,
        "%s", output);
    ck_assert_int_eq(run("grep -hE 'systemctl +(enable|start|restart)|rm -r|deluser' "
                         "control/postinst control/prerm control/postrm"),
                     1);
    ck_assert_str_eq(output, "");
}
END_TEST

START_TEST(its_program_runs_from_where_it_is_unpacked)
{
    if (!is_made)
        return;
    ck_assert_int_eq(run("env -i root/usr/bin/rentcache --version"), 0);
    ck_assert_int_eq(strncmp(output, "rentcache ", 10), 0);
    ck_assert_int_eq(run("env -i root/usr/bin/rentcache check-config"), 0);
    expect_text("routes:");
    ck_assert_int_eq(run("set -a; . root/etc/rentcache/rentcache.env; "
                         "root/usr/bin/rentcache check-config > /dev/null"),
                     0);
    ck_assert_str_eq(output, "");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("package");
    TCase *tcase = tcase_create("package");

    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, it_needs_the_libraries_that_it_is_linked_with);
    tcase_add_test(tcase, it_holds_programs_pages_unit_and_settings);
    tcase_add_test(tcase, its_scripts_are_right_and_start_nothing);
    tcase_add_test(tcase, its_program_runs_from_where_it_is_unpacked);
    suite_add_tcase(suite, tcase);
    return suite;
}
