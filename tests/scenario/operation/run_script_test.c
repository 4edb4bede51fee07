/* run_script_test.c - make run, dev and prod: what they print works, what manages them finds them, and nothing is left of them
 * but their folder: no process, no file. */
/* links: @support */
#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/process/shell.h"
#include "support/row.h"

#define PROCESSES_MOST 32
#define END_TIMEOUT_MS 60000
#define TREE_MOST      (1 << 20)

/* The processes of one run: found by its folder, which stands in the environment of each. */
struct family {
    pid_t pids[PROCESSES_MOST];
    int watches[PROCESSES_MOST]; /* readable once the process has ended */
    size_t count;
};

static char folder[64];
static pid_t make_pid;
static FILE *make_output;
static char tree_before[TREE_MOST], tree_after[TREE_MOST];

/* Listing a tree: path, size and time of change of each file. */
static char *listing;
static size_t listed;

static int
list_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    const char *name = path + where->base;
    int size;

    if (where->level == 1 && (strcmp(name, "build") == 0 || strcmp(name, ".git") == 0))
        return FTW_SKIP_SUBTREE;
    if (type == FTW_D)
        return FTW_CONTINUE;
    size = snprintf(listing + listed, TREE_MOST - listed, "%s %lld %lld.%09ld\n", path,
                    (long long)about->st_size, (long long)about->st_mtim.tv_sec,
                    about->st_mtim.tv_nsec);
    ck_assert_uint_lt(listed + (size_t)size, TREE_MOST);
    listed += (size_t)size;
    return FTW_CONTINUE;
}

/* Everything below a folder but build and .git. */
static void
list_tree(const char *path, char *list)
{
    listing = list;
    listed = 0;
    list[0] = '\0';
    ck_assert_int_eq(nftw(path, list_one, 16, FTW_PHYS | FTW_ACTIONRETVAL), 0);
}

static int
remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

static void
name_in_folder(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", folder, name);
}

static void
make_folders(void)
{
    char path[128];

    snprintf(folder, sizeof folder, "/tmp/rentcache-run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    name_in_folder(path, sizeof path, "home");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    name_in_folder(path, sizeof path, "tmp");
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* As a terminal would start it: a session of its own, Ctrl-C allowed, a home and a folder for temporary files. */
static _Noreturn void
become_make(const char *target, int output)
{
    static const char *const free_ports[] = {"PORT", "ADMIN_PORT", "SIMULATOR_PORT",
                                             "SIMULATOR_CONTROL_PORT"};
    char path[128];

    setsid();
    signal(SIGINT, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (size_t i = 0; i < sizeof free_ports / sizeof *free_ports; i++)
        setenv(free_ports[i], "0", 1);
    name_in_folder(path, sizeof path, "run");
    setenv("RUN_DIR", path, 1);
    name_in_folder(path, sizeof path, "home");
    setenv("HOME", path, 1);
    name_in_folder(path, sizeof path, "tmp");
    setenv("TMPDIR", path, 1);
    unsetenv("MAKEFLAGS");
    setenv("GATEWAY_THREADS", "16", 1);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execlp("make", "make", "-s", "-C", getenv("RENTCACHE_SOURCE_DIR"), target, (char *)NULL);
    _exit(127);
}

static void
start_make(const char *target)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    make_pid = fork();
    if (make_pid == 0)
        become_make(target, ends[1]);
    ck_assert_int_gt(make_pid, 0);
    close(ends[1]);
    make_output = fdopen(ends[0], "re");
    ck_assert_ptr_nonnull(make_output);
}

static bool
is_of_family(pid_t pid)
{
    static char environment[1 << 16];
    char path[64], mark[128];
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    snprintf(mark, sizeof mark, "RUN_DIR=%s/run", folder);
    file = fopen(path, "re");
    size = file != NULL ? fread(environment, 1, sizeof environment, file) : 0;
    if (file != NULL)
        fclose(file);
    return memmem(environment, size, mark, strlen(mark)) != NULL;
}

static void
find_family(struct family *family)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    family->count = 0;
    ck_assert_ptr_nonnull(proc);
    while ((entry = readdir(proc)) != NULL && family->count < PROCESSES_MOST) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        int watch;

        if (!isdigit((unsigned char)entry->d_name[0]) || !is_of_family(pid))
            continue;
        watch = (int)syscall(SYS_pidfd_open, pid, 0);
        if (watch < 0)
            continue; /* it has just ended */
        family->pids[family->count] = pid;
        family->watches[family->count++] = watch;
    }
    closedir(proc);
}

