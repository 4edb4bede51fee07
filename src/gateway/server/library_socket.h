/* library_socket.h - the descriptors that the server library keeps to itself: a connection's, and the one that it listens on.
 *
 * Borrowed: the library closes them. A connection's is valid until the library's callback for its end has returned. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* connection: the library's own description of an open connection. -1: it is not as it is known here. */
int library_socket_find(const void *connection);
/* -1: nothing in this process listens on this port. */
int library_socket_listening(int port);
/* Connections that wait to be accepted on it; -1: file is no listening socket. */
int64_t library_socket_waiting(int file);
/* Whether an authority, "host" or "host:port", is the IPv4 address that this connection came to: a number, or "localhost" for a
 * loopback address. The port may be left out where it is 80. */
bool library_socket_is_named(int file, struct bytes authority);
