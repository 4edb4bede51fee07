/* process.c - fork, exec, pipes and patience with an end. */
#include "support/process/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/now.h"

#define ARGUMENTS_MAX    32
#define ENVIRONMENT_MAX  64
#define READY_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS  60000

/* Sanitizer settings and the path go along; nothing else of the tester's environment does. */
static size_t
inherit(char **environment, size_t count)
{
    static const char *const names[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "PATH",
                                        "LSAN_OPTIONS"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && asprintf(&environment[count], "%s=%s", names[i], value) > 0)
            count++;
    }
    return count;
}

static _Noreturn void
become(const char *path, const char *const *arguments, const char *const *environment, int output,
       const char *log_path)
{
    char *argv[ARGUMENTS_MAX] = {strdup(path)};
    char *env[ENVIRONMENT_MAX] = {NULL};
    size_t count = inherit(env, 0);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    sigset_t none;

    for (size_t i = 0; arguments != NULL && arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++)
        argv[i + 1] = strdup(arguments[i]);
    for (size_t i = 0; environment != NULL && environment[i] != NULL && count + 1 < ENVIRONMENT_MAX;
         i++)
        env[count++] = strdup(environment[i]);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    syscall(SYS_close_range, 3U, ~0U, 0U);
    execve(path, argv, env);
    _exit(127);
}

static void
program_path(const char *program, char *path, size_t size)
{
    const char *folder = getenv("RENTCACHE_BIN_DIR");

    ck_assert_msg(folder != NULL, "RENTCACHE_BIN_DIR is not set: run this by ctest");
    snprintf(path, size, "%s/%s", folder, program);
}

void
process_launch(struct process *process, const char *program, const char *const *arguments,
               const char *const *environment, const char *log_path)
{
    char path[1024];
    int ends[2];

    program_path(program, path, sizeof path);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    memset(process, 0, sizeof *process);
    snprintf(process->name, sizeof process->name, "%s", program);
    process->pid = fork();
    if (process->pid == 0) /* no assertion here: another thread may have held its lock */
        become(path, arguments, environment, ends[1], log_path);
    ck_assert_int_gt(process->pid, 0);
    close(ends[1]);
    process->output = ends[0];
}

/* One byte a time: what follows the line stays in the pipe. */
static bool
read_ready_line(struct process *process, long deadline_ms)
{
    struct pollfd wait = {.fd = process->output, .events = POLLIN};
    size_t size = 0;

    while (size + 1 < sizeof process->ready) {
        long left_ms = deadline_ms - now_ms();

        if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) <= 0 ||
            read(process->output, &process->ready[size], 1) != 1)
            return false;
        if (process->ready[size] == '\n') {
            process->ready[size] = '\0';
            if (strncmp(process->ready, "ready:", 6) == 0)
                return true;
            size = 0;
        } else {
            size++;
        }
    }
    return false;
}

bool
process_await_ready(struct process *process, int timeout_ms)
{
    return read_ready_line(process, now_ms() + timeout_ms);
}

void
process_start(struct process *process, const char *program, const char *const *arguments,
              const char *const *environment, const char *log_path)
{
    process_launch(process, program, arguments, environment, log_path);
    if (!process_await_ready(process, READY_TIMEOUT_MS))
        ck_abort_msg("%s did not get ready, see %s", program, log_path);
}

void
process_signal(const struct process *process, int number)
{
    ck_assert_int_gt(process->pid, 0);
    ck_assert_int_eq(kill(process->pid, number), 0);
}

int
process_wait(struct process *process, int timeout_ms)
{
    int file = (int)syscall(SYS_pidfd_open, process->pid, 0);
    struct pollfd wait = {.fd = file, .events = POLLIN};
    int status = 0;

    ck_assert_int_ge(file, 0);
    if (poll(&wait, 1, timeout_ms) != 1)
        ck_abort_msg("%s did not end within %d ms", process->name, timeout_ms);
    close(file);
    ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
    close(process->output);
    process->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
process_stop(struct process *process)
{
    process_signal(process, SIGTERM);
    return process_wait(process, STOP_TIMEOUT_MS);
}

void
process_kill(struct process *process)
{
    if (process->pid == 0)
        return;
    process_signal(process, SIGKILL);
    process_wait(process, STOP_TIMEOUT_MS);
}

int
process_run(const char *program, const char *const *arguments, const char *const *environment,
            char *output, size_t output_size, const char *log_path)
{
    struct process process;
    size_t size = 0;
    ssize_t got = 1;

    process_launch(&process, program, arguments, environment, log_path);
    while (got > 0 && size + 1 < output_size) {
        got = read(process.output, output + size, output_size - 1 - size);
        size += got > 0 ? (size_t)got : 0;
    }
    output[size] = '\0';
    return process_wait(&process, STOP_TIMEOUT_MS);
}
