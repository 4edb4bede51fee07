/* config_schema.c - libcyaml's schema, made from the tables. */
#include "config/config_schema.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

#define TEXT_FLAGS (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)
#define NULL_FLAGS (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL)

#define OPTION_FIELD(section, type, member, def, least, most, env, help)                           \
    CYAML_FIELD_STRING_PTR(#member, TEXT_FLAGS, struct raw_##section, member, 0, CYAML_UNLIMITED),

static const cyaml_schema_field_t server_fields[] = {SERVER_OPTIONS(OPTION_FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t gateway_fields[] = {GATEWAY_OPTIONS(OPTION_FIELD)
                                                          CYAML_FIELD_END};
static const cyaml_schema_field_t limits_fields[] = {LIMITS_OPTIONS(OPTION_FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t cache_fields[] = {CACHE_OPTIONS(OPTION_FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t upstream_fields[] = {UPSTREAM_OPTIONS(OPTION_FIELD)
                                                           CYAML_FIELD_END};
static const cyaml_schema_field_t analytics_fields[] = {ANALYTICS_OPTIONS(OPTION_FIELD)
                                                            CYAML_FIELD_END};
static const cyaml_schema_field_t spool_fields[] = {SPOOL_OPTIONS(OPTION_FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t actors_fields[] = {ACTORS_OPTIONS(OPTION_FIELD) CYAML_FIELD_END};

#define PARAMETER_FIELD(member, key, help)                                                         \
    CYAML_FIELD_STRING_PTR(key, TEXT_FLAGS, struct raw_parameter, member, 0, CYAML_UNLIMITED),
#define ROUTE_FIELD(member, key, help)                                                             \
    CYAML_FIELD_STRING_PTR(key, TEXT_FLAGS, struct raw_route, member, 0, CYAML_UNLIMITED),

static const cyaml_schema_field_t parameter_fields[] = {PARAMETER_FIELDS(PARAMETER_FIELD)
                                                            CYAML_FIELD_END};
static const cyaml_schema_value_t parameter_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_parameter, parameter_fields)};

static const cyaml_schema_field_t route_fields[] = {
    ROUTE_FIELDS(ROUTE_FIELD)
        CYAML_FIELD_SEQUENCE("parameters", NULL_FLAGS, struct raw_route, parameters,
                             &parameter_schema, 0, ROUTE_PARAMETERS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t route_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_route, route_fields)};

static const cyaml_schema_value_t target_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

#define SECTION_FIELD(section)                                                                     \
    CYAML_FIELD_MAPPING_PTR(#section, NULL_FLAGS, struct raw_config, section, section##_fields)

static const cyaml_schema_field_t config_fields[] = {
    SECTION_FIELD(server),
    SECTION_FIELD(gateway),
    SECTION_FIELD(limits),
    SECTION_FIELD(cache),
    SECTION_FIELD(upstream),
    SECTION_FIELD(analytics),
    SECTION_FIELD(spool),
    SECTION_FIELD(actors),
    CYAML_FIELD_SEQUENCE("routes", NULL_FLAGS, struct raw_config, routes, &route_schema, 0,
                         ROUTES_MOST),
    CYAML_FIELD_SEQUENCE("warming", NULL_FLAGS, struct raw_config, warming, &target_schema, 0,
                         WARMING_MOST),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, config_fields)};

static const cyaml_schema_field_t *
find_field(const cyaml_schema_field_t *fields, const char *key)
{
    while (fields->key != NULL && strcmp(fields->key, key) != 0)
        fields++;
    assert(fields->key != NULL);
    return fields;
}

/* Every member on the way is a pointer: to a section's struct, then to a text. */
static void *
config_schema_follow(const void *from, const cyaml_schema_field_t *field)
{
    void *pointer;

    memcpy(&pointer, (const char *)from + field->data_offset, sizeof pointer);
    return pointer;
}

const char *
config_schema_option(const struct raw_config *raw, const struct option_row *row)
{
    const cyaml_schema_field_t *section = find_field(config_fields, row->section);
    const void *members = raw != NULL ? config_schema_follow(raw, section) : NULL;

    if (members == NULL)
        return NULL;
    return config_schema_follow(members, find_field(section->value.mapping.fields, row->name));
}

#define FIELD_ROW(member, key, help) {key, help},

const struct field_row route_field_rows[] = {ROUTE_FIELDS(FIELD_ROW)};
const size_t route_field_row_count = COUNT(route_field_rows);
const struct field_row parameter_field_rows[] = {PARAMETER_FIELDS(FIELD_ROW)};
const size_t parameter_field_row_count = COUNT(parameter_field_rows);
