/* port_hold.c - a socket that is bound and nothing more. */
#include "support/process/port_hold.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

int
port_hold(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (held >= 0 && setsockopt(held, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(held, (const struct sockaddr *)&address, sizeof address) == 0)
        return held;
    if (held >= 0)
        close(held);
    return -1;
}

int
port_hold_free(int *port)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    int held = port_hold(0);

    if (held >= 0 && getsockname(held, (struct sockaddr *)&address, &size) == 0)
        *port = ntohs(address.sin_port);
    return held;
}
