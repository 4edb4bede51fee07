/* paced.c - asks for ever new targets at a fixed rate, and says how long the answers took.
 *
 * A request has its instant; its time runs from there, also while all connections are taken, so that a server that stands
 * still is seen in every request behind it. The targets are PREFIX0, PREFIX1, ...: each is asked for once.
 *
 *   paced --port P --rate N --seconds S --connections N --prefix PATH --key KEY
 *
 * Prints "result REQUESTS FAILED P50 P99 P999 MOST" (microseconds).
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_BYTES_MAX = 65536,
    REQUEST_BYTES_MAX = 512,
    CONNECTION_COUNT_MAX = 1024,
    RATE_MAX = 1000000,
    SECONDS_MAX = 3600,
    LATE_SECONDS = 20, /* behind the last instant, until what is not answered has failed */
};

struct options {
    long port, rate, seconds, connections;
    const char *prefix, *key;
};

/* Idle, or waiting for the answer of one request. */
struct connection {
    int fd;
    bool is_busy;
    int64_t due_us; /* the instant of its request */
    size_t size;
    char answer[ANSWER_BYTES_MAX];
};

struct pacer {
    struct options options;
    struct connection *connections;
    int epoll_fd;
    int64_t started_us;
    long planned, sent, answered, failed;
    int64_t *times_us; /* of the answered ones */
};

static void
die(const char *what)
{
    fprintf(stderr, "paced: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
due_us(const struct pacer *pacer, long number)
{
    return pacer->started_us + (int64_t)number * 1000000 / pacer->options.rate;
}

static void
connect_to(struct pacer *pacer, struct connection *connection)
{
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)pacer->options.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    connection->is_busy = false;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        epoll_ctl(pacer->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        die("connect");
}

static void
send_request(struct pacer *pacer, struct connection *connection)
{
    char request[REQUEST_BYTES_MAX];
    int size = snprintf(request, sizeof(request),
                        "GET %s%ld HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n",
                        pacer->options.prefix, pacer->sent, pacer->options.key);

    if (size >= (int)sizeof(request) ||
        send(connection->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
        die("send");
    connection->is_busy = true;
    connection->size = 0;
    connection->due_us = due_us(pacer, pacer->sent);
    pacer->sent++;
}

/* Whole: the head and as many bytes as it announces. */
static bool
is_whole(struct connection *connection)
{
    const char *end, *length;

    connection->answer[connection->size] = '\0';
    end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL)
        return false;
    length = strcasestr(connection->answer, "\r\nContent-Length:");
    if (length == NULL || length > end)
        return true;
    return connection->size >= (size_t)(end + 4 - connection->answer) +
                                   strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

/* The server may end a connection; another one takes its place. */
static void
end_request(struct pacer *pacer, struct connection *connection, bool is_good, bool is_gone)
{
    if (connection->is_busy && is_good)
        pacer->times_us[pacer->answered++] = now_us() - connection->due_us;
    else if (connection->is_busy)
        pacer->failed++;
    connection->is_busy = false;
    if (!is_gone)
        return;
    close(connection->fd);
    connect_to(pacer, connection);
}

static void
on_readable(struct pacer *pacer, struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->size,
                        sizeof(connection->answer) - 1 - connection->size, 0);

    if (size <= 0) {
        end_request(pacer, connection, false, true);
        return;
    }
    connection->size += (size_t)size;
    if (is_whole(connection))
        end_request(pacer, connection, strncmp(connection->answer, "HTTP/1.1 200", 12) == 0,
                    strcasestr(connection->answer, "\r\nConnection: close") != NULL);
}

static void
send_due(struct pacer *pacer)
{
    for (long i = 0; i < pacer->options.connections; i++) {
        if (pacer->sent == pacer->planned || due_us(pacer, pacer->sent) > now_us())
            return;
        if (!pacer->connections[i].is_busy)
            send_request(pacer, &pacer->connections[i]);
    }
}

/* Until the next request is due; while every connection is taken, until an answer comes. */
static void
wait_for_events(struct pacer *pacer)
{
    struct epoll_event events[64];
    bool is_all_sent = pacer->sent == pacer->planned;
    int64_t left_us = is_all_sent ? 100000 : due_us(pacer, pacer->sent) - now_us();
    struct timespec timeout = {0};
    int count;

    if (left_us < 0) /* none was free */
        left_us = 1000;
    timeout.tv_nsec = (left_us < 100000 ? left_us : 100000) * 1000;
    count = epoll_pwait2(pacer->epoll_fd, events, 64, &timeout, NULL);
    for (int i = 0; i < count; i++)
        on_readable(pacer, events[i].data.ptr);
}

static void
run(struct pacer *pacer)
{
    int64_t end_us;

    pacer->started_us = now_us();
    end_us = due_us(pacer, pacer->planned) + LATE_SECONDS * 1000000LL;
    while (pacer->answered + pacer->failed < pacer->planned && now_us() < end_us) {
        send_due(pacer);
        wait_for_events(pacer);
    }
    pacer->failed = pacer->planned - pacer->answered;
}

static int
compare_times(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

static long
percentile(const struct pacer *pacer, double share)
{
    long at = (long)((double)pacer->answered * share);

    return pacer->answered == 0 ? 0 : (long)pacer->times_us[at < pacer->answered ? at : at - 1];
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
        {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"connections", required_argument, NULL, 'c'},
        {"prefix", required_argument, NULL, 'x'},
        {"key", required_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {0};

    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'p')
            options.port = parse_number(optarg, 65535);
        else if (option == 'r')
            options.rate = parse_number(optarg, RATE_MAX);
        else if (option == 's')
            options.seconds = parse_number(optarg, SECONDS_MAX);
        else if (option == 'c')
            options.connections = parse_number(optarg, CONNECTION_COUNT_MAX);
        else if (option == 'x')
            options.prefix = optarg;
        else if (option == 'k')
            options.key = optarg;
        else
            exit(2);
    }
    if (options.port == 0 || options.rate == 0 || options.seconds == 0 ||
        options.connections == 0 || options.prefix == NULL || options.key == NULL) {
        fprintf(stderr, "usage: paced --port P --rate N --seconds S --connections N "
                        "--prefix PATH --key KEY\n");
        exit(2);
    }
    return options;
}

int
main(int argc, char **argv)
{
    struct pacer pacer = {.options = parse_options(argc, argv)};

    pacer.planned = pacer.options.rate * pacer.options.seconds;
    pacer.connections = calloc((size_t)pacer.options.connections, sizeof(*pacer.connections));
    pacer.times_us = calloc((size_t)pacer.planned, sizeof(*pacer.times_us));
    pacer.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (pacer.connections == NULL || pacer.times_us == NULL || pacer.epoll_fd < 0)
        die("start");
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    for (long i = 0; i < pacer.options.connections; i++)
        connect_to(&pacer, &pacer.connections[i]);
    run(&pacer);
    qsort(pacer.times_us, (size_t)pacer.answered, sizeof(*pacer.times_us), compare_times);
    printf("result %ld %ld %ld %ld %ld %ld\n", pacer.planned, pacer.failed, percentile(&pacer, 0.5),
           percentile(&pacer, 0.99), percentile(&pacer, 0.999), percentile(&pacer, 1.0));
    free(pacer.connections);
    free(pacer.times_us);
    return 0;
}
