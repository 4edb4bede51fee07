/* config_read.c - one pass over the tree: keys, kinds, variables and values, each checked where it stands. */
#include "config/config_read.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "settings/config_expand.h"
#include "settings/config_file.h"
#include "settings/config_names.h"
#include "settings/config_suggest.h"
#include "settings/config_value.h"

/* What a variable may be looked up for. */
struct lookup {
    const struct config_reader *reader;
    bool may_be_secret; /* the value is one that nothing prints */
    char file_text[CONFIG_TEXT_SIZE + 2];
};

void
config_read_error(const struct config_reader *reader, const struct config_node *node,
                  const char *format, ...)
{
    struct config_place place = {.file = reader->name, .line = node->line};
    char message[1024];
    char path[CONFIG_PATH_SIZE];
    va_list arguments;

    config_node_path(node, path);
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    config_report_add(reader->report, &place, path, "%s", message);
}

static bool
ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);

    return size >= end_size && strcasecmp(name + size - end_size, end) == 0;
}

/* Those of options, and what is called like a secret: a value that is printed must not have it. */
static bool
is_secret_variable(const char *name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].type == CONFIG_SECRET && strcasecmp(option_rows[i].env, name) == 0)
            return true;
    }
    return ends_with(name, "_KEY") || ends_with(name, "_TOKEN") || ends_with(name, "_SECRET");
}

/* The value of the last layer that has it; NULL: none has. Names of settings are matched in any case. */
static const char *
find_value(const struct config_reader *reader, const char *name)
{
    bool is_setting = config_name_is_built_in(name);

    for (size_t i = reader->layer_count; i > 0; i--) {
        const struct variables *layer = reader->layers[i - 1];
        const struct variable *variable = layer == NULL ? NULL
                                          : is_setting  ? variables_find(layer, name)
                                                        : variables_find_exact(layer, name);

        if (variable != NULL)
            return variable_value(variable);
    }
    return NULL;
}

/* A secret may stand in the file that NAME_FILE names; of the two an empty one is as if it were not set. */
static bool
look_up_file(struct lookup *lookup, const char *name, const char **value, char *why)
{
    char file_name[CONFIG_SHOWN_SIZE * 2], shown[CONFIG_SHOWN_SIZE], wrong[CONFIG_WHY_SIZE];
    const char *path;

    snprintf(file_name, sizeof file_name, "%s_FILE", name);
    path = find_value(lookup->reader, file_name);
    if (path == NULL || path[0] == '\0')
        return true;
    if (*value != NULL && (*value)[0] != '\0') {
        snprintf(why, CONFIG_WHY_SIZE, "the variables %.60s and %.60s are both set, expected one",
                 name, file_name);
        return false;
    }
    if (!config_file_read_text(path, lookup->file_text, sizeof lookup->file_text, wrong)) {
        snprintf(why, CONFIG_WHY_SIZE, "%.60s: %s %.60s", file_name, config_show(path, shown),
                 wrong);
        return false;
    }
    if (lookup->file_text[0] == '\0') {
        snprintf(why, CONFIG_WHY_SIZE, "%.60s: the file is empty", file_name);
        return false;
    }
    *value = lookup->file_text;
    return true;
}

static bool
look_up(void *context, const char *name, const char **value, char *why)
{
    struct lookup *lookup = context;

    *value = find_value(lookup->reader, name);
    if (is_secret_variable(name) && !lookup->may_be_secret) {
        snprintf(why, CONFIG_WHY_SIZE,
                 "the variable %.60s is a secret, expected only in the value of a secret", name);
        return false;
    }
    return !lookup->may_be_secret || look_up_file(lookup, name, value, why);
}

static bool
expand_text(const struct config_reader *reader, struct config_node *node, bool may_be_secret)
{
    struct lookup lookup = {.reader = reader, .may_be_secret = may_be_secret};
    char why[CONFIG_WHY_SIZE];
    bool is_right;

    if (!config_expand_is_needed(node->text))
        return true;
    is_right = config_expand(node->text, look_up, &lookup, reader->expanded, why);
    if (is_right) {
        free(node->text);
        node->size = strlen(reader->expanded);
        node->text = config_allocate(node->size + 1, 1);
        memcpy(node->text, reader->expanded, node->size);
    } else {
        config_read_error(reader, node, "%s", why);
    }
    explicit_bzero(reader->expanded, CONFIG_EXPANDED_SIZE);
    explicit_bzero(lookup.file_text, sizeof lookup.file_text);
    return is_right;
}

/* Reports a node of another kind. */
static bool
is_of_kind(const struct config_reader *reader, const struct config_node *node,
           enum config_node_kind kind)
{
    static const char *const kinds[] = {"a text", "a mapping", "a sequence"};

