/* process.h - a real program under test: started, waited for, signalled, and never left behind.
 *
 * Failures abort the test with ck_abort_msg. A started program dies with its parent (PR_SET_PDEATHSIG). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct process {
    pid_t pid;       /* 0: not running */
    int output;      /* read end of its stdout */
    char ready[512]; /* its "ready: ..." line, without the line end */
    char name[64];
};

/* Starts RENTCACHE_BIN_DIR/program; environment: NAME=VALUE ..., NULL at the end, added to a clean one. Returns when its
 * ready line came; stderr goes to log_path (appended). */
void process_start(struct process *process, const char *program, const char *const *arguments,
                   const char *const *environment, const char *log_path);
/* The same without waiting; then process_await_ready. */
void process_launch(struct process *process, const char *program, const char *const *arguments,
                    const char *const *environment, const char *log_path);
/* False: it ended before it was ready, or took longer than timeout_ms. */
bool process_await_ready(struct process *process, int timeout_ms);

void process_signal(const struct process *process, int number);
/* Its exit status, or 128 + the signal; aborts the test after timeout_ms. */
int process_wait(struct process *process, int timeout_ms);
/* SIGTERM, and its exit status. */
int process_stop(struct process *process);
/* SIGKILL, and gone. */
void process_kill(struct process *process);

/* Runs a program to its end: exit status, stdout into output (cut to size), stderr to log_path. */
int process_run(const char *program, const char *const *arguments, const char *const *environment,
                char *output, size_t output_size, const char *log_path);
