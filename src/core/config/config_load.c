/* config_load.c - finds the sources of a configuration, and builds it: defaults, then YAML, then variables, then the checks.
 */
#include "config/config_load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "config/config_check.h"
#include "config/config_read.h"
#include "config/config_routes.h"
#include "config/config_upstreams.h"
#include "embedded.h"
#include "settings/config_expand.h"
#include "settings/config_file.h"
#include "settings/config_value.h"

/* Which parts of a document are read, and were. */
struct parts {
    bool options, upstreams, routes, warming;
};

static void
set_defaults(struct config *config)
{
    char why[CONFIG_WHY_SIZE];

    for (size_t i = 0; i < option_row_count; i++) {
        bool is_right =
            config_value_read(&option_rows[i], option_rows[i].default_text, config, why);

        assert(is_right);
        (void)is_right;
    }
}

static void
read_warming(const struct config_reader *reader, const struct config_node *list,
             struct config *config)
{
    int64_t count = config_read_count(reader, list, WARMING_MOST);
    struct config_node *entry = list->first;

    config->warming = config_allocate((size_t)count, sizeof *config->warming);
    for (; config->warming_count < count; entry = entry->next) {
        struct warming_config *item = &config->warming[config->warming_count++];

        item->line = entry->line;
        if (!config_read_is(reader, entry, NODE_TEXT))
            continue;
        if (entry->size >= sizeof item->target)
            config_read_error(reader, entry, "is longer than %zu bytes", sizeof item->target - 1);
        else if (entry->text[0] != '/')
            config_read_error(reader, entry, "is not a request: expected /path?query");
        else
            memcpy(item->target, entry->text, entry->size);
    }
}

/* What stands at the top of a document. */
static const struct config_row top_rows[] = {
    {.name = "server", .type = CONFIG_MAPPING},   {.name = "gateway", .type = CONFIG_MAPPING},
    {.name = "limits", .type = CONFIG_MAPPING},   {.name = "cache", .type = CONFIG_MAPPING},
    {.name = "upstream", .type = CONFIG_MAPPING}, {.name = "analytics", .type = CONFIG_MAPPING},
    {.name = "ledger", .type = CONFIG_MAPPING},   {.name = "spool", .type = CONFIG_MAPPING},
    {.name = "actors", .type = CONFIG_MAPPING},   {.name = "routes", .type = CONFIG_SEQUENCE},
    {.name = "warming", .type = CONFIG_SEQUENCE}, {.name = "upstreams", .type = CONFIG_SEQUENCE},
};

static void
read_section(const struct config_reader *reader, const struct config_node *section,
             struct config *config)
{
    struct config_table table = config_table_section(section->key);

    config_read_mapping(reader, &table, section, config,
                        &config->origins->options[table.rows - option_rows]);
}

static void
warn_of_no_routes(const struct config_reader *reader, const struct config_node *routes)
{
    const struct config_place place = {.file = reader->name, .line = routes->line};

    if (routes->first == NULL)
        config_report_warn(reader->report, &place,
                           "routes: is empty, so every request gets 404; without the key the "
                           "built-in routes are served");
}

/* Reads one of the lists, if it is wanted. */
static void
read_list(const struct config_reader *reader, const struct config_node *node, struct parts wanted,
          struct parts *held, struct config *config)
{
    if (strcmp(node->key, "upstreams") == 0) {
        held->upstreams = true;
        if (wanted.upstreams)
            config_upstreams_read(reader, node, config);
    } else if (strcmp(node->key, "routes") == 0) {
        held->routes = true;
        warn_of_no_routes(reader, node);
        if (wanted.routes)
            config_routes_read(reader, node, config);
    } else {
        held->warming = true;
        if (wanted.warming)
            read_warming(reader, node, config);
    }
}

/* Reads the wanted parts; returns those that the document holds. */
static struct parts
read_parts(const struct config_reader *reader, const struct config_node *root, struct parts wanted,
           struct config *config)
{
    static const struct config_table table = {top_rows, COUNT(top_rows)};
    struct parts held = {0};

