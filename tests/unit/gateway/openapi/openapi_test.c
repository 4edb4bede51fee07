/* openapi_test.c - the OpenAPI document says what the configuration and the tables say, all of it. */
/* links: gateway/openapi/openapi.c gateway/openapi/openapi_route.c core/base/text.c @core */

#include "openapi/openapi.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embedded.h"
#include "status.h"
#include "support/row.h"

#define RESPONSE_SCHEMA "/get/responses/200/content/application~1json/schema"

/* One of every type, and what routes can need. */
static const char every_type[] =
    "routes:\n"
    "  - name: things\n"
    "    path: /x/{id}/things\n"
    "    aliases: /y/{id}, /z/{id}\n"
    "    upstream_path: /v1/things/{id}\n"
    "    rate: 7/second\n"
    "    ttl_s: 0\n"
    "    require_one_of: \"text, whole+part\"\n"
    "    require_with: \"flag: text\"\n"
    "    join: \"text: city, state\"\n"
    "    parameters:\n"
    "      - {name: id, type: text, in_path: true, max_length: 9}\n"
    "      - {name: text, type: text, required: true}\n"
    "      - {name: city, type: text}\n"
    "      - {name: state, type: text}\n"
    "      - {name: whole, type: integer, least: -3, most: 44, default: \"5\"}\n"
    "      - {name: part, type: number, least: 0.5, most: 2, default: \"1.5\"}\n"
    "      - {name: open, type: integer}\n"
    "      - {name: flag, type: flag, default: \"true\"}\n"
    "      - {name: one, type: choice, values: \"A b|C\", default: C}\n"
    "      - {name: some, type: choices, values: \"x.y|z\"}\n"
    "      - {name: filter, type: filter}\n"
    "      - {name: days, type: days}\n"
    "      - {name: zip, type: digits, max_length: 5}\n";

static const struct openapi_own own[] = {
    {"GET", "/health"},
    {"GET", "/admin/api-keys"},
    {"POST", "/admin/api-keys"},
    {"GET", "/admin/api-keys/{id}"},
    {"DELETE", "/admin/api-keys/{id}"},
    {"PATCH", "/admin/new-thing"},
};

static struct config *config;
static json_t *document;

static void
use(const char *yaml, size_t size)
{
    char *text;
    json_error_t error;

    config = config_parse("test.yaml", yaml, size, NULL, stderr);
    ck_assert_ptr_nonnull(config);
    text = openapi_make(config, own, sizeof own / sizeof *own);
    ck_assert_ptr_nonnull(text);
    document = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(document != NULL, "line %d: %s", error.line, error.text);
    free(text);
}

static void
use_built_in(void)
{
    use(embedded_config_rentcache_yaml, embedded_config_rentcache_yaml_size);
}

static void
use_every_type(void)
{
    use(every_type, sizeof every_type - 1);
}

static void
forget(void)
{
    json_decref(document);
    config_destroy(&config);
}

/* The value at "#/a/b"; ~1 stands for a slash. NULL: there is none. */
static const json_t *
at(const char *pointer)
{
    const json_t *value = document;
    char step[256];

    for (pointer += 1; value != NULL && *pointer == '/';) {
        size_t size = 0;

        for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++)
            if (pointer[0] == '~' && pointer[1] == '1')
                step[size++] = '/', pointer++;
            else
                step[size++] = *pointer;
        step[size] = '\0';
        value = json_is_array(value) ? json_array_get(value, strtoul(step, NULL, 10))
                                     : json_object_get(value, step);
    }
    return value;
}

static const char *
text_at(const char *pointer)
{
    const char *text = json_string_value(at(pointer));

    ck_assert_msg(text != NULL, "nothing at %s", pointer);
    return text;
}

static const json_t *
operation_of(const struct route_config *route)
{
    return json_object_get(json_object_get(at("#/paths"), route->path),
                           strcmp(route->method, "POST") == 0 ? "post" : "get");
}

/* The parameter of an operation, references followed. */
static const json_t *
parameter_of(const json_t *operation, const char *name)
{
    size_t i;
    const json_t *given;

    json_array_foreach(json_object_get(operation, "parameters"), i, given)
    {
        const char *reference = json_string_value(json_object_get(given, "$ref"));
        const json_t *parameter = reference != NULL ? at(reference) : given;

        if (strcmp(json_string_value(json_object_get(parameter, "name")), name) == 0)
            return parameter;
    }
    return NULL;
}

static void
expect_schema(const char *name, const char *expected)
{
    const json_t *operation = at("#/paths/~1x~1{id}~1things/get");
    const json_t *schema = json_object_get(parameter_of(operation, name), "schema");
    json_t *wanted = json_loads(expected, 0, NULL);

    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(schema, wanted), "%s: %s", name,
                  json_dumps(schema, JSON_COMPACT)); /* the test ends here */
    json_decref(wanted);
}

