/* request_plan_validate.c - the values of a request together: defaults filled in, what is missing refused, parts joined. */
#include <stdio.h>

#include "routing/request_plan.h"
#include "routing/request_plan_builder.h"

static void
fill_in(struct plan_builder *builder)
{
    for (int64_t i = 0; i < builder->route->parameter_count; i++) {
        const struct parameter_config *parameter = &builder->route->parameters[i];

        if (builder->is_present[i])
            continue;
        if (parameter->default_text[0] != '\0')
            plan_builder_take_value(builder, i, bytes_of_text(parameter->default_text));
        else if (parameter->required)
            plan_builder_add_problem(builder, "missing", parameter->in_path,
                                     bytes_of_text(parameter->name), "Field required",
                                     (struct bytes){0});
    }
}

/* "latitude+longitude": all of them have values. */
static bool
is_complete(const struct plan_builder *builder, struct bytes alternative)
{
    while (alternative.size > 0) {
        struct bytes name = bytes_take_until(&alternative, '+');
        int64_t index = plan_builder_find(builder->route, name, false);

        if (index < 0 || !builder->is_present[index])
            return false;
    }
    return true;
}

/* "address, latitude+longitude": one of them is complete. */
static bool
has_alternative(const struct plan_builder *builder, struct bytes rest)
{
    struct bytes alternative;

    while (bytes_next_word(&rest, ", ", &alternative))
        if (is_complete(builder, alternative))
            return true;
    return false;
}

/* "radius: address, latitude+longitude": what one parameter needs. */
static void
check_need(struct plan_builder *builder, struct bytes rule)
{
    struct bytes name = bytes_take_until(&rule, ':');
    bool is_choice = memchr(rule.data, ',', rule.size) != NULL;
    char message[160];

    if (!is_complete(builder, name) || has_alternative(builder, rule))
        return;
    snprintf(message, sizeof message, "This needs%s:%.*s", is_choice ? " one of" : "",
             rule.size < 120 ? (int)rule.size : 120, (const char *)rule.data);
    plan_builder_add_problem(builder, "value_error", false, name, message, (struct bytes){0});
}

static void
check_together(struct plan_builder *builder)
{
    const struct route_config *route = builder->route;
    struct bytes rules = bytes_of_text(route->require_with),
                 one_of = bytes_of_text(route->require_one_of);
    char message[160];
    struct bytes name;

    if (route->require_one_of[0] != '\0' && !has_alternative(builder, one_of)) {
        name = bytes_of(route->require_one_of, strcspn(route->require_one_of, ",+ "));
        snprintf(message, sizeof message, "One of these is required: %.120s",
                 route->require_one_of);
        plan_builder_add_problem(builder, "missing", false, name, message, (struct bytes){0});
    }
    while (rules.size > 0) {
        while (rules.size > 0 && rules.data[0] == ' ')
            rules = bytes_skip(rules, 1);
        check_need(builder, bytes_take_until(&rules, ';'));
    }
}

static void
refuse_part(struct plan_builder *builder, int64_t part)
{
    const struct parameter_config *parameters = builder->route->parameters;
    char message[160];

    snprintf(message, sizeof message, "This needs: %s",
             parameters[builder->route->join.target].name);
    plan_builder_add_problem(builder, "value_error", false, bytes_of_text(parameters[part].name),
                             message, (struct bytes){0});
}

/* The parts go into the target's value, behind each other, and are no values of their own any more. Whether the
 * target names them already is not guessed. True: there were some. */
static bool
append_parts(struct plan_builder *builder, const struct route_join *join)
{
    bool has_parts = false;

    text_add_bytes(&builder->text, builder->values[join->target].wire);
    for (int64_t i = 0; i < join->part_count; i++) {
        int64_t part = join->parts[i];

        if (!builder->is_present[part])
            continue;
        text_add(&builder->text, ", ");
        text_add_bytes(&builder->text, builder->values[part].wire);
        builder->is_present[part] = false;
        has_parts = true;
    }
    return has_parts;
}

static void
join_parts(struct plan_builder *builder)
{
    const struct route_join *join = &builder->route->join;
    size_t start = builder->text.size;

    for (int64_t i = 0; i < join->part_count; i++)
        if (builder->is_present[join->parts[i]] && !builder->is_present[join->target])
            refuse_part(builder, join->parts[i]);
    if (join->part_count == 0 || builder->plan->problem_count > 0)
        return;
    if (builder->is_present[join->target] && append_parts(builder, join))
        plan_builder_take_value(builder, join->target, text_since(&builder->text, start));
}

void
plan_builder_complete(struct plan_builder *builder)
{
    fill_in(builder);
    check_together(builder);
    join_parts(builder);
}
