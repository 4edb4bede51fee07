/* listen_failure.c - the steps of listening, one by one, until one of them fails. */
#include "server/listen_failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
is_ipv6(const char *host)
{
    struct in6_addr address;
    char bare[INET6_ADDRSTRLEN] = "";
    size_t size = strlen(host);

    if (host[0] == '[' && size > 2 && host[size - 1] == ']' && size - 2 < sizeof bare)
        memcpy(bare, host + 1, size - 2);
    return inet_pton(AF_INET6, bare[0] != '\0' ? bare : host, &address) == 1;
}

/* errno of the first step that fails; 0: none does, now. */
static int
try_to_listen(const struct addrinfo *address)
{
    int on = 1, failure = 0;
    int file = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (file < 0)
        return errno;
    (void)setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(file, address->ai_addr, address->ai_addrlen) != 0 || listen(file, 1) != 0)
        failure = errno;
    close(file);
    return failure;
}

static const char *
failure_text(int failure)
{
    switch (failure) {
    case 0:
        return "it was not free a moment ago, or the process has too few descriptors or too little "
               "memory";
    case EADDRINUSE:
        return "another process listens on this port";
    case EADDRNOTAVAIL:
        return "no interface of this machine has this address";
    case EACCES:
    case EPERM:
        return "this process may not use the port; ports below 1024 need CAP_NET_BIND_SERVICE";
    default:
        return strerror(failure);
    }
}

void
listen_failure_explain(const char *host, int64_t port, char text[LISTEN_FAILURE_SIZE])
{
    const struct addrinfo hints = {
        .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char service[24];
    int problem;

    if (is_ipv6(host)) {
        snprintf(text, LISTEN_FAILURE_SIZE,
                 "the HTTP library of this build listens on IPv4 only; use 0.0.0.0 or an IPv4 "
                 "address, with a reverse proxy for IPv6");
        return;
    }
    snprintf(service, sizeof service, "%lld", (long long)port);
    problem = getaddrinfo(host, service, &hints, &found);
    if (problem != 0)
        snprintf(text, LISTEN_FAILURE_SIZE, "the name does not resolve to an IPv4 address: %s",
                 gai_strerror(problem));
    else
        snprintf(text, LISTEN_FAILURE_SIZE, "%s", failure_text(try_to_listen(found)));
    if (found != NULL)
        freeaddrinfo(found);
}
