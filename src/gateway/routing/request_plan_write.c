/* request_plan_write.c - what a plan comes to: the signature, its MD5, and the targets at the upstream; or its problems. */
#include <jansson.h>

#include "base/digest.h"
#include "base/hex.h"
#include "routing/query_decode.h"
#include "routing/request_plan.h"
#include "routing/request_plan_builder.h"
#include "routing/signature.h"

/* Of the route's two upstream paths. */
enum path_choice { PATH_BOTH, PATH_FIRST, PATH_SECOND };

static size_t
take_unknown_members(const struct plan_builder *builder, struct signature_member *members)
{
    for (size_t i = 0; i < builder->unknown_count; i++)
        members[i] = (struct signature_member){
            builder->unknown[i].name, {.json = builder->unknown[i].value, .is_text = true}};
    return builder->unknown_count;
}

static void
write_signature(struct plan_builder *builder, struct bytes scope)
{
    struct signature_member path[ROUTE_PATH_PARAMS_MAX];
    struct signature_member query[ROUTE_PARAMETERS_MAX + ROUTE_UNKNOWN_MAX];
    struct signature_parts parts = {
        .endpoint = builder->route->endpoint,
        .method = builder->route->method,
        .path = path,
        .query = query,
        .scope = scope,
    };
    size_t start = builder->text.size;

    for (int64_t i = 0; i < builder->route->parameter_count; i++) {
        const struct parameter_config *parameter = &builder->route->parameters[i];
        struct signature_member member = {bytes_of_text(parameter->name), builder->values[i]};

        if (!builder->is_present[i])
            continue;
        if (parameter->in_path)
            path[parts.path_count++] = member;
        else
            query[parts.query_count++] = member;
    }
    if (builder->route->unknown_parameters == ROUTE_UNKNOWN_FORWARD)
        parts.query_count += take_unknown_members(builder, query + parts.query_count);
    signature_write(&parts, &builder->text);
    builder->plan->signature = text_since(&builder->text, start);
}

/* The near cache holds the derived body beside the whole one; no signature of a request ends like this. */
static void
write_near_signature(struct plan_builder *builder)
{
    struct request_plan *plan = builder->plan;

    plan->near_signature = plan->signature;
    if (builder->member[0] == '\0')
        return;
    text_add(&builder->text, ".");
    text_add(&builder->text, builder->member);
    plan->near_signature.size =
        builder->text.size - (size_t)((const char *)plan->signature.data - builder->text.data);
}

static void
write_path(struct plan_builder *builder, const char *path)
{
    const char *at = path;

    while (*at != '\0') {
        size_t literal = strcspn(at, "{");
        size_t name_size;
        int64_t index;

        text_add_bytes(&builder->text, bytes_of(at, literal));
        at += literal;
        if (*at == '\0')
            break;
        name_size = strcspn(at + 1, "}");
        index = plan_builder_find(builder->route, bytes_of(at + 1, name_size), true);
        if (index >= 0)
            query_encode(builder->values[index].wire, ",", &builder->text);
        at += name_size + 1;
        at += *at == '}';
    }
}

/* By name, as in the signature; those of one name stay in their order, which may mean something. */
static void
sort_unknown(struct plan_builder *builder)
{
    for (size_t i = 1; i < builder->unknown_count; i++) {
        struct unknown_parameter moved = builder->unknown[i];
        size_t at = i;

        for (; at > 0 && bytes_compare(builder->unknown[at - 1].name, moved.name) > 0; at--)
            builder->unknown[at] = builder->unknown[at - 1];
        builder->unknown[at] = moved;
    }
}

static void
write_unknown(struct plan_builder *builder, const char *mark)
{
    for (size_t i = 0; i < builder->unknown_count; i++) {
        text_add(&builder->text, mark);
        query_encode(builder->unknown[i].name, "", &builder->text);
        text_add(&builder->text, "=");
        query_encode(builder->unknown[i].value, "", &builder->text);
        mark = "&";
    }
}

static struct bytes
write_target(struct plan_builder *builder, const char *path)
{
    size_t start = builder->text.size;
    const char *mark = "?";

    write_path(builder, path);
    for (int64_t i = 0; i < builder->route->parameter_count; i++) {
        const struct parameter_config *parameter = &builder->route->parameters[i];

        if (parameter->in_path || parameter->selects || !builder->is_present[i])
            continue;
        text_add(&builder->text, mark);
        text_add(&builder->text,
                 parameter->upstream_name[0] != '\0' ? parameter->upstream_name : parameter->name);
        text_add(&builder->text, "=");
        query_encode(builder->values[i].wire, "", &builder->text);
        mark = "&";
    }
    if (builder->route->unknown_parameters == ROUTE_UNKNOWN_FORWARD)
        write_unknown(builder, mark);
    return text_since(&builder->text, start);
}

static enum path_choice
find_path_choice(const struct plan_builder *builder)
{
    for (int64_t i = 0; i < builder->route->parameter_count; i++) {
        const struct parameter_config *parameter = &builder->route->parameters[i];
        struct bytes first = bytes_of(parameter->values, strcspn(parameter->values, "|"));

        if (parameter->selects && builder->is_present[i])
            return bytes_equal(builder->values[i].wire, first) ? PATH_FIRST : PATH_SECOND;
    }
    return PATH_BOTH;
}

static void
write_targets(struct plan_builder *builder)
{
    const struct route_config *route = builder->route;
    enum path_choice choice =
        route->fallback_path[0] != '\0' ? find_path_choice(builder) : PATH_FIRST;

    builder->plan->target =
        write_target(builder, choice == PATH_SECOND ? route->fallback_path : route->upstream_path);
    if (choice == PATH_BOTH)
        builder->plan->fallback_path = write_target(builder, route->fallback_path);
}

void
plan_builder_write(struct plan_builder *builder, struct bytes scope)
{
    sort_unknown(builder);
    write_signature(builder, scope);
    write_near_signature(builder);
    write_targets(builder);
    plan_builder_write_ignored(builder);
}

void
request_plan_digest(struct request_plan *plan)
{
    digest_md5(plan->signature, plan->cache_key);
    hex_write(plan->cache_key, sizeof plan->cache_key, plan->cache_key_hex);
}

static json_t *
problem_as_json(const struct plan_problem *problem, const char *where)
{
    const char *loc = problem->in_path ? "path" : where;
    json_t *name = json_stringn((const char *)problem->name.data, problem->name.size);
    json_t *input = json_stringn((const char *)problem->input.data, problem->input.size);

    return json_pack("{s:s, s:[s, o], s:s, s:o*}", "type", problem->type, "loc", loc,
                     name != NULL ? name : json_string(""), "msg", problem->message, "input",
                     input != NULL ? input : json_null());
}

char *
request_plan_problems(const struct request_plan *plan, const char *where)
{
    json_t *list = json_array();
    char *text;

    for (size_t i = 0; i < plan->problem_count; i++)
        json_array_append_new(list,
                              problem_as_json(&plan->problems[i], where != NULL ? where : "query"));
    text = json_dumps(list, JSON_ENSURE_ASCII);
    json_decref(list);
    return text;
}
