/* redis_url.h - where REDIS_URL points. Pure.
 *
 * redis://[[user]:password@]host[:port][/db], or unix:///path/of/socket[?db=N]. User and password may be
 * percent-encoded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define REDIS_PART_SIZE 256

struct redis_url {
    char path[REDIS_PART_SIZE]; /* of a socket; "": TCP */
    char host[REDIS_PART_SIZE];
    int port;
    char user[REDIS_PART_SIZE];     /* "": none */
    char password[REDIS_PART_SIZE]; /* "": none. A secret */
    int db;
};

/* NULL: read. Else what is wrong with it, a static text without any part of it. */
const char *redis_url_parse(const char *text, struct redis_url *url);
