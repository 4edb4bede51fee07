/* floor.c - a bare epoll responder: what the machine can do when an answer needs no work at all.
 *
 * Every thread has a listening socket of its own (SO_REUSEPORT) and an epoll instance of its own;
 * threads share nothing but the prepared answer, which never changes. Each request, whatever it
 * asks, gets that answer. It also stands in for the origin (BENCH_ORIGIN=floor).
 *
 * A connection belongs to the thread that accepted it, from accept to close. It is idle (nothing
 * owed), or writing (owed > 0, `sent` bytes of the first owed answer have left); while writing it
 * waits for EPOLLOUT and is not read, so that what it owes stays bounded.
 *
 *   floor --port P (--body FILE | --bytes N) [--threads N]
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENT_COUNT = 256,
    READ_BYTES = 4096,
    HEAD_BYTES = 256,
    BACKLOG = 1024,
    CONNECTION_COUNT_MAX = 8192,
    THREAD_COUNT_MAX = 64,
    BODY_BYTES_MAX = 16 * 1024 * 1024,
};

struct answer {
    char *bytes;
    size_t len;
};

struct options {
    long port;
    long threads;
    long body_bytes;
    const char *body_file;
};

struct connection {
    _Alignas(64) unsigned matched; /* how many bytes of CR LF CR LF were seen in a row */
    unsigned owed;                 /* answers asked for and not yet sent whole */
    size_t sent;                   /* of the first owed answer */
    bool writing;                  /* armed for EPOLLOUT rather than EPOLLIN */
};

/* By descriptor, which no two threads have at the same time; a cache line each. */
static struct connection connections[CONNECTION_COUNT_MAX];

struct responder {
    const struct answer *answer;
    int listen_fd;
    int epoll_fd;
    pthread_t thread;
};

static void
die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void
watch(int epoll_fd, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(epoll_fd, operation, fd, &event) != 0)
        die("epoll_ctl");
}

/* The end of a request's header is all that is looked for: the requests have no body. */
static unsigned
count_requests(struct connection *connection, const char *bytes, size_t len)
{
    static const char end[] = "\r\n\r\n";
    unsigned matched = connection->matched;
    unsigned count = 0;

    for (size_t i = 0; i < len; i++) {
        if (matched == 0) {
            const char *next = memchr(bytes + i, '\r', len - i);

            if (next == NULL)
                break;
            i = (size_t)(next - bytes);
        }
        if (bytes[i] == end[matched])
            matched++;
        else
            matched = bytes[i] == '\r' ? 1 : 0;
        if (matched == 4) {
            matched = 0;
            count++;
        }
    }
    connection->matched = matched;
    return count;
}

/* False when the peer is gone. */
static bool
send_owed(int fd, const struct answer *answer)
{
    struct connection *connection = &connections[fd];

    while (connection->owed > 0) {
        ssize_t sent = send(fd, answer->bytes + connection->sent, answer->len - connection->sent,
                            MSG_NOSIGNAL);

        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        connection->sent += (size_t)sent;
        if (connection->sent < answer->len)
            continue;
        connection->sent = 0;
        connection->owed--;
    }
    return true;
}

static bool
read_requests(int fd)
{
    struct connection *connection = &connections[fd];
    char bytes[READ_BYTES];
    ssize_t len = recv(fd, bytes, sizeof(bytes), 0);

    if (len < 0)
        return errno == EAGAIN || errno == EINTR;
    if (len == 0)
        return false;
    connection->owed += count_requests(connection, bytes, (size_t)len);
    return true;
}

static void
on_connection(struct responder *responder, int fd)
{
    struct connection *connection = &connections[fd];
    bool alive = connection->writing || read_requests(fd);

    alive = alive && send_owed(fd, responder->answer);
    if (!alive) {
        close(fd);
        return;
    }
    if (connection->writing == (connection->owed > 0))
        return;
    connection->writing = connection->owed > 0;
    watch(responder->epoll_fd, EPOLL_CTL_MOD, fd, connection->writing ? EPOLLOUT : EPOLLIN);
}

