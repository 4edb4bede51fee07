/* channel_socket.h - the ZeroMQ socket below a channel: its options, its life, its events. */
#pragma once

#include <stdbool.h>

#include "wire/channel.h"

/* NULL with the reason in the log. */
void *channel_socket_open(void *zmq_context, enum channel_role role, int queue_messages);
void channel_socket_close(void *socket, int linger_ms);

bool channel_socket_bind(void *socket, const char *endpoint);
void channel_socket_unbind(void *socket, const char *endpoint);
bool channel_socket_connect(void *socket, const char *endpoint);
int channel_socket_fd(void *socket);
/* ZMQ_POLLIN, ZMQ_POLLOUT; 0 when the context is gone. */
int channel_socket_events(void *socket);
