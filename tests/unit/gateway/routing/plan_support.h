/* plan_support.h - plans of requests in one line: a configuration, its routes, the plan made last. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "embedded.h"
#include "routing/request_plan.h"

#define MAX_TTL_S 172800 /* cache.max_ttl_s as it is by default: 48 hours */

static struct config *plan_config;
static struct route_table *plan_table;
static struct request_plan plan;

/* The routes stay the caller's. */
static inline void
plan_use_routes(struct route_config *routes, size_t count)
{
    plan_config = calloc(1, sizeof *plan_config);
    ck_assert_ptr_nonnull(plan_config);
    plan_config->routes = routes;
    plan_config->route_count = (int64_t)count;
    plan_table = route_table_create(plan_config);
    ck_assert_ptr_nonnull(plan_table);
}

static inline void
plan_use_yaml(const char *yaml, size_t size)
{
    plan_config = config_parse("test.yaml", yaml, size, NULL, stderr);
    ck_assert_ptr_nonnull(plan_config);
    plan_table = route_table_create(plan_config);
    ck_assert_ptr_nonnull(plan_table);
}

/* config/rentcache.yaml. */
static inline void
plan_use_built_in(void)
{
    plan_use_yaml(embedded_config_rentcache_yaml, embedded_config_rentcache_yaml_size);
}

static inline void
plan_drop_yaml(void)
{
    route_table_destroy(&plan_table);
    config_destroy(&plan_config);
}

static inline void
plan_drop_routes(void)
{
    route_table_destroy(&plan_table);
    free(plan_config);
    plan_config = NULL;
}

/* target: "/path?query", as a client sends it; the path must be that of a route. */
static inline enum status
plan_bytes(struct bytes target, const char *scope)
{
    const uint8_t *mark = target.size > 0 ? memchr(target.data, '?', target.size) : NULL;
    size_t size = mark != NULL ? (size_t)(mark - target.data) : target.size;
    struct bytes query =
        mark != NULL ? bytes_of(mark + 1, target.size - size - 1) : (struct bytes){0};
    struct route_match match;
    enum status status;

    route_table_match(plan_table, bytes_of_text("GET"), bytes_of(target.data, size), &match);
    if (match.route == NULL) /* no ck_assert, which writes each time: millions come this way */
        ck_abort_msg("%.*s: no route", (int)size, (const char *)target.data);
    status = request_plan_build(&match, query, MAX_TTL_S, bytes_of_text(scope), &plan);
    if (status == STATUS_OK)
        request_plan_digest(&plan);
    return status;
}

static inline enum status
plan_target(const char *target)
{
    return plan_bytes(bytes_of_text(target), "");
}

/* Expects OK; the caller frees the signature that the plan was made with. */
static inline char *
plan_signature(const char *target)
{
    enum status status = plan_target(target);

    ck_assert_msg(status == STATUS_OK, "%s: %s, %s", target, status_name(status),
                  plan.problem_count > 0 ? plan.problems[0].message : "");
    return strndup((const char *)plan.signature.data, plan.signature.size);
}

static inline void
ck_assert_bytes_text(struct bytes bytes, const char *text)
{
    ck_assert_msg(bytes_equal_text(bytes, text), "\"%.*s\", expected \"%s\"", BYTES_ARG(bytes),
                  text);
}