/* Waits until all have ended, then looks for others. */
static void
expect_extinct(struct family *family)
{
    struct family left;

    for (size_t i = 0; i < family->count; i++) {
        struct pollfd wait = {.fd = family->watches[i], .events = POLLIN};

        poll(&wait, 1, END_TIMEOUT_MS);
        close(family->watches[i]);
    }
    waitpid(make_pid, NULL, WNOHANG);
    find_family(&left);
    for (size_t i = 0; i < left.count; i++)
        kill(left.pids[i], SIGKILL);
    ck_assert_msg(left.count == 0, "%zu processes are left running, such as %d", left.count,
                  (int)left.pids[0]);
}

/* Reads to the line that has this label; leaves the command behind it. */
static void
read_command(const char *label, char command[1024])
{
    char line[1024];

    while (fgets(line, sizeof line, make_output) != NULL) {
        char *found = strstr(line, label);

        if (found == NULL)
            continue;
        found += strlen(label);
        snprintf(command, 1024, "%s", found + strspn(found, " "));
        return;
    }
    ck_abort_msg("make run ended before it said \"%s\"", label);
}

static bool
prints(const char *command, const char *text)
{
    static char output[1 << 16];
    int status = shell_run(command, output, sizeof output);

    ck_assert_msg(status == 0, "%s ended with %d: %s", command, status, output);
    return strstr(output, text) != NULL;
}

/* What a person types who follows the three lines. */
static void
follow_the_lines(void)
{
    char miss[1024], hit[1024], statistics[1024];
    int tries = 300;

    read_command("a miss:", miss);
    read_command("a hit:", hit);
    read_command("statistics:", statistics);
    ck_assert(prints(miss, "X-Cache-Hit: false"));
    ck_assert(prints(hit, "X-Cache-Hit: true"));
    /* The accounts are a moment behind the answers. */
    while (tries > 0 && !prints(statistics, "\"cache_hits\": 1"))
        tries--;
    ck_assert_int_gt(tries, 0);
}

static void
expect_empty(const char *name)
{
    char path[128];

    name_in_folder(path, sizeof path, name);
    list_tree(path, tree_after);
    ck_assert_msg(tree_after[0] == '\0', "left behind: %s", tree_after);
}

static void
expect_no_files(void)
{
    expect_empty("home");
    expect_empty("tmp");
    list_tree(getenv("RENTCACHE_SOURCE_DIR"), tree_after);
    ck_assert_msg(strcmp(tree_before, tree_after) == 0, "files of the source tree have changed");
}

static void
prepare(void)
{
    make_output = NULL;
    unsetenv("RENTCAST_API_KEY");
    unsetenv("DATA_DIR");
    list_tree(getenv("RENTCACHE_SOURCE_DIR"), tree_before);
    make_folders();
}

