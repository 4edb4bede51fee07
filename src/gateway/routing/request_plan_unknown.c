/* request_plan_unknown.c - parameters that the route does not name: refused with the name that was meant, forwarded, or ignored
 * and told. */
#include <ctype.h>
#include <stdio.h>

#include "routing/query_decode.h"
#include "routing/request_plan.h"
#include "routing/request_plan_builder.h"

#define NAME_BYTES         64 /* a longer name resembles none */
#define CHANGES_MOST       2  /* a name that differs in more letters is another one */
#define IGNORED_LIST_BYTES 512

static size_t
least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* From one row of the table of changes to the next: i letters of the one text, of which the last is this one. */
static void
next_row(size_t row[NAME_BYTES + 1], size_t i, int letter, struct bytes b)
{
    size_t diagonal = row[0];

    row[0] = i;
    for (size_t j = 1; j <= b.size; j++) {
        size_t above = row[j];
        size_t cost = letter != (tolower)(b.data[j - 1]);

        row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + cost);
        diagonal = above;
    }
}

/* Letters to change, add or leave out to make b of a; upper and lower case are one (Levenshtein). */
static size_t
count_changes(struct bytes a, struct bytes b)
{
    size_t row[NAME_BYTES + 1];

    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++)
        next_row(row, i, (tolower)(a.data[i - 1]), b);
    return row[b.size];
}

/* NULL: none is near. */
static const char *
find_similar(const struct route_config *route, struct bytes name)
{
    const char *similar = NULL;
    size_t least = CHANGES_MOST + 1;

    for (int64_t i = 0; i < route->parameter_count && name.size <= NAME_BYTES; i++) {
        const struct parameter_config *parameter = &route->parameters[i];
        struct bytes known = bytes_of_text(parameter->name);
        size_t changes = parameter->in_path ? least : count_changes(name, known);

        if (changes < least && changes < known.size) {
            least = changes;
            similar = parameter->name;
        }
    }
    return similar;
}

static void
refuse_unknown(struct plan_builder *builder, struct bytes name, struct bytes value)
{
    const char *similar = find_similar(builder->route, name);
    char message[160];

    snprintf(message, sizeof message, "Unknown parameter%s%.64s%s",
             similar != NULL ? "; did you mean " : "", similar != NULL ? similar : "",
             similar != NULL ? "?" : "");
    plan_builder_add_problem(builder, "extra_forbidden", false, name, message, value);
}

/* A name that the upstream gets for a parameter of ours, and one that is no name. */
static const char *
why_not_forwarded(const struct plan_builder *builder, struct bytes name, struct bytes value)
{
    const struct route_config *route = builder->route;

    if (name.size == 0)
        return "Parameter without a name";
    for (int64_t i = 0; i < route->parameter_count; i++)
        if (bytes_equal_text(name, route->parameters[i].upstream_name))
            return "This parameter has another name here";
    if ((int64_t)builder->unknown_count >= route->unknown_parameters_max)
        return "More unknown parameters than unknown_parameters_max";
    if ((int64_t)(builder->unknown_bytes + name.size + value.size) >
        route->unknown_parameters_bytes)
        return "Unknown parameters larger than unknown_parameters_bytes";
    return NULL;
}

static void
forward_unknown(struct plan_builder *builder, struct bytes name, struct bytes value)
{
    const char *why = why_not_forwarded(builder, name, value);

    if (why != NULL) {
        plan_builder_add_problem(builder, "value_error", false, name, why, value);
        return;
    }
    builder->unknown[builder->unknown_count++] = (struct unknown_parameter){name, value};
    builder->unknown_bytes += name.size + value.size;
}

/* Each name once. */
static void
note_ignored(struct plan_builder *builder, struct bytes name)
{
    for (size_t i = 0; i < builder->unknown_count; i++)
        if (bytes_equal(builder->unknown[i].name, name))
            return;
    if (name.size > 0 && builder->unknown_count < ROUTE_UNKNOWN_MAX)
        builder->unknown[builder->unknown_count++] = (struct unknown_parameter){.name = name};
}

/* Where it came from means nothing to the upstream: no answer depends on it, so nobody has to be told. */
static bool
is_meaningless(const struct route_config *route, struct bytes name)
{
    struct bytes names = bytes_of_text(route->ignore_parameters);

    while (names.size > 0)
        if (bytes_equal(bytes_take_until(&names, '|'), name))
            return true;
    return false;
}

void
plan_builder_take_unknown(struct plan_builder *builder, struct bytes name, struct bytes value)
{
    if (is_meaningless(builder->route, name))
        return;
    switch (builder->route->unknown_parameters) {
    case ROUTE_UNKNOWN_REFUSE:
        refuse_unknown(builder, name, value);
        break;
    case ROUTE_UNKNOWN_FORWARD:
        forward_unknown(builder, name, value);
        break;
    case ROUTE_UNKNOWN_IGNORE:
        note_ignored(builder, name);
        break;
    }
}

void
plan_builder_write_ignored(struct plan_builder *builder)
{
    size_t start = builder->text.size;

    if (builder->route->unknown_parameters != ROUTE_UNKNOWN_IGNORE || builder->unknown_count == 0)
        return;
    for (size_t i = 0; i < builder->unknown_count; i++) {
        struct bytes name = builder->unknown[i].name;

        if (builder->text.size - start + 3 * name.size > IGNORED_LIST_BYTES)
            continue;
        text_add(&builder->text, builder->text.size > start ? ", " : "");
        query_encode(name, "", &builder->text);
    }
    builder->plan->ignored = text_since(&builder->text, start);
}
