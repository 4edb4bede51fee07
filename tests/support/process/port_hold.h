/* port_hold.h - keeps a port for a server that will come back to it.
 *
 * While the server is down nobody else is given its port, and who connects to it is refused. Both ends set SO_REUSEADDR
 * and the holder never listens, so the server can bind it meanwhile. */
#pragma once

/* A descriptor to close(), or -1: the port is listened on. */
int port_hold(int port);
/* A port that nobody has, for a server whose port must be known before it says so. */
int port_hold_free(int *port);
