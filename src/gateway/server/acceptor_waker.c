/* acceptor_waker.c - a thread that knocks. */
#include "server/acceptor_waker.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KNOCK_NS 2000000

struct acceptor_waker {
    pthread_t thread;
    struct sockaddr_in address;
    _Atomic bool is_done;
};

static void *
acceptor_waker_knock(void *argument)
{
    struct acceptor_waker *self = argument;
    struct timespec pause = {.tv_nsec = KNOCK_NS};

    while (!atomic_load(&self->is_done)) {
        int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (file >= 0) {
            (void)connect(file, (const struct sockaddr *)&self->address, sizeof self->address);
            close(file);
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

struct acceptor_waker *
acceptor_waker_start(const char *host, int port)
{
    struct acceptor_waker *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->address.sin_family = AF_INET;
    self->address.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &self->address.sin_addr) != 1 ||
        self->address.sin_addr.s_addr == htonl(INADDR_ANY))
        self->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (pthread_create(&self->thread, NULL, acceptor_waker_knock, self) != 0) {
        free(self);
        return NULL;
    }
    return self;
}

void
acceptor_waker_stop(struct acceptor_waker **waker)
{
    if (*waker == NULL)
        return;
    atomic_store(&(*waker)->is_done, true);
    pthread_join((*waker)->thread, NULL);
    free(*waker);
    *waker = NULL;
}
