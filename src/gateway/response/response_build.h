/* response_build.h - from a cache actor's reply to what clients get: heads written, bodies packed. */
#pragma once

#include "config.h"
#include "http/representation.h"
#include "messages.h"

/* A response made ready for clients; owns its bytes but the plain body, which is the reply's. */
struct response_build {
    struct content content;
    struct variant gzip; /* owned; not made: nobody wants it now, or it would not be smaller */
    char *head;          /* of the plain variant */
};

/* with_gzip: somebody wants it now. False: no memory, or the headers are too many. End with response_build_fini either
 * way. */
bool response_build(struct response_build *build, const struct config *config,
                    const struct cache_reply *reply, struct bytes body, bool with_gzip);
/* The same of a part of the reply's body. */
bool response_build_part(struct response_build *build, const struct config *config,
                         const struct cache_reply *reply, struct bytes part, bool with_gzip);
/* The same of a part of a response that was built before: its head is read as the upstream's was. */
bool response_build_part_of(struct response_build *build, const struct config *config,
                            const struct content *whole, int http_status, struct bytes part);
void response_build_fini(struct response_build *build);

/* Packs a plain variant. False: it would not get smaller, or there is no memory. End with response_gzip_fini. */
bool response_gzip_make(const struct variant *plain, struct variant *gzip);
void response_gzip_fini(struct variant *gzip);
