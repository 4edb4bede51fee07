/* config_fuzz.c - whatever stands in YAML and environment: a whole configuration, or errors.
 *
 * Input: a YAML text, then, each behind a NUL, NAME=VALUE variables. What is taken prints as YAML that is
 * taken, too, and means the same. */
/* links: @core */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIABLES_MOST = 8 };

static char *
copy_text(const uint8_t *data, size_t size)
{
    char *text = calloc(size + 1, 1);

    assert(text != NULL);
    memcpy(text, data, size);
    return text;
}

static struct config *
parse(const char *yaml, size_t size, const char *const *variables)
{
    char *errors = NULL;
    size_t errors_size = 0;
    FILE *out = open_memstream(&errors, &errors_size);
    struct config *config = config_parse("fuzz.yaml", yaml, size, variables, out);

    fclose(out);
    assert((config == NULL) == (errors_size > 0));
    assert(errors_size == 0 || errors[errors_size - 1] == '\n');
    free(errors);
    return config;
}

static char *
print(const struct config *config, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    config_print(config, out);
    fclose(out);
    return text;
}

static void
check_same(const struct config *config, const struct config *again)
{
    assert(again != NULL);
    assert(again->gateway.port == config->gateway.port);
    assert(again->upstream.timeout_ms == config->upstream.timeout_ms);
    /* What looks like a URL may have lost its password. */
    assert(strstr(config->server.instance, "://") != NULL ||
           strcmp(again->server.instance, config->server.instance) == 0);
    assert(again->warming_count == config->warming_count);
    for (int64_t i = 0; i < config->warming_count; i++)
        assert(strchr(config->warming[i].target, ':') != NULL || /* a password may be hidden */
               strcmp(again->warming[i].target, config->warming[i].target) == 0);
    assert(again->route_count == config->route_count);
    for (int64_t i = 0; i < config->route_count; i++) {
        const struct route_config *route = &config->routes[i];
        const struct route_config *other = &again->routes[i];

        assert(strcmp(route->name, other->name) == 0 && strcmp(route->path, other->path) == 0);
        assert(route->ttl_s == other->ttl_s && route->cost_micro_usd == other->cost_micro_usd);
        assert(strcmp(route->fallback_path, other->fallback_path) == 0);
        assert(route->alias_count == other->alias_count);
        assert(memcmp(route->aliases, other->aliases, sizeof route->aliases) == 0);
        assert(memcmp(&route->join, &other->join, sizeof route->join) == 0);
        assert(route->parameter_count == other->parameter_count);
        assert(route->parameter_count == 0 ||
               memcmp(route->parameters, other->parameters,
                      (size_t)route->parameter_count * sizeof *route->parameters) == 0);
    }
}

/* Splits at NULs; *count variables, to be freed. */
static size_t
split(const uint8_t *data, size_t size, char *variables[VARIABLES_MOST + 1])
{
    const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
    size_t yaml_size = nul != NULL ? (size_t)(nul - data) : size;
    size_t at = yaml_size;

    for (size_t i = 0; i < VARIABLES_MOST && at < size; i++) {
        const uint8_t *from = data + at + 1;
        size_t left = size - at - 1;
        const uint8_t *end = left > 0 ? memchr(from, '\0', left) : NULL;
        size_t length = end != NULL ? (size_t)(end - from) : left;

        /* A file that the input names must not be read. */
        if (memmem(from, length, "=", 1) != NULL && memmem(from, length, "/", 1) == NULL)
            *variables++ = copy_text(from, length);
        at += 1 + length;
    }
    return yaml_size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *variables[VARIABLES_MOST + 1] = {NULL};
    size_t yaml_size = split(data, size, variables);
    char *yaml = copy_text(data, yaml_size);
    struct config *config = parse(yaml, yaml_size, (const char *const *)variables);

    if (config != NULL) {
        size_t printed_size = 0;
        char *printed = print(config, &printed_size);
        struct config *again = parse(printed, printed_size, NULL);

        check_same(config, again);
        config_destroy(&again);
        free(printed);
    }
    config_destroy(&config);
    for (size_t i = 0; i < VARIABLES_MOST; i++)
        free(variables[i]);
    free(yaml);
    return 0;
}