static void
expect_references(const json_t *value)
{
    const char *key;
    const json_t *member;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (strcmp(key, "$ref") == 0)
            ck_assert_msg(at(json_string_value(member)) != NULL, "%s leads nowhere",
                          json_string_value(member));
        expect_references(member);
    }
    json_array_foreach(value, i, member) expect_references(member);
}

START_TEST(every_reference_leads_somewhere)
{
    row("R-007");
    expect_references(document);
    ck_assert_str_eq(text_at("#/openapi"), "3.1.0");
    ck_assert_ptr_null(at("#/x-responses"));
    ck_assert_ptr_null(at("#/x-parameters"));
}
END_TEST

static void
expect_parameters(const struct route_config *route, const json_t *operation)
{
    static const char *const controls[] = {"force_refresh", "ttl_override", "If-None-Match"};
    const struct route_config *source = route_source(route);

    for (int64_t p = 0; p < source->parameter_count; p++) {
        const json_t *parameter = parameter_of(operation, source->parameters[p].name);

        ck_assert_msg(parameter != NULL, "%s of %s", source->parameters[p].name, route->name);
        ck_assert_str_eq(json_string_value(json_object_get(parameter, "in")),
                         source->parameters[p].in_path ? "path" : "query");
    }
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        ck_assert_ptr_nonnull(parameter_of(operation, controls[i]));
}

static void
expect_statuses(const struct route_config *route, const json_t *operation)
{
    static const char *const statuses[] = {"200", "401", "404", "422", "429",
                                           "500", "502", "504", "304"};
    size_t count = sizeof statuses / sizeof *statuses - (route->is_bulk ? 1 : 0);

    for (size_t i = 0; i < count; i++)
        ck_assert_msg(json_object_get(json_object_get(operation, "responses"), statuses[i]) != NULL,
                      "%s of %s", statuses[i], route->name);
}

START_TEST(no_route_parameter_or_status_is_missing)
{
    row("R-007");
    ck_assert_int_gt((int)config->route_count, 0);
    for (int64_t r = 0; r < config->route_count; r++) {
        const struct route_config *route = &config->routes[r];
        const json_t *operation = operation_of(route);

        for (int64_t a = 0; a < route->alias_count; a++)
            ck_assert_msg(json_object_get(at("#/paths"), route->aliases[a]) != NULL, "%s",
                          route->aliases[a]);
        ck_assert_msg(operation != NULL, "%s is missing", route->name);
        if (!route->is_bulk)
            expect_parameters(route, operation);
        expect_statuses(route, operation);
    }
}
END_TEST

#define BULK      "#/paths/~1api~1v1~1estimates~1value~1bulk/post"
#define BULK_BODY BULK "/requestBody/content/application~1json/schema/anyOf"

START_TEST(a_route_of_another_ones_entries_says_what_that_one_says)
{
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1comparables" RESPONSE_SCHEMA "/$ref"),
                     "#/components/schemas/ValueEstimate/properties/comparables");
    ck_assert(json_equal(at("#/paths/~1api~1v1~1comparables/get/parameters"),
                         at("#/paths/~1api~1v1~1estimates~1value/get/parameters")));
    /* many at once: in the body, as list or member */
    ck_assert_int_eq(json_integer_value(at(BULK_BODY "/1/maxItems")), 50);
    ck_assert(json_equal(at(BULK_BODY "/0/properties/requests"), at(BULK_BODY "/1")));
    ck_assert_str_eq(text_at(BULK_BODY "/1/items/properties/latitude/type"), "number");
    ck_assert_str_eq(text_at(BULK_BODY "/1/items/properties/force_refresh/type"), "boolean");
    ck_assert_str_eq(text_at(BULK "/responses/200/content/application~1json/schema/allOf/1/"
                                  "properties/results/items/properties/data/$ref"),
                     "#/components/schemas/ValueEstimate");
    ck_assert_ptr_nonnull(at(BULK "/responses/413"));
    ck_assert_uint_eq(json_array_size(at(BULK "/parameters")), 0);
}
END_TEST

/* Every {name} of a path is a required parameter of each of its operations, and an operation has what 3.1 demands of one. */
static void
expect_well_formed(const char *path, const char *method, const json_t *operation, json_t *seen)
{
    const char *id = json_string_value(json_object_get(operation, "operationId"));

    ck_assert_uint_gt(json_object_size(json_object_get(operation, "responses")), 0);
    if (id != NULL) {
        ck_assert_msg(json_object_get(seen, id) == NULL, "%s names two operations", id);
        json_object_set_new(seen, id, json_true());
    } else
        ck_assert_str_eq(method, "patch"); /* the one that the static part does not know */
    for (const char *brace = path; (brace = strchr(brace, '{')) != NULL; brace++) {
        char name[64];
        const json_t *parameter;

        snprintf(name, sizeof name, "%.*s", (int)strcspn(brace + 1, "}"), brace + 1);
        parameter = parameter_of(operation, name);
        ck_assert_msg(parameter != NULL, "%s %s: %s", method, path, name);
        ck_assert_str_eq(json_string_value(json_object_get(parameter, "in")), "path");
        ck_assert(json_is_true(json_object_get(parameter, "required")));
    }
}

