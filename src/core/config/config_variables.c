/* config_variables.c - walks what libcyaml loaded along its schema, and replaces texts in place. */
#include "config/config_variables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config_expand.h"
#include "config/config_origin.h"

/* The walk; path is that of the value at hand. */
struct walk {
    struct yaml_document *document;
    const struct variables *const *layers;
    size_t layer_count;
    struct config_report *report;
    char path[CONFIG_PATH_SIZE];
    char *expanded; /* owned; CONFIG_EXPANDED_SIZE */
};

static bool
keeps_secrets(const struct option_row *row)
{
    return row->type == OPTION_SECRET || strcmp(row->env, "DATABASE_URL") == 0;
}

static bool
is_secret_variable(const char *name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].type == OPTION_SECRET && strcasecmp(option_rows[i].env, name) == 0)
            return true;
    }
    return false;
}

/* Whether the value at hand is one that nothing prints. */
static bool
is_secret_place(const struct walk *walk)
{
    char path[CONFIG_SHOWN_SIZE];

    for (size_t i = 0; i < option_row_count; i++) {
        config_option_path(&option_rows[i], path, sizeof path);
        if (strcmp(path, walk->path) == 0)
            return keeps_secrets(&option_rows[i]);
    }
    return false;
}

static bool
look_up(void *context, const char *name, const char **value, char *why)
{
    const struct walk *walk = context;

    if (is_secret_variable(name) && !is_secret_place(walk)) {
        snprintf(why, CONFIG_WHY_SIZE,
                 "the variable %.60s is a secret, expected only in the value of a secret", name);
        return false;
    }
    for (size_t i = walk->layer_count; i > 0 && *value == NULL; i--) {
        const struct variable *variable =
            walk->layers[i - 1] != NULL ? variables_find_exact(walk->layers[i - 1], name) : NULL;

        if (variable != NULL)
            *value = variable_value(variable);
    }
    return true;
}

/* libcyaml frees with free(), as config_allocate's memory wants it. */
static void
replace_text(struct walk *walk, char **text)
{
    char why[CONFIG_WHY_SIZE];
    size_t size;

    if (*text == NULL || !config_expand_is_needed(*text))
        return;
    if (config_expand(*text, look_up, walk, walk->expanded, why)) {
        free(*text);
        size = strlen(walk->expanded) + 1;
        *text = config_allocate(size, 1);
        memcpy(*text, walk->expanded, size);
    } else {
        struct config_place place = config_yaml_place(walk->document, walk->path);

        config_report_add(walk->report, &place, walk->path, "%s", why);
    }
    explicit_bzero(walk->expanded, CONFIG_EXPANDED_SIZE);
}

/* at: where the pointer to it stands. */
static void
visit_text(struct walk *walk, char *at)
{
    char *text;

    memcpy(&text, at, sizeof text);
    replace_text(walk, &text);
    memcpy(at, &text, sizeof text);
}

static void visit_mapping(struct walk *walk, const cyaml_schema_value_t *schema, char *data);

static void
visit_sequence(struct walk *walk, const cyaml_schema_field_t *field, char *entries, uint32_t count)
{
    const cyaml_schema_value_t *entry = field->value.sequence.entry;
    size_t path_size = strlen(walk->path);

    for (uint32_t i = 0; i < count; i++) {
        snprintf(walk->path + path_size, sizeof walk->path - path_size, "[%u]", i);
        if (entry->type == CYAML_STRING)
            visit_text(walk, entries + (size_t)i * sizeof(char *));
        else
            visit_mapping(walk, entry, entries + (size_t)i * entry->data_size);
        walk->path[path_size] = '\0';
    }
}

/* Every member is a pointer: to a text, a section or the entries of a sequence. */
static void
visit_field(struct walk *walk, const cyaml_schema_field_t *field, char *data)
{
    char *member;
    uint32_t count;

    memcpy(&member, data + field->data_offset, sizeof member);
    if (member == NULL)
        return;
    switch (field->value.type) {
    case CYAML_STRING:
        visit_text(walk, data + field->data_offset);
        break;
    case CYAML_MAPPING:
        visit_mapping(walk, &field->value, member);
        break;
    case CYAML_SEQUENCE:
        memcpy(&count, data + field->count_offset, sizeof count);
        visit_sequence(walk, field, member, count);
        break;
    default: /* the schema has no other */
        break;
    }
}

static void
visit_mapping(struct walk *walk, const cyaml_schema_value_t *schema, char *data)
{
    size_t path_size = strlen(walk->path);

    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++) {
        snprintf(walk->path + path_size, sizeof walk->path - path_size, "%s%s",
                 path_size > 0 ? "." : "", field->key);
        visit_field(walk, field, data);
        walk->path[path_size] = '\0';
    }
}

bool
config_variables_replace(struct yaml_document *document, const struct variables *const *layers,
                         size_t count, struct config_report *report)
{
    struct walk walk = {
        .document = document,
        .layers = layers,
        .layer_count = count,
        .report = report,
    };
    int64_t errors = report->count;

    if (document->raw == NULL)
        return true;
    walk.expanded = config_allocate(CONFIG_EXPANDED_SIZE, 1);
    visit_mapping(&walk, &config_schema, (char *)document->raw);
    free(walk.expanded);
    return report->count == errors;
}
