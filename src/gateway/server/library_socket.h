/* library_socket.h - the socket of a connection, which the server library (civetweb 1.15, 1.16) tells nobody.
 *
 * It is needed to see that a client went away while its request waits. Not on the way of a hit. */
#pragma once

/* behind_info: what follows the library's public description of the request in its own of the connection; remote_port: as it
 * says there. -1: this is not how the library is known. */
int library_socket_find(const void *behind_info, int remote_port);
