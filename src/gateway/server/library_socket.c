/* library_socket.c - a connection's descriptor is found by the local address that the library keeps right behind it. */
#include "server/library_socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/network.h"

#define SEARCHED_BYTES                                                                             \
    3072 /* the library's descriptions of a request and of a response come first */
#define HTTP_PORT 80

union address_of_any {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The descriptor at that place, if what stands behind it is its local address. */
static int
file_at(const char *connection, size_t at)
{
    union address_of_any local = {0};
    socklen_t size = sizeof local;
    int file;

    memcpy(&file, connection + at, sizeof file);
    if (file < 0 || getsockname(file, &local.any, &size) != 0 || size > sizeof local ||
        local.any.sa_family == AF_UNIX)
        return -1;
    return memcmp(connection + at + sizeof file, &local, size) == 0 ? file : -1;
}

int
library_socket_find(const void *connection)
{
    static _Atomic size_t known; /* the same for every connection of this process; 0: not yet */
    size_t place = atomic_load_explicit(&known, memory_order_relaxed);

    if (place != 0)
        return file_at(connection, place);
    for (size_t at = sizeof(int); at < SEARCHED_BYTES; at += sizeof(int)) {
        int file = file_at(connection, at);

        if (file < 0)
            continue;
        atomic_store_explicit(&known, at, memory_order_relaxed);
        return file;
    }
    return -1;
}

static bool
is_listening(int file, int port)
{
    union address_of_any local = {0};
    socklen_t size = sizeof local, flag_size = sizeof(int);
    int flag = 0, found = -1;

    if (getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &flag, &flag_size) != 0 || flag == 0 ||
        getsockname(file, &local.any, &size) != 0)
        return false;
    if (local.any.sa_family == AF_INET)
        found = ntohs(local.v4.sin_port);
    else if (local.any.sa_family == AF_INET6)
        found = ntohs(local.v6.sin6_port);
    return found == port;
}

int
library_socket_listening(int port)
{
    DIR *files = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = -1;

    while (files != NULL && found < 0 && (entry = readdir(files)) != NULL) {
        int file = (int)strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] != '.' && is_listening(file, port))
            found = file;
    }
    if (files != NULL)
        closedir(files);
    return found;
}

int64_t
library_socket_waiting(int file)
{
    struct tcp_info info;
    socklen_t size = sizeof info;

    if (file < 0 || getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        info.tcpi_state != TCP_LISTEN)
        return -1;
    return info.tcpi_unacked; /* of a listening socket: the length of its queue */
}

/* False: it is no number. */
static bool
read_port(struct bytes text, uint32_t *port)
{
    *port = text.size == 0 ? HTTP_PORT : 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *port > UINT16_MAX)
            return false;
        *port = *port * 10 + (uint32_t)(text.data[i] - '0');
    }
    return true;
}

bool
library_socket_is_named(int file, struct bytes authority)
{
    const uint8_t *colon = memchr(authority.data, ':', authority.size);
    struct bytes host = authority, port_text = {0};
    union address_of_any local = {0};
    socklen_t size = sizeof local;
    struct address address;
    uint32_t port;

    if (colon != NULL) {
        host.size = (size_t)(colon - authority.data);
        port_text = bytes_skip(authority, host.size + 1);
    }
    if (file < 0 || getsockname(file, &local.any, &size) != 0 || local.any.sa_family != AF_INET ||
        !read_port(port_text, &port) || port != ntohs(local.v4.sin_port))
        return false;
    if (bytes_is_name(host, "localhost"))
        return ntohl(local.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return address_parse(host, &address) && address.family == 4 &&
           memcmp(address.bytes, &local.v4.sin_addr, sizeof local.v4.sin_addr) == 0;
}
