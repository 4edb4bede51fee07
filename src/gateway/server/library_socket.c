/* library_socket.c - the descriptor is found by the address that stands behind it: it is that of the socket. */
#include "server/library_socket.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define SEARCHED_BYTES 2048 /* the library's description of a response comes first */
#define SEARCHES_MOST  1000 /* in vain: then it is another library */

union address_of_any {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int
port_of(const union address_of_any *address)
{
    switch (address->any.sa_family) {
    case AF_INET:
        return ntohs(address->v4.sin_port);
    case AF_INET6:
        return ntohs(address->v6.sin6_port);
    default:
        return -1;
    }
}

/* The same words stand at `from`. */
static bool
stands_at(const char *from, const union address_of_any *address, socklen_t size)
{
    return size <= sizeof *address && memcmp(from, address, size) == 0;
}

/* A descriptor at this offset whose own address follows it. */
static int
socket_at(const char *from, size_t offset)
{
    union address_of_any local = {0};
    socklen_t size = sizeof local;
    int fd;

    memcpy(&fd, from + offset, sizeof fd);
    if (fd < 0 || getsockname(fd, &local.any, &size) != 0)
        return -1;
    return stands_at(from + offset + sizeof fd, &local, size) ? fd : -1;
}

static bool
is_of_client(int fd, int remote_port)
{
    union address_of_any remote = {0};
    socklen_t size = sizeof remote;

    return getpeername(fd, &remote.any, &size) == 0 && port_of(&remote) == remote_port;
}

/* Its offset + 1; 0: it is not there, or the client is gone already. */
static size_t
search_offset(const char *from, int remote_port)
{
    for (size_t offset = 0; offset < SEARCHED_BYTES; offset += sizeof(int)) {
        int fd = socket_at(from, offset);

        if (fd >= 0 && is_of_client(fd, remote_port))
            return offset + 1;
    }
    return 0;
}

/* The offset is the same for every connection of this process. */
int
library_socket_find(const void *behind_info, int remote_port)
{
    static _Atomic size_t known; /* 0: not yet; else the offset + 1 */
    static _Atomic int searches;
    size_t word = atomic_load_explicit(&known, memory_order_relaxed);

    if (word == 0 &&
        atomic_fetch_add_explicit(&searches, 1, memory_order_relaxed) < SEARCHES_MOST) {
        word = search_offset(behind_info, remote_port);
        if (word > 0)
            atomic_store_explicit(&known, word, memory_order_relaxed);
    }
    return word > 0 ? socket_at(behind_info, word - 1) : -1;
}
