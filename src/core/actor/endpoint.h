/* endpoint.h - where an actor listens: inproc://NAME, or ipc://PATH with a lock beside the socket. */
#pragma once

#include <stdbool.h>

enum {
    ENDPOINT_PATH_MAX = 107, /* what fits into sockaddr_un */
    ENDPOINT_SIZE = ENDPOINT_PATH_MAX + 16,
};

struct endpoint {
    char uri[ENDPOINT_SIZE]; /* as ZeroMQ takes it */
    bool is_inproc;
};

/* A relative path of ipc:// is below data_dir. False with the reason in the log: neither form, or too long. */
bool endpoint_resolve(const char *text, const char *data_dir, struct endpoint *endpoint);

/* False: nobody would take a connection now. Of inproc:// it is true. */
bool endpoint_is_listening(const struct endpoint *endpoint);

/* Makes the socket's folder and takes the lock <path>.lock, which says that the endpoint is ours: binding would
 * silently take a living socket over. A stale socket file does not matter. Returns the descriptor that
 * holds the lock, or -1 with the reason in the log. The lock file stays: removing it would be a race. */
int endpoint_lock(const struct endpoint *endpoint);
