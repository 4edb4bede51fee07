/* listen_failure.h - why an address cannot be listened on, in words: the library says only that it failed. */
#pragma once

#include <stdint.h>

#define LISTEN_FAILURE_SIZE 256

/* Tries by itself what failed. Text for people, without the address. */
void listen_failure_explain(const char *host, int64_t port, char text[LISTEN_FAILURE_SIZE]);
