/* plan_together.c - the values of a request together: defaults filled in, what is missing refused, parts joined. */
#include <stdio.h>

#include "routing/plan_making.h"

static void
fill_in(struct making *making)
{
    for (int64_t i = 0; i < making->route->parameter_count; i++) {
        const struct parameter_config *parameter = &making->route->parameters[i];

        if (making->is_present[i])
            continue;
        if (parameter->default_text[0] != '\0')
            making_take_value(making, i, bytes_of_text(parameter->default_text));
        else if (parameter->required)
            making_add_problem(making, "missing", parameter->in_path,
                               bytes_of_text(parameter->name), "Field required", (struct bytes){0});
    }
}

/* "latitude+longitude": all of them have values. */
static bool
is_complete(const struct making *making, struct bytes alternative)
{
    while (alternative.size > 0) {
        const uint8_t *plus = memchr(alternative.data, '+', alternative.size);
        size_t size = plus != NULL ? (size_t)(plus - alternative.data) : alternative.size;
        int64_t index = making_find(making->route, bytes_of(alternative.data, size), false);

        if (index < 0 || !making->is_present[index])
            return false;
        size += plus != NULL;
        alternative = bytes_of(alternative.data + size, alternative.size - size);
    }
    return true;
}

/* "address, latitude+longitude": one of them is complete. */
static bool
has_alternative(const struct making *making, const char *list)
{
    while (*list != '\0') {
        size_t size;

        list += strspn(list, ", ");
        size = strcspn(list, ", ");
        if (size > 0 && is_complete(making, bytes_of(list, size)))
            return true;
        list += size;
    }
    return false;
}

static void
check_together(struct making *making)
{
    const struct route_config *route = making->route;
    const char *colon = strchr(route->require_with, ':');
    char message[160];
    struct bytes name;

    if (route->require_one_of[0] != '\0' && !has_alternative(making, route->require_one_of)) {
        name = bytes_of(route->require_one_of, strcspn(route->require_one_of, ",+ "));
        snprintf(message, sizeof message, "One of these is required: %.120s",
                 route->require_one_of);
        making_add_problem(making, "missing", false, name, message, (struct bytes){0});
    }
    if (colon == NULL)
        return;
    name = bytes_of(route->require_with, (size_t)(colon - route->require_with));
    if (is_complete(making, name) && !has_alternative(making, colon + 1)) {
        snprintf(message, sizeof message, "This needs one of:%.120s", colon + 1);
        making_add_problem(making, "value_error", false, name, message, (struct bytes){0});
    }
}

static void
refuse_part(struct making *making, int64_t part)
{
    const struct parameter_config *parameters = making->route->parameters;
    char message[160];

    snprintf(message, sizeof message, "This needs: %s",
             parameters[making->route->join.target].name);
    making_add_problem(making, "value_error", false, bytes_of_text(parameters[part].name), message,
                       (struct bytes){0});
}

/* The parts go into the target's value, behind each other, and are no values of their own any more. Whether the
 * target names them already is not guessed. True: there were some. */
static bool
append_parts(struct making *making, const struct route_join *join)
{
    bool has_parts = false;

    text_add_bytes(&making->text, making->values[join->target].wire);
    for (int64_t i = 0; i < join->part_count; i++) {
        int64_t part = join->parts[i];

        if (!making->is_present[part])
            continue;
        text_add(&making->text, ", ");
        text_add_bytes(&making->text, making->values[part].wire);
        making->is_present[part] = false;
        has_parts = true;
    }
    return has_parts;
}

static void
join_parts(struct making *making)
{
    const struct route_join *join = &making->route->join;
    size_t start = making->text.size;

    for (int64_t i = 0; i < join->part_count; i++)
        if (making->is_present[join->parts[i]] && !making->is_present[join->target])
            refuse_part(making, join->parts[i]);
    if (join->part_count == 0 || making->plan->problem_count > 0)
        return;
    if (making->is_present[join->target] && append_parts(making, join))
        making_take_value(making, join->target,
                          bytes_of(making->text.data + start, making->text.size - start));
}

void
making_complete(struct making *making)
{
    fill_in(making);
    check_together(making);
    join_parts(making);
}
