/* config_yaml.c - composes the tree from libyaml's events, with bounds on size, depth and number. */
#include "settings/config_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/bytes.h"

/* libyaml's work grows with the square of the depth. */
enum { DEPTH_MOST = 64, NODES_MOST = 1 << 19 };

/* An event is current from one composer_next to the following. */
struct composer {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    bool has_failed; /* reported; nothing can be read after it */
    int depth;
    int64_t node_count;
    const char *name;
    struct bytes yaml;
    struct config_report *report;
};

static void
composer_report(struct composer *composer, const struct config_node *node, const char *why)
{
    struct config_place place = {
        .file = composer->name,
        .line = (int64_t)composer->event.start_mark.line + 1,
    };
    char path[CONFIG_PATH_SIZE] = "";

    if (node != NULL)
        config_node_path(node, path);
    config_report_add(composer->report, &place, path, "%s", why);
}

/* Whether a line, counted from 0, is indented with a tab: what the library says of that does not name it. */
static bool
has_tab(struct bytes yaml, size_t line)
{
    struct bytes text = bytes_of(NULL, 0);

    for (size_t i = 0; i <= line; i++)
        text = bytes_take_until(&yaml, '\n');
    for (size_t i = 0; i < text.size && (text.data[i] == ' ' || text.data[i] == '\t'); i++)
        if (text.data[i] == '\t')
            return true;
    return false;
}

static void
composer_report_syntax(const struct composer *composer)
{
    const yaml_parser_t *parser = &composer->parser;
    struct config_place place = {.file = composer->name};
    const char *context = parser->context != NULL ? parser->context : "";

    /* An unreadable byte has an offset only. */
    if (parser->error != YAML_READER_ERROR)
        place.line = (int64_t)parser->problem_mark.line + 1;
    if (place.line > 0 && has_tab(composer->yaml, parser->problem_mark.line))
        config_report_add(composer->report, &place, "",
                          "not YAML: the line is indented with a tab, expected spaces");
    else
        config_report_add(composer->report, &place, "", "not YAML: %s%s%s",
                          parser->problem != NULL ? parser->problem : "no memory",
                          context[0] != '\0' ? ", " : "", context);
}

/* False after an error, which is reported. */
static bool
composer_next(struct composer *composer)
{
    if (composer->has_failed)
        return false;
    if (composer->has_event)
        yaml_event_delete(&composer->event);
    composer->has_event = yaml_parser_parse(&composer->parser, &composer->event) != 0;
    if (!composer->has_event) {
        composer->has_failed = true;
        composer_report_syntax(composer);
    }
    return composer->has_event;
}