    for (struct config_node *node = root->first; node != NULL; node = node->next) {
        const struct config_row *row = config_read_row(reader, &table, node);

        if (row == NULL)
            continue;
        if (row->type == CONFIG_SEQUENCE)
            read_list(reader, node, wanted, &held, config);
        else if (wanted.options)
            read_section(reader, node, config);
    }
    return held;
}

static struct parts
read_document(const struct config_reader *reader, const char *yaml, size_t yaml_size,
              struct parts wanted, struct config *config)
{
    struct config_node *root = config_yaml_read(reader->name, yaml, yaml_size, reader->report);
    struct parts held = {0};

    if (root != NULL && config_read_is(reader, root, NODE_MAPPING))
        held = read_parts(reader, root, wanted, config);
    config_node_destroy(&root);
    return held;
}

/* What a file does not have. The built-in warming list asks the built-in routes: it goes with them, unless there is another. */
static void
read_built_in(const struct config_reader *of_file, struct config *config, struct parts held)
{
    struct config_reader reader = *of_file;
    const struct parts wanted = {.upstreams = !held.upstreams,
                                 .routes = !held.routes,
                                 .warming = !held.routes && !held.warming};

    reader.name = CONFIG_BUILT_IN_NAME;
    if (wanted.routes)
        config->origins->routes_name = CONFIG_BUILT_IN_NAME;
    if (wanted.warming)
        config->origins->warming_name = CONFIG_BUILT_IN_NAME;
    read_document(&reader, embedded_config_rentcache_yaml, embedded_config_rentcache_yaml_size,
                  wanted, config);
}

static void
read_yaml(const struct config_sources *sources, struct config *config, struct config_report *report)
{
    const struct parts wanted = {
        .options = true, .upstreams = true, .routes = true, .warming = true};
    const struct config_reader reader = {
        .name = config->origins->yaml_name,
        .layers = sources->layers,
        .layer_count = COUNT(sources->layers),
        .report = report,
        .expanded = config_allocate(CONFIG_EXPANDED_SIZE, 1),
    };
    struct parts held = read_document(&reader, sources->yaml, sources->yaml_size, wanted, config);

    if (!held.routes || !held.upstreams)
        read_built_in(&reader, config, held);
    free(reader.expanded);
}

/* Where the configuration is refused they stand below its errors: one may be the cause of the other. */
static void
config_end_warnings(const struct config *config, struct config_report *report)
{
    if (report->warnings == NULL)
        return;
    fclose(report->warnings);
    report->warnings = NULL;
    for (size_t at = 0; report->count != 0 && report->errors != NULL && at < config->warnings_size;
         at += strlen(config->warnings + at) + 1)
        fprintf(report->errors, "warning: %s\n", config->warnings + at);
}

struct config *
config_build(const struct config_sources *sources, struct config_report *report)
{
    struct config *config = config_allocate(1, sizeof *config);

    report->warnings = open_memstream(&config->warnings, &config->warnings_size);
    config->origins = config_origins_create(sources->yaml_name);
    set_defaults(config);
    read_yaml(sources, config, report);
    for (size_t i = 0; i < COUNT(sources->layers); i++) {
        if (sources->layers[i] != NULL)
            config_env_apply(sources->layers[i], config, report);
    }
    for (size_t i = 0; i < COUNT(sources->layers); i++) {
        if (sources->layers[i] != NULL)
            config_env_warn(sources->layers[i], report);
    }
    config_adjust(config);
    config_check_options(config, report);
    config_upstreams_settle(config, report);
    if (report->count == 0)
        config_check_together(config, report);
    config_settle(config);
    config_end_warnings(config, report);
    if (report->count != 0)
        config_destroy(&config);
    return config;
}

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
    const char *environment_path, *dotenv_path;
    struct config *config;

    read_dotenv(&dotenv, &report);
    variables_from_environment(&environment, (const char *const *)environ);
    environment_path = find_path(&environment);
    dotenv_path = find_path(&dotenv);
    if (yaml_path == NULL)
        yaml_path = environment_path != NULL ? environment_path : dotenv_path;
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
