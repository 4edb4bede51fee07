/* response_build.c - the plain variant with its head, and gzip where it is wanted. */
#include "response/response_build.h"

#include <stdlib.h>

#include "base/clock.h"
#include "http/gzip.h"

#define HEAD_SIZE      65536 /* the upstream's headers are bounded by half of it */
#define GZIP_HEAD_MORE 64    /* what the head of the gzip variant may be longer */

/* A response of a route that stores nothing has no times: it was fetched just now. */
static int64_t
created_s(const struct cache_reply *reply)
{
    int64_t created_wall_ms = reply->meta.created_wall_ms;

    return (created_wall_ms > 0 ? created_wall_ms : clock_wall_ms()) / 1000;
}

bool
response_gzip_make(const struct variant *plain, struct variant *gzip)
{
    size_t capacity = plain->head.size + GZIP_HEAD_MORE;
    struct bytes packed;
    struct text text;
    char *head;

    *gzip = (struct variant){0};
    if (!gzip_pack(plain->body, &packed))
        return false;
    head = malloc(capacity);
    if (head == NULL) {
        free((void *)(uintptr_t)packed.data);
        return false;
    }
    text = text_of(head, capacity);
    representation_write_gzip(plain, packed, &text, gzip);
    return true;
}

void
response_gzip_fini(struct variant *gzip)
{
    free((void *)(uintptr_t)gzip->head.data);
    free((void *)(uintptr_t)gzip->body.data);
    *gzip = (struct variant){0};
}

static bool
build_of(struct response_build *build, const struct config *config,
         const struct representation *representation, struct bytes body, bool with_gzip)
{
    struct content *content = &build->content;
    struct text text;

    *build = (struct response_build){.head = malloc(HEAD_SIZE)};
    if (build->head == NULL)
        return false;
    text = text_of(build->head, HEAD_SIZE);
    content->last_modified_s = representation->last_modified_s;
    content->may_gzip = config->cache.compression &&
                        representation_may_gzip(representation, body.size,
                                                (size_t)config->cache.compression_min_bytes);
    representation_write(representation, content->may_gzip, body, &text, &content->plain);
    if (text.is_cut)
        return false;
    if (with_gzip && content->may_gzip)
        (void)response_gzip_make(&content->plain, &build->gzip);
    return true;
}

bool
response_build(struct response_build *build, const struct config *config,
               const struct cache_reply *reply, struct bytes body, bool with_gzip)
{
    struct representation representation;

    representation_read(&representation, reply->headers, body, (int)reply->meta.http_status,
                        created_s(reply));
    return build_of(build, config, &representation, body, with_gzip);
}

bool
response_build_part(struct response_build *build, const struct config *config,
                    const struct cache_reply *reply, struct bytes part, bool with_gzip)
{
    struct representation representation;

    representation_read(&representation, reply->headers, part, (int)reply->meta.http_status,
                        created_s(reply));
    representation_take_part(&representation, part);
    return build_of(build, config, &representation, part, with_gzip);
}

/* What the gateway wrote into the head is replaced by the same again, but for the tag and the length. */
bool
response_build_part_of(struct response_build *build, const struct config *config,
                       const struct content *whole, int http_status, struct bytes part)
{
    struct representation representation;

    representation_read(&representation, whole->plain.head, part, http_status,
                        whole->last_modified_s);
    representation_take_part(&representation, part);
    return build_of(build, config, &representation, part, false);
}

void
response_build_fini(struct response_build *build)
{
    response_gzip_fini(&build->gzip);
    free(build->head);
    *build = (struct response_build){0};
}
