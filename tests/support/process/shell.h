/* shell.h - a command of the shell, as a person would type it, and what it prints. Failures to start abort the test. */
#pragma once

#include <stdio.h>
#include <sys/types.h>

struct shell {
    FILE *output; /* stdout of the command */
    pid_t pid;
};

void shell_open(struct shell *shell, const char *command);
/* Waits for its end: its exit status, or 128 + the signal. */
int shell_close(struct shell *shell);
/* Runs it to its end; what it printed goes to output, cut to size. */
int shell_run(const char *command, char *output, size_t size);
