/* redis.c - starting, asking and ending a redis-server. */
#include "support/process/redis.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = "/usr/bin/redis-server";

static void
become(const struct redis *redis, int output)
{
    const char *words[REDIS_ARGUMENTS_MAX + 12] = {"redis-server"};
    const char *const own[] = {"--port",      "0",           "--unixsocket", redis->socket, "--dir",
                               redis->folder, "--daemonize", "no",           NULL};
    size_t count = 1;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    for (size_t i = 0; redis->arguments[i] != NULL; i++)
        words[count++] = redis->arguments[i];
    for (size_t i = 0; own[i] != NULL; i++)
        words[count++] = own[i];
    execv(program, (char *const *)(uintptr_t)words);
    _exit(127);
}

/* Its log says when it listens; the rest of it is read by nobody and fits into the pipe. */
static void
await_ready(int from)
{
    static char said[16384];
    size_t size = 0;

    said[0] = '\0';
    while (strstr(said, "eady to accept connections") == NULL) {
        ssize_t got = read(from, said + size, sizeof said - 1 - size);

        ck_assert_msg(got > 0, "redis-server ended: %s", said);
        size += (size_t)got;
        said[size] = '\0';
    }
}

void
redis_restart(struct redis *redis)
{
    int said[2];

    ck_assert_msg(access(program, X_OK) == 0,
                  "there is no %s: scripts/install-packages.sh test brings it", program);
    ck_assert_int_eq(pipe2(said, O_CLOEXEC), 0);
    redis->pid = fork();
    if (redis->pid == 0)
        become(redis, said[1]);
    close(said[1]);
    await_ready(said[0]);
    redis->output = said[0]; /* stays open: its writer would get SIGPIPE */
    redis->context = redisConnectUnix(redis->socket);
    ck_assert(redis->context != NULL && redis->context->err == 0);
}

void
redis_start(struct redis *redis, const char *const *arguments)
{
    static const char *const usual[] = {"--save", "", "--appendonly", "no", NULL};

    memset(redis, 0, sizeof *redis);
    if (arguments == NULL)
        arguments = usual;
    for (size_t i = 0; arguments[i] != NULL; i++) {
        ck_assert_uint_lt(i, REDIS_ARGUMENTS_MAX - 1);
        redis->arguments[i] = arguments[i];
    }
    snprintf(redis->folder, sizeof redis->folder, "/tmp/rentcache-redis-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(redis->folder));
    snprintf(redis->socket, sizeof redis->socket, "%s/socket", redis->folder);
    snprintf(redis->url, sizeof redis->url, "unix://%s", redis->socket);
    redis_restart(redis);
}

void
redis_signal(const struct redis *redis, int number)
{
    ck_assert_int_eq(kill(redis->pid, number), 0);
}

void
redis_kill(struct redis *redis)
{
    if (redis->pid == 0)
        return;
    kill(redis->pid, SIGKILL);
    waitpid(redis->pid, NULL, 0);
    redis->pid = 0;
    close(redis->output);
    redisFree(redis->context);
    redis->context = NULL;
}

static int
remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void
redis_stop(struct redis *redis)
{
    redis_kill(redis);
    nftw(redis->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static redisReply *
ask(struct redis *redis, const char *command, va_list arguments)
{
    redisReply *reply = redisvCommand(redis->context, command, arguments);

    ck_assert_msg(reply != NULL, "%s: %s", command, redis->context->errstr);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", command, reply->str);
    return reply;
}

long long
redis_number(struct redis *redis, const char *command, ...)
{
    va_list arguments;
    redisReply *reply;
    long long number;

    va_start(arguments, command);
    reply = ask(redis, command, arguments);
    va_end(arguments);
    number = reply->type == REDIS_REPLY_INTEGER ? reply->integer
             : reply->str != NULL               ? strtoll(reply->str, NULL, 10)
                                                : 0;
    freeReplyObject(reply);
    return number;
}

static void
append(char *text, size_t size, const redisReply *reply)
{
    size_t used = strlen(text);

    if (reply->str != NULL)
        snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", reply->str);
    for (size_t i = 0; i < reply->elements; i++)
        append(text, size, reply->element[i]);
}

void
redis_text(struct redis *redis, char *text, size_t size, const char *command, ...)
{
    va_list arguments;
    redisReply *reply;

    va_start(arguments, command);
    reply = ask(redis, command, arguments);
    va_end(arguments);
    text[0] = '\0';
    append(text, size, reply);
    freeReplyObject(reply);
}
