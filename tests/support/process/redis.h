/* redis.h - a real redis-server on a socket in a folder of its own; dies with the test. Failures abort the test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define REDIS_ARGUMENTS_MAX 24

struct redis {
    pid_t pid;  /* 0: not running */
    int output; /* read end of what it says */
    char folder[64];
    char socket[96];
    char url[128];                              /* for REDIS_URL */
    const char *arguments[REDIS_ARGUMENTS_MAX]; /* further ones, NULL at the end */
    struct redisContext *context;
};

/* arguments: of redis-server, a configuration file first if there is one, NULL at the end, or NULL: nothing is saved. They
 * stay the caller's, and must live as long as it. */
void redis_start(struct redis *redis, const char *const *arguments);
/* The same folder and arguments again, after redis_kill. */
void redis_restart(struct redis *redis);
void redis_kill(struct redis *redis); /* SIGKILL */
/* SIGSTOP, SIGCONT: it is there and says nothing. */
void redis_signal(const struct redis *redis, int number);
/* Ends it and removes its folder. */
void redis_stop(struct redis *redis);

/* An integer answer, or a text's number. */
long long redis_number(struct redis *redis, const char *command, ...)
    __attribute__((format(printf, 2, 3)));
/* A text's answer into text, "" where there is none; the elements of a list with blanks between. */
void redis_text(struct redis *redis, char *text, size_t size, const char *command, ...)
    __attribute__((format(printf, 4, 5)));
