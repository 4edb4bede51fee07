/* peer.h - reaches the sockets of this process that the HTTP library keeps to itself. */
#pragma once

/* The socket that is connected from that IPv4 address and port to local_port; -1 for none. */
int peer_find(const char *address, int port, int local_port);

/* Sends a RST. The descriptor stays open: it is its owner's to close. */
void peer_reset(int socket);

/* Shuts down the sockets bound to local_port, listening and connected ones, so that everybody who
 * waits for one wakes up. */
void peer_shut_down(int local_port);
