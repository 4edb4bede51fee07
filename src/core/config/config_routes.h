/* config_routes.h - the routes of a YAML document, converted and checked. */
#pragma once

#include "config/config_yaml.h"

/* Bound of numbers that have none of their own: whole numbers beyond it have no exact form in JSON. */
#define CONFIG_NUMBER_MOST 9007199254740992.0

/* Replaces config's routes by the document's; errors go to report. */
void config_routes_read(const struct yaml_document *document, struct config *config,
                        struct config_report *report);
/* Once every layer is read: the credential of routes that do not say one, and what must hold then. */
void config_routes_settle(struct config *config, struct config_report *report);
void config_routes_free(struct config *config);

/* Checks one converted route, and then all of them together: config_route_check.c. */
struct field_reader;
void config_route_check(const struct field_reader *reader, const struct route_config *route);
/* Letters, digits, "-", "." and "_", at least one. */
bool config_route_is_name(const char *text);
/* Fields that are lists, in config_route_lists.c; text NULL: absent. The join names parameters that are read already. */
void config_route_read_aliases(const struct field_reader *reader, const char *text,
                               struct route_config *route);
void config_route_read_join(const struct field_reader *reader, const char *text,
                            struct route_config *route);
/* Routes that live off the entries of another one, in config_route_sources.c: their own fields, then the route they name. */
bool config_route_has_source(const struct raw_route *raw);
void config_route_read_source(const struct field_reader *reader, const struct raw_route *raw,
                              struct route_config *route);
void config_routes_link(const struct yaml_document *document, struct config *config,
                        struct config_report *report);
void config_routes_check(const struct yaml_document *document, const struct config *config,
                         struct config_report *report);
