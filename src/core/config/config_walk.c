/* config_walk.c - walks libyaml's events along libcyaml's schema. */
#include "config/config_walk.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/bytes.h"

enum { DEPTH_MOST = 64 }; /* of what is skipped */

/* The walk. An event is current from one next() to the following; it belongs to the reader. */
struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    bool has_failed; /* a syntax error: nothing can be read after it */
    const char *name;
    char path[CONFIG_PATH_SIZE];
    struct config_lines *lines;
    struct config_report *report;
};

static struct config_place
place_here(const struct reader *reader)
{
    return (struct config_place){
        .file = reader->name,
        .line = (int64_t)reader->event.start_mark.line + 1,
    };
}

static void
report_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct config_place place = {.file = reader->name};
    const char *context = parser->context != NULL ? parser->context : "";

    /* An unreadable byte has an offset only. */
    if (parser->error != YAML_READER_ERROR)
        place.line = (int64_t)parser->problem_mark.line + 1;
    config_report_add(reader->report, &place, "", "not YAML: %s%s%s",
                      parser->problem != NULL ? parser->problem : "no memory",
                      context[0] != '\0' ? ", " : "", context);
}

/* False after a syntax error, which is reported. */
static bool
config_walk_next(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = !reader->has_failed && yaml_parser_parse(&reader->parser, &reader->event);
    if (!reader->has_event && !reader->has_failed) {
        reader->has_failed = true;
        reader->lines->is_loadable = false;
        report_syntax(reader);
    }
    return reader->has_event;
}

static void
config_walk_remember(struct reader *reader)
{
    config_lines_add(reader->lines, reader->path, place_here(reader).line);
}

/* Reports something that libcyaml would refuse to load. */
static void
config_walk_refuse(struct reader *reader, const char *reason)
{
    struct config_place place = place_here(reader);

    config_report_add(reader->report, &place, reader->path, "%s", reason);
    reader->lines->is_loadable = false;
}

/* Skips the value that is current, whatever it holds. libyaml's work grows with the square of the
 * depth. */
static void
skip_value(struct reader *reader)
{
    int depth = 0;

    do {
        yaml_event_type_t type = reader->event.type;

        if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
            depth++;
        else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
            depth--;
        if (depth > DEPTH_MOST) {
            config_walk_refuse(reader, "is nested too deeply");
            reader->has_failed = true;
        }
    } while (depth > 0 && config_walk_next(reader));
}

static const cyaml_schema_field_t *
find_field(const cyaml_schema_value_t *schema, const char *key)
{
    const cyaml_schema_field_t *field = schema->mapping.fields;

    while (field->key != NULL && strcmp(field->key, key) != 0)
        field++;
    return field->key != NULL ? field : NULL;
}

static void
report_unknown_key(struct reader *reader, const cyaml_schema_value_t *schema)
{
    struct config_place place = place_here(reader);
    char known[600] = "";
    size_t size = 0;

    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++) {
        int added =
            snprintf(known + size, sizeof known - size, "%s%s", size > 0 ? ", " : "", field->key);

        if (added < 0 || size + (size_t)added >= sizeof known)
            break;
        size += (size_t)added;
    }
    config_report_add(reader->report, &place, reader->path, "unknown key, expected one of %s",
                      known);
    reader->lines->has_unknown_key = true;
}

static bool read_value(struct reader *reader, const cyaml_schema_value_t *schema);

static void
report_double(struct reader *reader)
{
    struct config_place place = place_here(reader);

    config_report_add(reader->report, &place, reader->path, "stands twice, first in line %lld",
                      (long long)config_lines_find(reader->lines, reader->path));
    reader->lines->is_loadable = false;
}

/* Appends to the path; what does not fit is cut, which only errors show. */
static void
extend_path(struct reader *reader, size_t size, const char *separator, const char *name)
{
    char shown[CONFIG_SHOWN_SIZE];

    snprintf(reader->path + size, sizeof reader->path - size, "%s%s", size > 0 ? separator : "",
             config_show(name, shown));
}

/* The key is current; reads it and its value. The mapping's own entries begin at first_entry. */
static bool
read_pair(struct reader *reader, const cyaml_schema_value_t *schema, size_t path_size,
          size_t first_entry)
{
    const cyaml_schema_field_t *field;

    if (reader->event.type != YAML_SCALAR_EVENT) {
        config_walk_refuse(reader, "a key is not a text");
        skip_value(reader);
        if (config_walk_next(reader))
            skip_value(reader);
        return !reader->has_failed;
    }
    extend_path(reader, path_size, ".", (const char *)reader->event.data.scalar.value);
    field = find_field(schema, (const char *)reader->event.data.scalar.value);
    if (field == NULL)
        report_unknown_key(reader, schema);
    else if (config_lines_has(reader->lines, reader->path, first_entry))
        report_double(reader);
    else
        config_walk_remember(reader);
    if (!config_walk_next(reader))
        return false;
    if (field != NULL)
        return read_value(reader, &field->value);
    skip_value(reader);
    return !reader->has_failed;
}