START_TEST(operations_are_well_formed)
{
    json_t *seen = json_object();
    const char *path, *method;
    json_t *item, *operation;

    row("R-007");
    json_object_foreach((json_t *)(uintptr_t)at("#/paths"), path, item)
        json_object_foreach(item, method, operation) if (strcmp(method, "servers") != 0)
            expect_well_formed(path, method, operation, seen);
    ck_assert_uint_gt(json_object_size(seen), 10);
    json_decref(seen);
}
END_TEST

START_TEST(what_the_contract_names_is_there)
{
    static const char *const schemas[] = {
        "PropertyRecord", "Listing",     "ValueEstimate",   "RentEstimate", "MarketStatistics",
        "UpstreamError",  "ErrorDetail", "ValidationError", "ApiKey",       "ApiKeyCreate",
        "ApiKeyUpdate",   "CacheClear",  "CacheStats",      "Health",       "Metrics"};
    static const char *const headers[] = {
        "X-Cache-Hit", "X-Response-Time-MS", "X-Estimated-Cost", "X-Cache-Level",    "Age",
        "ETag",        "Last-Modified",      "Content-Encoding", "X-Total-Count",    "X-Limit",
        "X-Offset",    "Retry-After",        "X-Cache-Stale",    "X-RateLimit-Limit"};

    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        ck_assert_msg(json_object_get(at("#/components/schemas"), schemas[i]) != NULL, "%s",
                      schemas[i]);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        ck_assert_msg(json_object_get(at("#/components/headers"), headers[i]) != NULL, "%s",
                      headers[i]);
    ck_assert_str_eq(text_at("#/components/securitySchemes/ApiKey/type"), "http");
    ck_assert_str_eq(text_at("#/components/securitySchemes/ApiKey/scheme"), "bearer");
    ck_assert_ptr_nonnull(at("#/paths/~1api~1v1~1properties/get/security/0/ApiKey"));
    ck_assert_ptr_nonnull(at("#/paths/~1admin~1api-keys/post/security/0/AdminToken"));
}
END_TEST

START_TEST(answers_have_the_shape_of_the_paid_api)
{
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1properties" RESPONSE_SCHEMA "/items/$ref"),
                     "#/components/schemas/PropertyRecord");
    ck_assert_str_eq(
        text_at("#/paths/~1api~1v1~1properties~1{property_id}" RESPONSE_SCHEMA "/$ref"),
        "#/components/schemas/PropertyRecord");
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1estimates~1value" RESPONSE_SCHEMA "/$ref"),
                     "#/components/schemas/ValueEstimate");
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1estimates~1rent" RESPONSE_SCHEMA "/$ref"),
                     "#/components/schemas/RentEstimate");
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1listings~1{listing_id}" RESPONSE_SCHEMA "/$ref"),
                     "#/components/schemas/Listing");
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1listings~1rental" RESPONSE_SCHEMA "/items/$ref"),
                     "#/components/schemas/Listing");
    ck_assert_str_eq(text_at("#/paths/~1api~1v1~1markets~1stats" RESPONSE_SCHEMA "/$ref"),
                     "#/components/schemas/MarketStatistics");
}
END_TEST

START_TEST(every_status_of_the_table_is_named)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        char pointer[64], slug[128];
        int http_status = status_http((enum status)i);
        char *text;

        if (http_status < 400)
            continue;
        snprintf(pointer, sizeof pointer, "#/components/responses/Problem%d", http_status);
        ck_assert_msg(at(pointer) != NULL, "%d", http_status);
        text = json_dumps(at(pointer), 0);
        snprintf(slug, sizeof slug, "\"urn:rentcache:problem:%s\"", status_slug((enum status)i));
        ck_assert_msg(strstr(text, slug) != NULL, "%s", slug);
        free(text);
    }
}
END_TEST

