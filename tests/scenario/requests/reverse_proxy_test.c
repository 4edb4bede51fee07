/* reverse_proxy_test.c - behind a real proxy: as many requests are handled here as the proxy forwarded, whatever a client sends. */
/* links: @support */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario/requests/malformed_checks.h"
#include "scenario/requests/malformed_rows.h"
#include "scenario/requests/mutations.h"
#include "support/row.h"

#define ROWS      (sizeof malformed_rows / sizeof malformed_rows[0])
#define MUTATIONS 300
#define BATCH     48 /* below the threads of the gateway: each connection has one */
#define REQUESTS  "rentcache_http_requests_total"

/* A proxy in front of the gateway, and where it writes a line for each request: "to SERVER STATUS ...". */
struct front {
    const char *program;
    const char *nobody; /* what it writes for SERVER when it forwarded nothing */
    int end_signal;     /* lets it end what it has begun */
    bool is_nginx;
    int socket; /* it listens on this */
    int errors; /* kept open while it runs */
    int port;
    pid_t pid;
    char config[256], log[256];
};

/* HAProxy takes the socket over; nginx, which cannot without a second process, its port. */
static void
listen_for(struct front *front)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    front->socket = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(front->socket, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(front->socket, 128), 0);
    ck_assert_int_eq(getsockname(front->socket, (struct sockaddr *)&address, &size), 0);
    front->port = ntohs(address.sin_port);
}

static void
become(const struct front *front, int log, int errors)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    if (front->is_nginx)
        dup2(errors, STDERR_FILENO);
    if (front->is_nginx)
        execl(front->program, "nginx", "-e", "stderr", "-p", testbed.folder, "-c", front->config,
              (char *)NULL);
    else
        execl(front->program, "haproxy", "-db", "-f", front->config, (char *)NULL);
    _exit(127);
}

/* nginx listens before it writes its first notice. */
static void
start_front(struct front *front)
{
    int log = open(front->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int errors[2];
    char notice;

    ck_assert_int_ge(log, 0);
    ck_assert_int_eq(pipe2(errors, O_CLOEXEC), 0);
    ck_assert_msg(access(front->program, X_OK) == 0,
                  "there is no %s: scripts/install-packages.sh test brings it", front->program);
    if (front->is_nginx)
        close(front->socket);
    front->pid = fork();
    if (front->pid == 0)
        become(front, log, errors[1]);
    close(log);
    close(errors[1]);
    if (!front->is_nginx)
        close(front->socket);
    else
        ck_assert_int_eq(read(errors[0], &notice, 1), 1);
    front->errors = errors[0];
}

/* Its log is whole when it has ended. */
static void
end_front(struct front *front)
{
    int status;

    kill(front->pid, front->end_signal);
    ck_assert_int_eq(waitpid(front->pid, &status, 0), front->pid);
    close(front->errors);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s ended with %d", front->program,
                  status);
}

/* The server library hangs up in silence on targets that are no path, before anything of ours sees them: HAProxy, which
 * passes them on as they are, tells of the end of a server without an answer. */
static bool
is_hung_up_on(const char *line)
{
    const char *target = strchr(line, '"');

    target = target != NULL ? strchr(target, ' ') : NULL;
    return strstr(line, " 502 SH ") != NULL && target != NULL && target[1] != '/';
}

/* Lines of requests that went on to the gateway and were understood there. */
static int
forwarded(const struct front *front)
{
    FILE *log = fopen(front->log, "re");
    size_t nobody = strlen(front->nobody);
    char line[1024];
    int count = 0;

    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof line, log) != NULL)
        if (strncmp(line, "to ", 3) == 0 && strncmp(line + 3, front->nobody, nobody) != 0 &&
            !is_hung_up_on(line))
            count++;
    fclose(log);
    return count;
}

/* Connections that are open at once: the proxy ends them in its own time. Whoever leaves first makes the proxy drop what
 * it forwarded, maybe before it was read. */
static struct {
    struct http open[BATCH];
    size_t count;
} batch;

static void
end_batch(void)
{
    char buffer[65536];

    for (size_t i = 0; i < batch.count; i++) {
        struct http *http = &batch.open[i];
        struct pollfd waiting = {.fd = http->socket, .events = POLLIN};

        while (poll(&waiting, 1, ANSWER_MS) > 0 && recv(http->socket, buffer, sizeof buffer, 0) > 0)
            ;
        http_close(http);
    }
    batch.count = 0;
}

/* With the smuggled request behind it. */
static void
send_through(int port, const char *bytes, size_t size)
{
    struct http *http = &batch.open[batch.count++];

    http_open(http, port);
    http_send(http, bytes, size);
    http_send(http, smuggled, strlen(smuggled));
    if (batch.count == BATCH)
        end_batch();
}

