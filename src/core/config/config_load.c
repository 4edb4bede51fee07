/* config_load.c - finds the sources of a configuration: files, environment, or texts of a test. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_build.h"
#include "config/config_file.h"
#include "embedded.h"

enum { YAML_MOST_BYTES = 16 << 20, DOTENV_MOST_BYTES = 1 << 20 };

/* Reads .env of the working directory; an absent one is an empty layer. */
static void
read_dotenv(struct variables *variables, struct config_report *report)
{
    struct config_place place = {.file = ".env"};
    char why[CONFIG_WHY_SIZE];
    char *text = NULL;
    size_t size = 0;

    *variables = (struct variables){.file = ".env"};
    switch (config_file_read(".env", DOTENV_MOST_BYTES, &text, &size, why)) {
    case CONFIG_FILE_READ:
        variables_from_dotenv(variables, text, size, report);
        break;
    case CONFIG_FILE_ABSENT:
        break;
    case CONFIG_FILE_FAILED:
        config_report_add(report, &place, "", "%s", why);
        break;
    }
    free(text);
}

/* The path that a layer's RENTCACHE_CONFIG names; NULL: none. */
static const char *
find_path(const struct variables *variables)
{
    const struct variable *variable = variables_find(variables, "RENTCACHE_CONFIG");

    return variable != NULL && variable_value(variable)[0] != '\0' ? variable_value(variable)
                                                                   : NULL;
}

static struct config *
load_layers(const char *yaml_path, const struct variables *dotenv,
            const struct variables *environment, struct config_report *report)
{
    struct config_sources sources = {
        .yaml_name = CONFIG_BUILT_IN_NAME,
        .yaml = embedded_config_rentcache_yaml,
        .yaml_size = embedded_config_rentcache_yaml_size,
        .layers = {dotenv, environment},
    };
    struct config_place place = {.file = yaml_path};
    struct config *config = NULL;
    char why[CONFIG_WHY_SIZE];
    char *yaml = NULL;

    if (yaml_path != NULL) {
        if (config_file_read(yaml_path, YAML_MOST_BYTES, &yaml, &sources.yaml_size, why) !=
            CONFIG_FILE_READ) {
            config_report_add(report, &place, "", "%s", why);
            return NULL;
        }
        sources.yaml_name = yaml_path;
        sources.yaml = yaml;
    }
    config = config_build(&sources, report);
    free(yaml);
    return config;
}

struct config *
config_load(const char *yaml_path, FILE *errors)
{
    struct config_report report = {.errors = errors};
    struct variables dotenv;
    struct variables environment;
    struct config *config;

    read_dotenv(&dotenv, &report);
    variables_from_environment(&environment, (const char *const *)environ);
    if (yaml_path == NULL)
        yaml_path = find_path(&environment);
    if (yaml_path == NULL)
        yaml_path = find_path(&dotenv);
    config = load_layers(yaml_path, &dotenv, &environment, &report);
    variables_fini(&dotenv);
    variables_fini(&environment);
    return config;
}

struct config *
config_parse(const char *name, const char *yaml, size_t yaml_size, const char *const *environment,
             FILE *errors)
{
    struct config_report report = {.errors = errors};
    struct variables variables;
    struct config_sources sources = {
        .yaml_name = name,
        .yaml = yaml,
        .yaml_size = yaml_size,
        .layers = {&variables, NULL},
    };
    struct config *config;

    variables_from_environment(&variables, environment);
    config = config_build(&sources, &report);
    variables_fini(&variables);
    return config;
}