/* Those of the table of the admin listener, known or not, and none that it does not have. */
START_TEST(own_routes_are_those_of_the_table)
{
    ck_assert_ptr_nonnull(at("#/paths/~1admin~1api-keys~1{id}/delete/responses/200"));
    ck_assert_ptr_nonnull(at("#/paths/~1admin~1api-keys~1{id}/get"));
    ck_assert_ptr_null(at("#/paths/~1admin~1api-keys~1{id}/put"));
    ck_assert_ptr_null(at("#/paths/~1admin~1cache~1stats"));
    ck_assert_ptr_nonnull(at("#/paths/~1admin~1new-thing/patch/responses/default"));
    ck_assert_uint_eq(json_array_size(at("#/paths/~1health/servers")), 2);
    ck_assert_uint_eq(json_array_size(at("#/paths/~1admin~1api-keys/servers")), 1);
    ck_assert_str_eq(text_at("#/paths/~1admin~1api-keys/servers/0/variables/port/default"), "8001");
    ck_assert_str_eq(text_at("#/servers/0/variables/port/default"), "8000");
}
END_TEST

START_TEST(each_type_has_its_schema)
{
    row("R-007");
    expect_schema("id", "{\"type\": \"string\", \"maxLength\": 9}");
    expect_schema("text", "{\"type\": \"string\", \"maxLength\": 256}");
    expect_schema("whole",
                  "{\"type\": \"integer\", \"minimum\": -3, \"maximum\": 44, \"default\": 5}");
    expect_schema("part",
                  "{\"type\": \"number\", \"minimum\": 0.5, \"maximum\": 2, \"default\": 1.5}");
    expect_schema("open", "{\"type\": \"integer\"}");
    expect_schema("flag", "{\"type\": \"boolean\", \"default\": true}");
    expect_schema("one", "{\"type\": \"string\", \"enum\": [\"A b\", \"C\"], \"default\": \"C\"}");
    expect_schema("some",
                  "{\"type\": \"string\", \"pattern\": \"^(x\\\\.y|z)(\\\\|(x\\\\.y|z))*$\"}");
    expect_schema("filter", "{\"type\": \"string\", \"pattern\": "
                            "\"^(\\\\*|[0-9.]+)(:(\\\\*|[0-9.]+))?$|^[0-9.]+(\\\\|[0-9.]+)*$\"}");
    expect_schema("days",
                  "{\"type\": \"string\", \"pattern\": \"^(\\\\*|[0-9]+)(:(\\\\*|[0-9]+))?$\"}");
    expect_schema("zip", "{\"type\": \"string\", \"pattern\": \"^[0-9]{5}$\"}");
}
END_TEST

START_TEST(an_alias_is_an_operation_of_its_own)
{
    ck_assert_str_eq(text_at("#/paths/~1x~1{id}~1things/get/operationId"), "things");
    ck_assert_str_eq(text_at("#/paths/~1y~1{id}/get/operationId"), "things_alias_1");
    ck_assert_str_eq(text_at("#/paths/~1z~1{id}/get/operationId"), "things_alias_2");
    ck_assert(json_equal(at("#/paths/~1y~1{id}/get/parameters"),
                         at("#/paths/~1x~1{id}~1things/get/parameters")));
}
END_TEST

START_TEST(what_a_route_needs_is_said)
{
    const json_t *operation = at("#/paths/~1x~1{id}~1things/get");
    const char *description = text_at("#/paths/~1x~1{id}~1things/get/description");

    ck_assert_ptr_nonnull(strstr(description, "text, whole+part"));
    ck_assert_ptr_nonnull(strstr(description, "flag needs one of: text."));
    ck_assert_ptr_nonnull(strstr(description, "Joined into one text: city, state."));
    ck_assert_ptr_nonnull(strstr(description, "7/second"));
    ck_assert_ptr_nonnull(strstr(description, "never cached"));
    ck_assert(json_is_true(json_object_get(parameter_of(operation, "text"), "required")));
    ck_assert(json_is_true(json_object_get(parameter_of(operation, "id"), "required")));
    ck_assert(json_is_false(json_object_get(parameter_of(operation, "open"), "required")));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("openapi");
    TCase *built_in = tcase_create("built in");
    TCase *types = tcase_create("types");

    tcase_add_checked_fixture(built_in, use_built_in, forget);
    tcase_add_test(built_in, every_reference_leads_somewhere);
    tcase_add_test(built_in, no_route_parameter_or_status_is_missing);
    tcase_add_test(built_in, a_route_of_another_ones_entries_says_what_that_one_says);
    tcase_add_test(built_in, operations_are_well_formed);
    tcase_add_test(built_in, what_the_contract_names_is_there);
    tcase_add_test(built_in, answers_have_the_shape_of_the_paid_api);
    tcase_add_test(built_in, every_status_of_the_table_is_named);
    tcase_add_test(built_in, own_routes_are_those_of_the_table);
    suite_add_tcase(suite, built_in);
    tcase_add_checked_fixture(types, use_every_type, forget);
    tcase_add_test(types, every_reference_leads_somewhere);
    tcase_add_test(types, each_type_has_its_schema);
    tcase_add_test(types, an_alias_is_an_operation_of_its_own);
    tcase_add_test(types, what_a_route_needs_is_said);
    suite_add_tcase(suite, types);
    return suite;
}
