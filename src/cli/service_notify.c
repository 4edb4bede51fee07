/* service_notify.c - one datagram to the socket that the service manager names. */
#include "service_notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

/* A name that begins with '@' is in the abstract name space, which begins with a NUL. 0: no name of a socket. */
static socklen_t
read_address(const char *name, struct sockaddr_un *address)
{
    size_t size = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || size < 2 || size >= sizeof address->sun_path)
        return 0;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, size);
    if (name[0] == '@')
        address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

bool
service_notify(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {0};
    socklen_t address_size = name != NULL ? read_address(name, &address) : 0;
    int descriptor;
    bool is_sent;

    if (name == NULL)
        return false;
    descriptor = address_size > 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    is_sent =
        descriptor >= 0 && sendto(descriptor, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
                                  (const struct sockaddr *)&address, address_size) >= 0;
    if (!is_sent)
        log_warning("NOTIFY_SOCKET: %s could not be told %s", name, state);
    if (descriptor >= 0)
        close(descriptor);
    return is_sent;
}
