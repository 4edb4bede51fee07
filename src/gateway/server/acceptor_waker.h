/* acceptor_waker.h - connects to a listener again and again while it is being stopped.
 *
 * The server library's accepting thread sleeps up to two seconds between looks at its stop flag; a connection wakes it. */
#pragma once

struct acceptor_waker;

/* NULL: no memory or thread; the stop just takes longer then. */
struct acceptor_waker *acceptor_waker_start(const char *host, int port);
void acceptor_waker_stop(struct acceptor_waker **waker); /* NULL-safe */
