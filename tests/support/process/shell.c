/* shell.c - sh -c, with a pipe. */
#include "support/process/shell.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void
shell_open(struct shell *shell, const char *command)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    shell->pid = fork();
    if (shell->pid == 0) { /* no assertion here: another thread may have held its lock */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(shell->pid, 0);
    close(ends[1]);
    shell->output = fdopen(ends[0], "re");
    ck_assert_ptr_nonnull(shell->output);
}

int
shell_close(struct shell *shell)
{
    int status = 0;

    fclose(shell->output);
    ck_assert_int_eq(waitpid(shell->pid, &status, 0), shell->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
shell_run(const char *command, char *output, size_t size)
{
    struct shell shell;
    size_t read;

    shell_open(&shell, command);
    read = fread(output, 1, size - 1, shell.output);
    output[read] = '\0';
    return shell_close(&shell);
}
