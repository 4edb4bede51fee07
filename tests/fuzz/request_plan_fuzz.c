/* request_plan_fuzz.c - whatever target a client sends: a plan that is its own fixed point, or a refusal.
 *
 * Input: a target, "/path?query", of the built-in routes. */
/* links: gateway/routing/request_plan_unknown.c gateway/routing/request_plan_validate.c gateway/routing/request_plan_write.c */
/* links: gateway/routing/request_plan.c gateway/routing/route_table.c gateway/routing/query_decode.c gateway/routing/signature.c */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c */
/* links: @core */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "routing/request_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_TTL_S 172800

static struct route_table *table;

static void
prepare(void)
{
    static struct config *config;

    if (table != NULL)
        return;
    config = config_parse("built-in", "", 0, NULL, stderr);
    assert(config != NULL);
    table = route_table_create(config);
    assert(table != NULL);
}

/* Printable ASCII throughout; in a target not even a blank. */
static void
check_ascii(struct bytes text, uint8_t least)
{
    assert(text.size > 0);
    for (size_t i = 0; i < text.size; i++)
        assert(text.data[i] >= least && text.data[i] < 0x7f);
}

static void
check_problems(const struct request_plan *plan)
{
    assert(plan->problem_count > 0 && plan->problem_count <= PLAN_PROBLEMS_MAX);
    for (size_t i = 0; i < plan->problem_count; i++) {
        const struct plan_problem *problem = &plan->problems[i];

        assert(problem->type != NULL && problem->name.size > 0 && problem->message[0] != '\0');
        assert(problem->input.size <= 256 && utf8_is_plain(problem->input));
    }
}

/* What the upstream is asked means what the client asked: planned again it has the same key and target. Not where the
 * route has two paths: which of them a parameter picked does not stand in the target. */
static void
check_fixed_point(const struct route_match *match, const struct request_plan *plan)
{
    const uint8_t *mark = memchr(plan->target.data, '?', plan->target.size);
    size_t path_size = mark != NULL ? (size_t)(mark - plan->target.data) : plan->target.size;
    struct bytes query =
        mark != NULL ? bytes_of(mark + 1, plan->target.size - path_size - 1) : (struct bytes){0};
    struct request_plan *again = malloc(sizeof *again);

    assert(again != NULL);
    assert(request_plan_build(match, query, MAX_TTL_S, (struct bytes){0}, again) == STATUS_OK);
    assert(bytes_equal(again->signature, plan->signature));
    assert(bytes_equal(again->target, plan->target));
    assert(!again->force_refresh && again->ttl_override_s == 0);
    free(again);
}

/* A plan holds nothing but what the request says: made over other bytes it is the same. */
static void
check_same(const struct route_match *match, struct bytes query, const struct request_plan *plan)
{
    struct request_plan *again = malloc(sizeof *again);

    assert(again != NULL);
    memset(again, 0xa5, sizeof *again);
    assert(request_plan_build(match, query, MAX_TTL_S, (struct bytes){0}, again) == STATUS_OK);
    assert(again->buffer_used == plan->buffer_used);
    assert(memcmp(again->buffer, plan->buffer, plan->buffer_used) == 0);
    assert(bytes_equal(again->signature, plan->signature));
    assert(bytes_equal(again->target, plan->target));
    assert(bytes_equal(again->fallback_path, plan->fallback_path));
    assert(again->force_refresh == plan->force_refresh);
    assert(again->ttl_override_s == plan->ttl_override_s);
    free(again);
}

static void
check_plan(const struct route_match *match, struct bytes query)
{
    struct request_plan *plan = malloc(sizeof *plan);
    enum status status;

    assert(plan != NULL);
    status = request_plan_build(match, query, MAX_TTL_S, (struct bytes){0}, plan);
    assert(status == STATUS_OK || status == STATUS_INVALID_PARAMETER ||
           status == STATUS_BAD_REQUEST || status == STATUS_TARGET_TOO_LONG);
    if (status == STATUS_INVALID_PARAMETER)
        check_problems(plan);
    if (status == STATUS_OK) {
        check_ascii(plan->signature, ' ');
        check_ascii(plan->target, '!');
        assert(plan->target.data[0] == '/');
        assert(plan->ttl_override_s >= 0 && plan->ttl_override_s <= MAX_TTL_S);
        check_same(match, query, plan);
        if (plan->fallback_path.size > 0)
            check_ascii(plan->fallback_path, '!');
        if (match->route->fallback_path[0] == '\0')
            check_fixed_point(match, plan);
    }
    free(plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *mark = size > 0 ? memchr(data, '?', size) : NULL;
    size_t path_size = mark != NULL ? (size_t)(mark - data) : size;
    struct route_match match;
    char allow[64];

    prepare();
    route_table_match(table, bytes_of_text("GET"), bytes_of(data, path_size), &match);
    route_table_allow(table, bytes_of(data, path_size), allow, sizeof allow);
    assert((match.route != NULL) == (allow[0] != '\0'));
    if (match.route != NULL)
        check_plan(&match,
                   mark != NULL ? bytes_of(mark + 1, size - path_size - 1) : (struct bytes){0});
    return 0;
}