static char *
copy_bytes(const void *bytes, size_t size)
{
    char *copy = config_allocate(size + 1, 1);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* A node for the value whose first event is current. */
static struct config_node *
node_create(struct composer *composer, struct config_node *parent)
{
    struct config_node *node = config_allocate(1, sizeof *node);

    node->parent = parent;
    node->line = (int64_t)composer->event.start_mark.line + 1;
    if (++composer->node_count > NODES_MOST && !composer->has_failed) {
        composer_report(composer, NULL, "contains too many values");
        composer->has_failed = true;
    }
    return node;
}

static void
node_append(struct config_node *parent, struct config_node *node)
{
    node->index = parent->last != NULL ? parent->last->index + 1 : 0;
    if (parent->last != NULL)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

static void compose_value(struct composer *composer, struct config_node *node);

/* Reads a key that is no text, and its value, into nothing. The key's first event is current. */
static void
skip_pair(struct composer *composer, struct config_node *mapping)
{
    struct config_node *skipped = node_create(composer, mapping);

    composer_report(composer, mapping, "a key is not a string");
    compose_value(composer, skipped);
    config_node_destroy(&skipped);
    if (!composer_next(composer))
        return;
    skipped = node_create(composer, mapping);
    compose_value(composer, skipped);
    config_node_destroy(&skipped);
}

/* The key is current. */
static void
compose_pair(struct composer *composer, struct config_node *mapping)
{
    struct config_node *node;

    if (composer->event.type != YAML_SCALAR_EVENT) {
        skip_pair(composer, mapping);
        return;
    }
    node = node_create(composer, mapping);
    node->key = copy_bytes(composer->event.data.scalar.value, composer->event.data.scalar.length);
    node_append(mapping, node);
    if (composer_next(composer))
        compose_value(composer, node);
}

static void
compose_entry(struct composer *composer, struct config_node *sequence)
{
    struct config_node *node = node_create(composer, sequence);

    node_append(sequence, node);
    compose_value(composer, node);
}

/* The start of a mapping or sequence is current; afterwards its end is. */
static void
compose_children(struct composer *composer, struct config_node *node)
{
    const struct config_node *named = node;

    if (++composer->depth > DEPTH_MOST) {
        while (named->parent != NULL && named->parent->parent != NULL &&
               named->parent->parent->parent != NULL)
            named = named->parent; /* a long row of [0] says nothing */
        composer_report(composer, named, "is nested too deeply");
        composer->has_failed = true;
    }
    while (composer_next(composer) && composer->event.type != YAML_MAPPING_END_EVENT &&
           composer->event.type != YAML_SEQUENCE_END_EVENT) {
        if (node->kind == NODE_MAPPING)
            compose_pair(composer, node);
        else
            compose_entry(composer, node);
    }
    composer->depth--;
}

/* The value's first event is current; afterwards its last one is. */
static void
compose_value(struct composer *composer, struct config_node *node)
{
    switch (composer->event.type) {
    case YAML_SCALAR_EVENT:
        node->kind = NODE_TEXT;
        node->size = composer->event.data.scalar.length;
        node->text = copy_bytes(composer->event.data.scalar.value, node->size);
        break;
    case YAML_MAPPING_START_EVENT:
        node->kind = NODE_MAPPING;
        compose_children(composer, node);
        break;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = NODE_SEQUENCE;
        compose_children(composer, node);
        break;
    default:
        node->kind = NODE_ALIAS;
        break;
    }
}

/* NULL: the text holds nothing. */
static struct config_node *
compose_document(struct composer *composer)
{
    struct config_node *root = NULL;

    if (!composer_next(composer) || !composer_next(composer) || /* stream, document */
        composer->event.type == YAML_STREAM_END_EVENT || !composer_next(composer))
        return NULL;
    root = node_create(composer, NULL);
    compose_value(composer, root);
    if (composer_next(composer) && composer_next(composer) &&
        composer->event.type != YAML_STREAM_END_EVENT)
        composer_report(composer, NULL, "contains a second document, expected one");
    if (composer->has_failed || (root->kind == NODE_TEXT && root->size == 0))
        config_node_destroy(&root);
    return root;
}

struct config_node *
config_yaml_read(const char *name, const char *yaml, size_t yaml_size, struct config_report *report)
{
    struct composer composer = {.name = name, .yaml = bytes_of(yaml, yaml_size), .report = report};
    struct config_place place = {.file = name};
    struct config_node *root;

    if (yaml_size > YAML_MOST_BYTES) {
        config_report_add(report, &place, "", "%zu bytes are too many, at most %d are read",
                          yaml_size, YAML_MOST_BYTES);
        return NULL;
    }
    if (!yaml_parser_initialize(&composer.parser)) {
        composer_report_syntax(&composer);
        return NULL;
    }
    yaml_parser_set_input_string(&composer.parser, (const unsigned char *)yaml, yaml_size);
    root = compose_document(&composer);
    if (composer.has_event)
        yaml_event_delete(&composer.event);
    yaml_parser_delete(&composer.parser);
    return root;
}

/* A text may hold a secret. */
void
config_node_destroy(struct config_node **node)
{
    struct config_node *child = *node != NULL ? (*node)->first : NULL;

    if (*node == NULL)
        return;
    while (child != NULL) {
        struct config_node *next = child->next;

        config_node_destroy(&child);
        child = next;
    }
    if ((*node)->text != NULL)
        explicit_bzero((*node)->text, (*node)->size);
    free((*node)->text);
    free((*node)->key);
    free(*node);
    *node = NULL;
}

struct config_node *
config_node_find(const struct config_node *mapping, const char *key)
{
    for (struct config_node *node = mapping->first; node != NULL; node = node->next) {
        if (node->key != NULL && strcmp(node->key, key) == 0)
            return node;
    }
    return NULL;
}

void
config_node_path(const struct config_node *node, char path[CONFIG_PATH_SIZE])
{
    char shown[CONFIG_SHOWN_SIZE];
    size_t used;

    path[0] = '\0';
    if (node->parent == NULL)
        return;
    config_node_path(node->parent, path);
    used = strlen(path);
    if (node->key != NULL)
        snprintf(path + used, CONFIG_PATH_SIZE - used, "%s%s", used > 0 ? "." : "",
                 config_show(node->key, shown));
    else
        snprintf(path + used, CONFIG_PATH_SIZE - used, "[%lld]", (long long)node->index);
}
