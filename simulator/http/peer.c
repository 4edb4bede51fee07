/* peer.c - reaches the sockets of this process that the HTTP library keeps to itself. */
#include "http/peer.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Asks about every open descriptor until visit says stop; the descriptor it stopped at, or -1. */
static int
visit_descriptors(bool (*visit)(int descriptor, void *context), void *context)
{
    DIR *directory = opendir("/proc/self/fd");
    int found = -1;
    if (directory == NULL)
        return -1;
    for (struct dirent *entry = readdir(directory); entry != NULL && found < 0;
         entry = readdir(directory)) {
        int descriptor = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && visit(descriptor, context))
            found = descriptor;
    }
    closedir(directory);
    return found;
}

static bool
is_bound_to(int descriptor, int local_port)
{
    struct sockaddr_in local = {0};
    socklen_t size = sizeof local;
    return getsockname(descriptor, (struct sockaddr *)&local, &size) == 0 &&
           local.sin_family == AF_INET && ntohs(local.sin_port) == local_port;
}

struct sought {
    struct sockaddr_in remote;
    int local_port;
};

static bool
is_sought(int descriptor, void *context)
{
    const struct sought *sought = context;
    struct sockaddr_in remote = {0};
    socklen_t size = sizeof remote;
    return getpeername(descriptor, (struct sockaddr *)&remote, &size) == 0 &&
           remote.sin_family == AF_INET && remote.sin_port == sought->remote.sin_port &&
           remote.sin_addr.s_addr == sought->remote.sin_addr.s_addr &&
           is_bound_to(descriptor, sought->local_port);
}

int
peer_find(const char *address, int port, int local_port)
{
    struct sought sought = {.local_port = local_port};
    sought.remote.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, address, &sought.remote.sin_addr) != 1)
        return -1;
    return visit_descriptors(is_sought, &sought);
}

/* Connecting to no address drops an established connection: Linux answers with a RST. Closing with
 * a linger of zero would do too, but the owner closes in its own way. */
void
peer_reset(int socket)
{
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    (void)connect(socket, &nowhere, sizeof nowhere);
}

static bool
shut_down(int descriptor, void *context)
{
    const int *local_port = context;
    if (is_bound_to(descriptor, *local_port))
        (void)shutdown(descriptor, SHUT_RDWR);
    return false;
}

void
peer_shut_down(int local_port)
{
    (void)visit_descriptors(shut_down, &local_port);
}