static void
send_corpus(int port)
{
    for (size_t i = 0; i < ROWS; i++)
        send_through(port, malformed_rows[i].bytes, malformed_rows[i].size);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        unsigned seed = i + 1;
        char bytes[1024];
        size_t size = mutate(&seed, bytes, sizeof bytes);

        send_through(port, bytes, size);
    }
    end_batch();
}

static void
expect_as_many(struct front *front)
{
    int count;

    start_front(front);
    send_corpus(front->port);
    end_front(front);
    count = forwarded(front);
    ck_assert_int_gt(count, MUTATIONS / 4); /* the smuggled ones behind good requests at least */
    testbed_await_metric(&testbed, REQUESTS, count, 60000);
    /* Nothing comes late either: what was handled before this is counted when it is answered. */
    ck_assert_int_eq(testbed_expect(&testbed, "/livez", 200), -1);
    ck_assert_int_eq((int)testbed_metric(&testbed, REQUESTS), count + 1);
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void
place(struct front *front)
{
    listen_for(front);
    snprintf(front->config, sizeof front->config, "%s/front.conf", testbed.folder);
    snprintf(front->log, sizeof front->log, "%s/front.log", testbed.folder);
}

static void
try_nginx(const char *invalid_fields)
{
    struct front front = {
        .program = "/usr/sbin/nginx", .nobody = "- ", .end_signal = SIGQUIT, .is_nginx = true};
    char text[4096];

    place(&front);
    snprintf(
        text, sizeof text,
        "daemon off; master_process off; pid front.pid; error_log stderr notice;\n"
        "events { worker_connections 256; }\n"
        "http {\n"
        "  log_format front 'to $upstream_addr $status';\n"
        "  access_log %s front;\n"
        "  client_body_temp_path front-a; proxy_temp_path front-b; fastcgi_temp_path front-c;\n"
        "  uwsgi_temp_path front-d; scgi_temp_path front-e;\n"
        "  client_header_timeout 500ms; client_body_timeout 500ms; keepalive_timeout 300ms;\n"
        "  ignore_invalid_headers %s; underscores_in_headers on; merge_slashes off;\n"
        "  upstream gateway { server 127.0.0.1:%d; keepalive 4; }\n"
        "  server {\n"
        "    listen 127.0.0.1:%d;\n"
        "    location / {\n"
        "      proxy_pass http://gateway; proxy_http_version 1.1;\n"
        "      proxy_set_header Connection \"\"; proxy_ignore_client_abort on;\n"
        "      proxy_next_upstream off; proxy_read_timeout 5s;\n"
        "    }\n"
        "  }\n"
        "}\n",
        front.log, invalid_fields, testbed.port, front.port);
    write_file(front.config, text);
    expect_as_many(&front);
}

static void
try_haproxy(const char *option)
{
    struct front front = {
        .program = "/usr/sbin/haproxy", .nobody = "<NOSRV> ", .end_signal = SIGUSR1};
    char text[2048];

    place(&front);
    snprintf(text, sizeof text,
             "global\n  log stdout format raw local0\n  maxconn 256\n  nbthread 1\n"
             "defaults\n  mode http\n  log global\n  timeout connect 2s\n  timeout client 500ms\n"
             "  timeout server 5s\n  timeout http-request 500ms\n  timeout http-keep-alive 300ms\n"
             "  retries 0\n  http-reuse always\n  log-format \"to %%s %%ST %%ts %%{+Q}r\"\n"
             "frontend front\n  bind fd@%d\n%s  default_backend gateway\n"
             "backend gateway\n  server gateway 127.0.0.1:%d\n",
             front.socket, option, testbed.port);
    write_file(front.config, text);
    expect_as_many(&front);
}

START_TEST(nginx_that_drops_invalid_fields)
{
    row("R-001");
    try_nginx("on");
}
END_TEST

START_TEST(nginx_that_passes_invalid_fields)
{
    try_nginx("off");
}
END_TEST

START_TEST(haproxy_as_it_is)
{
    row("R-001");
    try_haproxy("");
}
END_TEST

START_TEST(haproxy_that_takes_invalid_requests)
{
    try_haproxy("  option accept-invalid-http-request\n");
}
END_TEST

static void
end_world(void)
{
    testbed_stop(&testbed);
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("reverse_proxy");
    TCase *cases = tcase_create("proxies");

    tcase_add_checked_fixture(cases, setup, end_world);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, nginx_that_drops_invalid_fields);
    tcase_add_test(cases, nginx_that_passes_invalid_fields);
    tcase_add_test(cases, haproxy_as_it_is);
    tcase_add_test(cases, haproxy_that_takes_invalid_requests);
    suite_add_tcase(suite, cases);
    return suite;
}
