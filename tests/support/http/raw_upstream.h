/* raw_upstream.h - a paid API that sends what no HTTP library would: the bytes of the test, after each request that it reads.
 *
 * One thread, one connection at a time. raw_upstream_stop ends it; failures to listen abort the test. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum raw_end {
    RAW_END_CLOSE, /* an orderly end of the connection */
    RAW_END_HOLD,  /* nothing more, and the connection stays open until the peer closes it */
};

#define RAW_RESPONSE_MOST 65536

struct raw_response {
    char data[RAW_RESPONSE_MOST];
    size_t size;
    enum raw_end end;
};

#define RAW_REQUEST_SIZE 4096

struct raw_upstream {
    int socket, port;
    pthread_t thread;
    pthread_mutex_t lock;
    struct raw_response response; /* under lock */
    char head[RAW_REQUEST_SIZE];  /* of the last request; under lock */
    struct raw_response sent;     /* the thread's own: what it answers with */
    atomic_int requests;          /* whose head came */
    atomic_bool is_stopping;
};

/* port 0: any. */
void raw_upstream_start(struct raw_upstream *upstream, int port);
void raw_upstream_stop(struct raw_upstream *upstream);
/* From now on; data is copied, at most RAW_RESPONSE_MOST bytes. */
void raw_upstream_say(struct raw_upstream *upstream, const char *data, size_t size,
                      enum raw_end end);
/* Requests so far. */
int raw_upstream_requests(struct raw_upstream *upstream);
/* The head of the last request. */
void raw_upstream_head(struct raw_upstream *upstream, char head[RAW_REQUEST_SIZE]);
