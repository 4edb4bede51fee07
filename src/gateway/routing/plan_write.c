/* plan_write.c - what a plan comes to: the signature, its MD5, and the targets at the upstream. */
#include "base/digest.h"
#include "routing/plan_making.h"
#include "routing/query_decode.h"
#include "routing/signature.h"

/* Of the route's two upstream paths. */
enum pick { PICK_BOTH, PICK_FIRST, PICK_SECOND };

static void
write_signature(struct making *making, struct bytes scope)
{
    struct signature_member path[ROUTE_PARAMETERS_MAX], query[ROUTE_PARAMETERS_MAX];
    struct signature_parts parts = {
        .endpoint = making->route->endpoint,
        .method = making->route->method,
        .path = path,
        .query = query,
        .scope = scope,
    };
    size_t start = making->text.size;

    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];
        struct signature_member member = {parameter->name, making->values[i]};

        if (!making->is_present[i])
            continue;
        if (parameter->in_path)
            path[parts.path_count++] = member;
        else
            query[parts.query_count++] = member;
    }
    signature_write(&parts, &making->text);
    making->plan->signature = bytes_of(making->text.data + start, making->text.size - start);
}

/* The near cache holds the derived body beside the whole one; no signature of a request ends like this. */
static void
write_near_signature(struct making *making)
{
    struct request_plan *plan = making->plan;

    plan->near_signature = plan->signature;
    if (making->member[0] == '\0')
        return;
    text_add(&making->text, ".");
    text_add(&making->text, making->member);
    plan->near_signature.size =
        making->text.size - (size_t)((const char *)plan->signature.data - making->text.data);
}

static void
write_path(struct making *making, const char *path)
{
    const char *at = path;

    while (*at != '\0') {
        size_t literal = strcspn(at, "{");
        size_t name_size;
        int64_t index;

        text_add_bytes(&making->text, bytes_of(at, literal));
        at += literal;
        if (*at == '\0')
            break;
        name_size = strcspn(at + 1, "}");
        index = making_find(making->route, bytes_of(at + 1, name_size), true);
        if (index >= 0)
            query_encode(making->values[index].wire, ",", &making->text);
        at += name_size + 1;
        at += *at == '}';
    }
}

static struct bytes
write_target(struct making *making, const char *path)
{
    size_t start = making->text.size;
    const char *mark = "?";

    write_path(making, path);
    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];

        if (parameter->in_path || parameter->picks || !making->is_present[i])
            continue;
        text_add(&making->text, mark);
        text_add(&making->text,
                 parameter->upstream_name[0] != '\0' ? parameter->upstream_name : parameter->name);
        text_add(&making->text, "=");
        query_encode(making->values[i].wire, "", &making->text);
        mark = "&";
    }
    return bytes_of(making->text.data + start, making->text.size - start);
}

static enum pick
find_pick(const struct making *making)
{
    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];
        struct bytes first = bytes_of(parameter->values, strcspn(parameter->values, "|"));

        if (parameter->picks && making->is_present[i])
            return bytes_equal(making->values[i].wire, first) ? PICK_FIRST : PICK_SECOND;
    }
    return PICK_BOTH;
}

static void
write_targets(struct making *making)
{
    const struct route_config *route = making->route;
    enum pick pick = route->or_else[0] != '\0' ? find_pick(making) : PICK_FIRST;

    making->plan->target =
        write_target(making, pick == PICK_SECOND ? route->or_else : route->upstream_path);
    if (pick == PICK_BOTH)
        making->plan->or_else = write_target(making, route->or_else);
}

void
making_write(struct making *making, struct bytes scope)
{
    write_signature(making, scope);
    write_near_signature(making);
    write_targets(making);
}

void
request_plan_digest(struct request_plan *plan)
{
    digest_md5(plan->signature, plan->cache_key);
    digest_hex(plan->cache_key, sizeof plan->cache_key, plan->cache_key_hex);
}