    if (node->kind == kind)
        return true;
    if (node->kind == NODE_ALIAS)
        config_read_error(reader, node, "is an alias: anchors and aliases are not supported");
    else
        config_read_error(reader, node, "is %s, expected %s", kinds[node->kind], kinds[kind]);
    return false;
}

static bool
read_text(const struct config_reader *reader, struct config_node *node, bool may_be_secret)
{
    if (!is_of_kind(reader, node, NODE_TEXT))
        return false;
    if (strlen(node->text) == node->size)
        return expand_text(reader, node, may_be_secret);
    config_read_error(reader, node, "contains a NUL byte");
    return false;
}

bool
config_read_is(const struct config_reader *reader, struct config_node *node,
               enum config_node_kind kind)
{
    return kind == NODE_TEXT ? read_text(reader, node, false) : is_of_kind(reader, node, kind);
}

bool
config_read_is_empty(const struct config_node *node)
{
    return node->kind == NODE_TEXT && node->size == 0;
}

static void
report_unknown(const struct config_reader *reader, const struct config_table *table,
               const struct config_node *node)
{
    struct suggestion suggestion = {.word = node->key};
    char known[600] = "";
    size_t size = 0;

    for (size_t i = 0; i < table->count; i++)
        suggestion_offer(&suggestion, table->rows[i].name);
    for (size_t i = 0; i < table->count; i++) {
        int added = snprintf(known + size, sizeof known - size, "%s%s", size > 0 ? ", " : "",
                             table->rows[i].name);

        if (added < 0 || size + (size_t)added >= sizeof known)
            break;
        size += (size_t)added;
    }
    if (suggestion_best(&suggestion) != NULL)
        config_read_error(reader, node, "unknown key, did you mean %s? Expected one of %s",
                          suggestion.best, known);
    else
        config_read_error(reader, node, "unknown key, expected one of %s", known);
}

static const struct config_row *
find_row(const struct config_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    }
    return NULL;
}

const struct config_row *
config_read_row(const struct config_reader *reader, const struct config_table *table,
                struct config_node *node)
{
    const struct config_row *row = find_row(table, node->key);
    const struct config_node *first;
    bool is_right;

    if (row == NULL) {
        report_unknown(reader, table, node);
        return NULL;
    }
    first = config_node_find(node->parent, node->key);
    if (first != node) {
        config_read_error(reader, node, "is defined twice, first in line %lld",
                          (long long)first->line);
        return NULL;
    }
    if (row->type == CONFIG_MAPPING || row->type == CONFIG_SEQUENCE)
        is_right =
            !config_read_is_empty(node) &&
            is_of_kind(reader, node, row->type == CONFIG_MAPPING ? NODE_MAPPING : NODE_SEQUENCE);
    else
        is_right = read_text(reader, node, config_row_keeps_secrets(row));
    return is_right ? row : NULL;
}

void
config_read_mapping(const struct config_reader *reader, const struct config_table *table,
                    const struct config_node *mapping, void *target, struct config_place *places)
{
    char why[CONFIG_WHY_SIZE];

    for (struct config_node *node = mapping->first;
         node != NULL && !config_report_is_full(reader->report); node = node->next) {
        const struct config_row *row = config_read_row(reader, table, node);

        if (row == NULL)
            continue;
        if (!config_value_read(row, node->text, target, why))
            config_read_error(reader, node, "%s", why);
        else if (places != NULL)
            places[row - table->rows] =
                (struct config_place){.file = reader->name, .line = node->line};
    }
}

int64_t
config_read_count(const struct config_reader *reader, const struct config_node *sequence,
                  int64_t most)
{
    struct config_node excess = *sequence;
    const struct config_node *entry = sequence->first;

    while (entry != NULL && entry->index < most)
        entry = entry->next;
    if (entry == NULL)
        return sequence->last != NULL ? sequence->last->index + 1 : 0;
    excess.line = entry->line;
    config_read_error(reader, &excess, "has too many entries");
    return most;
}

const char *
field_text(const struct field_reader *fields, const char *key)
{
    const struct config_node *node = config_node_find(fields->node, key);

    return node != NULL ? node->text : NULL;
}

void
field_error(const struct field_reader *fields, const char *key, const char *format, ...)
{
    const struct config_node *found = config_node_find(fields->node, key);
    struct config_place place = {
        .file = fields->reader->name,
        .line = found != NULL ? found->line : fields->node->line,
    };
    char path[CONFIG_PATH_SIZE + 32];
    char message[CONFIG_WHY_SIZE + 64];
    va_list arguments;

    config_node_path(fields->node, path);
    snprintf(path + strlen(path), sizeof path - strlen(path), ".%s", key);
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    config_report_add(fields->reader->report, &place, path, "%s", message);
}