static void
on_accept(struct responder *responder)
{
    int on = 1;
    int fd = accept4(responder->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (fd >= CONNECTION_COUNT_MAX) {
        close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connections[fd] = (struct connection){0};
    watch(responder->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN);
}

static void *
respond(void *argument)
{
    struct responder *responder = argument;
    struct epoll_event events[EVENT_COUNT];

    for (;;) {
        int count = epoll_wait(responder->epoll_fd, events, EVENT_COUNT, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == responder->listen_fd)
                on_accept(responder);
            else
                on_connection(responder, events[i].data.fd);
        }
    }
    return NULL;
}

static int
listen_on(uint16_t port)
{
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0)
        die("listen");
    return fd;
}

static void
open_responder(struct responder *responder, const struct answer *answer, uint16_t port)
{
    responder->answer = answer;
    responder->listen_fd = listen_on(port);
    responder->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (responder->epoll_fd < 0)
        die("epoll_create1");
    watch(responder->epoll_fd, EPOLL_CTL_ADD, responder->listen_fd, EPOLLIN);
}

/* A JSON object of exactly `len` bytes; the caller frees it. */
static char *
make_body(size_t len)
{
    static const char opening[] = "{\"id\":\"bench-1\",\"filler\":\"";
    static const char closing[] = "\"}";
    const size_t fixed = sizeof(opening) - 1 + sizeof(closing) - 1;
    char *body;

    if (len < fixed || len > BODY_BYTES_MAX) {
        errno = EINVAL;
        die("--bytes");
    }
    body = malloc(len);
    if (body == NULL)
        die("malloc");
    memset(body, 'x', len);
    memcpy(body, opening, sizeof(opening) - 1);
    memcpy(body + len - (sizeof(closing) - 1), closing, sizeof(closing) - 1);
    return body;
}

/* The whole file; the caller frees it. */
static char *
load_body(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *body = malloc(BODY_BYTES_MAX);

    if (file == NULL || body == NULL)
        die(path);
    *len = fread(body, 1, BODY_BYTES_MAX, file);
    if (ferror(file) || !feof(file))
        die(path);
    fclose(file);
    return body;
}

static struct answer
prepare_answer(const struct options *options)
{
    struct answer answer;
    size_t body_len = (size_t)options->body_bytes;
    char *body =
        options->body_file != NULL ? load_body(options->body_file, &body_len) : make_body(body_len);
    int head_len;

    answer.bytes = malloc(HEAD_BYTES + body_len);
    if (answer.bytes == NULL)
        die("malloc");
    head_len = snprintf(answer.bytes, HEAD_BYTES,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        body_len);
    memcpy(answer.bytes + head_len, body, body_len);
    answer.len = (size_t)head_len + body_len;
    free(body);
    return answer;
}

static long
parse_number(const char *text, long max)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > max) {
        errno = EINVAL;
        die(text);
    }
    return value;
}

static struct options
parse_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"threads", required_argument, NULL, 't'},
        {"bytes", required_argument, NULL, 'n'},
        {"body", required_argument, NULL, 'b'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.threads = 2};

    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'p')
            options.port = parse_number(optarg, 65535);
        else if (option == 't')
            options.threads = parse_number(optarg, THREAD_COUNT_MAX);
        else if (option == 'n')
            options.body_bytes = parse_number(optarg, BODY_BYTES_MAX);
        else if (option == 'b')
            options.body_file = optarg;
        else
            exit(2);
    }
    if (options.port == 0 || (options.body_file == NULL && options.body_bytes == 0)) {
        fprintf(stderr, "usage: floor --port P (--body FILE | --bytes N) [--threads N]\n");
        exit(2);
    }
    return options;
}

int
main(int argc, char **argv)
{
    static struct responder responders[THREAD_COUNT_MAX];
    struct options options = parse_options(argc, argv);
    struct answer answer = prepare_answer(&options);

    for (long i = 0; i < options.threads; i++)
        open_responder(&responders[i], &answer, (uint16_t)options.port);
    for (long i = 0; i < options.threads; i++)
        if (pthread_create(&responders[i].thread, NULL, respond, &responders[i]) != 0)
            die("pthread_create");
    printf("ready: http://127.0.0.1:%ld\n", options.port);
    fflush(stdout);
    for (long i = 0; i < options.threads; i++)
        pthread_join(responders[i].thread, NULL);
    free(answer.bytes);
    return 0;
}
