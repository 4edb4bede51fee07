/* openapi_parameter.c - what a parameter's text may be, as a JSON schema. Pure. */
#include "openapi/openapi_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

#define BOUND_MOST   1e12 /* bounds beyond are those of the number type, not of the parameter */
#define PATTERN_SIZE 2048

static const char filter_pattern[] = "^(\\*|[0-9.]+)(:(\\*|[0-9.]+))?$|^[0-9.]+(\\|[0-9.]+)*$";
static const char days_pattern[] = "^(\\*|[0-9]+)(:(\\*|[0-9]+))?$";

static json_t *
openapi_parameter_number(double value)
{
    return value == floor(value) ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *
openapi_parameter_ranged(const char *type, const struct parameter_config *parameter)
{
    json_t *schema = json_pack("{s:s}", "type", type);

    if (fabs(parameter->least) < BOUND_MOST)
        json_object_set_new(schema, "minimum", openapi_parameter_number(parameter->least));
    if (fabs(parameter->most) < BOUND_MOST)
        json_object_set_new(schema, "maximum", openapi_parameter_number(parameter->most));
    return schema;
}

static json_t *
values_as_json(const char *values)
{
    json_t *list = json_array();

    for (;;) {
        size_t size = strcspn(values, "|");

        json_array_append_new(list, json_stringn(values, size));
        if (values[size] == '\0')
            return list;
        values += size + 1;
    }
}

/* ^(a|b)(\|(a|b))*$ with what means something in a pattern escaped. */
static json_t *
choices_as_json(const char *values)
{
    char one[PATTERN_SIZE / 2 - 8], whole[PATTERN_SIZE];
    size_t size = 0;

    for (; *values != '\0' && size + 2 < sizeof one; values++) {
        if (strchr("\\^$.*+?()[]{}/", *values) != NULL)
            one[size++] = '\\';
        one[size++] = *values;
    }
    one[size] = '\0';
    snprintf(whole, sizeof whole, "^(%s)(\\|(%s))*$", one, one);
    return json_pack("{s:s, s:s}", "type", "string", "pattern", whole);
}

static json_t *
digits_as_json(const struct parameter_config *parameter)
{
    char pattern[32];

    snprintf(pattern, sizeof pattern, "^[0-9]{%d}$", (int)parameter->max_length);
    return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *
type_as_json(const struct parameter_config *parameter)
{
    switch (parameter->type) {
    case PARAMETER_INTEGER:
        return openapi_parameter_ranged("integer", parameter);
    case PARAMETER_NUMBER:
        return openapi_parameter_ranged("number", parameter);
    case PARAMETER_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case PARAMETER_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", values_as_json(parameter->values));
    case PARAMETER_CHOICES:
        return choices_as_json(parameter->values);
    case PARAMETER_FILTER:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", filter_pattern);
    case PARAMETER_DAYS:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", days_pattern);
    case PARAMETER_DIGITS:
        return digits_as_json(parameter);
    case PARAMETER_TEXT:
    case PARAMETER_TYPE_COUNT:
        break;
    }
    return json_pack("{s:s, s:I}", "type", "string", "maxLength",
                     (json_int_t)parameter->max_length);
}

/* The configuration's own texts were checked when it was loaded. */
static json_t *
default_as_json(const struct parameter_config *parameter)
{
    const char *text = parameter->default_text;

    if (parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER)
        return openapi_parameter_number(strtod(text, NULL));
    if (parameter->type == PARAMETER_FLAG)
        return json_boolean(strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0);
    return json_string(text);
}

json_t *
openapi_parameter_schema(const struct parameter_config *parameter)
{
    json_t *schema = type_as_json(parameter);

    if (parameter->default_text[0] != '\0')
        json_object_set_new(schema, "default", default_as_json(parameter));
    return schema;
}