static void
finish(void)
{
    if (make_output != NULL)
        fclose(make_output);
    make_output = NULL;
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

START_TEST(nothing_is_left_after_control_c)
{
    struct family family;

    start_make("run");
    follow_the_lines();
    find_family(&family);
    ck_assert_uint_ge(family.count, 4); /* make, the script, simulator, server */
    kill(-make_pid, SIGINT);
    expect_extinct(&family);
    expect_no_files();
}
END_TEST

START_TEST(programs_end_with_a_script_that_was_killed)
{
    struct family family;
    char line[1024];

    start_make("run");
    read_command("statistics:", line);
    find_family(&family);
    kill(-make_pid, SIGKILL);
    expect_extinct(&family);
}
END_TEST

static void
end_with_control_c(void)
{
    struct family family;

    find_family(&family);
    kill(-make_pid, SIGINT);
    expect_extinct(&family);
}

/* make with a target of scripts/manage.sh, beside what runs. */
static bool
make_prints(const char *target, const char *text)
{
    char command[512];

    snprintf(command, sizeof command, "RUN_DIR='%s/run' make -s -C '%s' %s 2>&1", folder,
             getenv("RENTCACHE_SOURCE_DIR"), target);
    return prints(command, text);
}

/* make logs follows until the server ends. */
static void
start_logs(struct shell *shell)
{
    char command[512], line[1024];

    snprintf(command, sizeof command, "RUN_DIR='%s/run' make -s -C '%s' logs", folder,
             getenv("RENTCACHE_SOURCE_DIR"));
    shell_open(shell, command);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, shell->output));
}

static bool
reads(struct shell *shell, const char *text)
{
    bool has_read = false;
    char line[1024];

    while (fgets(line, sizeof line, shell->output) != NULL)
        has_read = has_read || strstr(line, text) != NULL;
    return shell_close(shell) == 0 && has_read;
}

/* A second `make run` in the same folder fails; what the first one left for others still works. */
START_TEST(a_second_run_leaves_the_first_one_alone)
{
    FILE *first_output;
    pid_t first_pid;
    char line[1024];

    start_make("run");
    read_command("statistics:", line);
    first_pid = make_pid;
    first_output = make_output;

    start_make("run");
    read_command("already running here (pid ", line);
    fclose(make_output);
    waitpid(make_pid, NULL, 0);
    make_pid = first_pid;
    make_output = first_output;

    ck_assert(make_prints("stats", "spent $0.000000"));
    ck_assert(make_prints("create-key NAME=another", "rc_"));
    end_with_control_c();
}
END_TEST

START_TEST(development_shows_the_log)
{
    char line[1024];

    start_make("dev");
    read_command("INFO service=", line); /* readable, not JSON */
    read_command("statistics:", line);
    ck_assert(make_prints("stats", "spent $0.000000"));
    end_with_control_c();
}
END_TEST

START_TEST(production_has_the_data_and_the_key_that_settings_say)
{
    char path[128], line[1024];
    struct shell logs;

    row("RB-005");
    name_in_folder(path, sizeof path, "production");
    setenv("WHERE", "here", 1);
    setenv("DATA_DIR", path, 1);
    setenv("RENTCAST_API_KEY", "paid_key", 1);
    start_make("prod");
    unsetenv("DATA_DIR");
    read_command("ready:", line);
    ck_assert(make_prints("create-key NAME=my_app", "rc_"));
    ck_assert(make_prints("stats", "spent $0.000000"));
    ck_assert(make_prints("list-keys", "my_app"));
    ck_assert(make_prints("create-key NAME=customer KEY=paid_key_of_theirs", "customer"));
    start_logs(&logs);
    end_with_control_c();
    ck_assert(reads(&logs, "stopping on signal"));
    snprintf(line, sizeof line, "test -s '%s/rentcache.db' && echo there", path);
    ck_assert(prints(line, "there"));
    expect_no_files();
}
END_TEST

START_TEST(production_needs_the_key_of_the_paid_api)
{
    char line[1024];

    setenv("WHERE", "here", 1);
    start_make("prod");
    read_command("no key of the paid API", line);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("run_script");
    TCase *cases = tcase_create("make run");

    tcase_add_checked_fixture(cases, prepare, finish);
    tcase_set_timeout(cases, 180);
    tcase_add_test(cases, nothing_is_left_after_control_c);
    tcase_add_test(cases, programs_end_with_a_script_that_was_killed);
    tcase_add_test(cases, a_second_run_leaves_the_first_one_alone);
    tcase_add_test(cases, development_shows_the_log);
    tcase_add_test(cases, production_has_the_data_and_the_key_that_settings_say);
    tcase_add_test(cases, production_needs_the_key_of_the_paid_api);
    suite_add_tcase(suite, cases);
    return suite;
}
