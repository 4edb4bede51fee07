/* openapi_bulk.c - the body and the answer of a route that asks many questions of another one at once. Pure. */
#include "openapi/openapi_private.h"

/* An item has the members that the single request has as parameters. */
static json_t *
item_as_schema(const struct route_config *source)
{
    json_t *properties = json_object();
    json_t *required = json_array();

    for (int64_t i = 0; i < source->parameter_count; i++) {
        const struct parameter_config *parameter = &source->parameters[i];

        json_object_set_new(properties, parameter->name, openapi_parameter_schema(parameter));
        if (parameter->required)
            json_array_append_new(required, json_string(parameter->name));
    }
    json_object_set_new(properties, "force_refresh", json_pack("{s:s}", "type", "boolean"));
    json_object_set_new(properties, "ttl_override",
                        json_pack("{s:s, s:i}", "type", "integer", "minimum", 1));
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
                     required);
}

json_t *
openapi_bulk_body(const struct config *config, const struct route_config *source)
{
    json_t *items =
        json_pack("{s:s, s:i, s:I, s:o}", "type", "array", "minItems", 1, "maxItems",
                  (json_int_t)config->gateway.bulk_max_items, "items", item_as_schema(source));

    return json_pack("{s:b, s:{s:{s:{s:[{s:s, s:{s:O}, s:[s]}, o]}}}}", "required", 1, "content",
                     "application/json", "schema", "anyOf", "type", "object", "properties",
                     "requests", items, "required", "requests", items);
}

json_t *
openapi_bulk_schema(const json_t *schema)
{
    json_t *data = schema != NULL ? json_deep_copy(schema) : json_true();

    json_t *results =
        json_pack("{s:s, s:{s:{s:o}}}", "type", "array", "items", "properties", "data", data);

    return json_pack("{s:[o, {s:{s:o}}]}", "allOf", openapi_reference("schemas", "BulkAnswer"),
                     "properties", "results", results);
}