static bool
read_mapping(struct reader *reader, const cyaml_schema_value_t *schema)
{
    size_t path_size = strlen(reader->path);
    size_t first_entry = reader->lines->count;

    while (config_walk_next(reader) && reader->event.type != YAML_MAPPING_END_EVENT) {
        if (!read_pair(reader, schema, path_size, first_entry))
            return false;
        reader->path[path_size] = '\0';
    }
    return !reader->has_failed;
}

static bool
read_sequence(struct reader *reader, const cyaml_schema_value_t *schema)
{
    size_t path_size = strlen(reader->path);
    uint32_t index = 0;

    for (; config_walk_next(reader) && reader->event.type != YAML_SEQUENCE_END_EVENT; index++) {
        if (index == schema->sequence.max)
            config_walk_refuse(reader, "has too many entries");
        if (index >= schema->sequence.max) {
            skip_value(reader);
            continue;
        }
        snprintf(reader->path + path_size, sizeof reader->path - path_size, "[%u]", index);
        config_walk_remember(reader);
        if (!read_value(reader, schema->sequence.entry))
            return false;
        reader->path[path_size] = '\0';
    }
    return !reader->has_failed;
}

static bool
read_scalar(struct reader *reader, const cyaml_schema_value_t *schema)
{
    const char *value = (const char *)reader->event.data.scalar.value;
    size_t size = reader->event.data.scalar.length;

    if (schema->type != CYAML_STRING) {
        if (size == 0 && (schema->flags & CYAML_FLAG_POINTER_NULL) == CYAML_FLAG_POINTER_NULL)
            return true;
        config_walk_refuse(reader, schema->type == CYAML_MAPPING
                                       ? "is a text, expected a mapping"
                                       : "is a text, expected a sequence");
    } else if (strlen(value) != size) {
        config_walk_refuse(reader, "holds a NUL");
    }
    return true;
}

/* The value's first event is current; afterwards its last one is. */
static bool
read_value(struct reader *reader, const cyaml_schema_value_t *schema)
{
    bool is_mapping = reader->event.type == YAML_MAPPING_START_EVENT;
    bool is_sequence = reader->event.type == YAML_SEQUENCE_START_EVENT;

    if (reader->event.type == YAML_SCALAR_EVENT)
        return read_scalar(reader, schema);
    if (is_mapping && schema->type == CYAML_MAPPING)
        return read_mapping(reader, schema);
    if (is_sequence && schema->type == CYAML_SEQUENCE) {
        reader->lines->has_routes |= strcmp(reader->path, "routes") == 0;
        reader->lines->has_warming |= strcmp(reader->path, "warming") == 0;
        return read_sequence(reader, schema);
    }
    if (is_mapping)
        config_walk_refuse(reader, schema->type == CYAML_STRING
                                       ? "is a mapping, expected a text"
                                       : "is a mapping, expected a sequence");
    else if (is_sequence)
        config_walk_refuse(reader, schema->type == CYAML_STRING
                                       ? "is a sequence, expected a text"
                                       : "is a sequence, expected a mapping");
    else
        config_walk_refuse(reader, "is an alias: anchors and aliases are not read");
    skip_value(reader);
    return !reader->has_failed;
}

static bool
is_null(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0;
}

static void
read_document(struct reader *reader, const cyaml_schema_value_t *schema)
{
    if (!config_walk_next(reader) || !config_walk_next(reader) ||
        reader->event.type == YAML_STREAM_END_EVENT || !config_walk_next(reader))
        return;
    reader->lines->is_empty = is_null(&reader->event);
    if (!reader->lines->is_empty && !read_value(reader, schema))
        return;
    if (config_walk_next(reader) && config_walk_next(reader) &&
        reader->event.type != YAML_STREAM_END_EVENT)
        config_walk_refuse(reader, "a second document begins, expected one");
}

void
config_walk(struct config_lines *lines, const char *name, const char *yaml, size_t yaml_size,
            const cyaml_schema_value_t *schema, struct config_report *report)
{
    struct reader reader = {.name = name, .lines = lines, .report = report};

    *lines = (struct config_lines){.is_empty = true, .is_loadable = true};
    if (!yaml_parser_initialize(&reader.parser)) {
        reader.has_failed = true;
        lines->is_loadable = false;
        report_syntax(&reader);
        return;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)yaml, yaml_size);
    read_document(&reader, schema);
    if (reader.has_event)
        yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
}
