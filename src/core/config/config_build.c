/* config_build.c - defaults, then YAML, then variables, then the checks. */
#include "config/config_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "config/config_check.h"
#include "config/config_origin.h"
#include "config/config_routes.h"
#include "config/config_value.h"
#include "config/config_variables.h"
#include "config/config_warming.h"
#include "config/config_yaml.h"
#include "embedded.h"

static void
set_defaults(struct config *config)
{
    char why[CONFIG_WHY_SIZE];

    for (size_t i = 0; i < option_row_count; i++) {
        bool is_right =
            config_value_option(&option_rows[i], option_rows[i].default_text, config, why);

        assert(is_right);
        (void)is_right;
    }
}

static void
read_options(const struct yaml_document *document, struct config *config,
             struct config_report *report)
{
    char path[CONFIG_SHOWN_SIZE];
    char why[CONFIG_WHY_SIZE];

    for (size_t i = 0; i < option_row_count; i++) {
        const char *text = config_schema_option(document->raw, &option_rows[i]);
        struct config_place place;

        if (text == NULL)
            continue;
        config_option_path(&option_rows[i], path, sizeof path);
        place = config_yaml_place(document, path);
        /* The document goes, its name must not. */
        place.file = config->origins->yaml_name;
        if (config_value_option(&option_rows[i], text, config, why))
            config->origins->options[i] = place;
        else
            config_report_add(report, &place, path, "%s", why);
    }
}

static char *
built_in_name(void)
{
    char *name = config_allocate(sizeof CONFIG_BUILT_IN_NAME, 1);

    memcpy(name, CONFIG_BUILT_IN_NAME, sizeof CONFIG_BUILT_IN_NAME);
    return name;
}

/* The built-in warming list asks the built-in routes: it goes with them, unless there is another. */
static void
read_built_in(struct config *config, bool wants_warming, struct config_report *report)
{
    struct yaml_document document;

    free(config->origins->routes_name);
    config->origins->routes_name = built_in_name();
    config_yaml_read(&document, CONFIG_BUILT_IN_NAME, embedded_config_rentcache_yaml,
                     embedded_config_rentcache_yaml_size, report);
    config_routes_read(&document, config, report);
    if (wants_warming) {
        free(config->origins->warming_name);
        config->origins->warming_name = built_in_name();
        config_warming_read(&document, config, report);
    }
    config_yaml_fini(&document);
}

static void
read_yaml(const struct config_sources *sources, struct config *config, struct config_report *report)
{
    struct yaml_document document;

    config_yaml_read(&document, sources->yaml_name, sources->yaml, sources->yaml_size, report);
    if (config_variables_replace(&document, sources->layers, COUNT(sources->layers), report)) {
        read_options(&document, config, report);
        if (document.lines.has_warming)
            config_warming_read(&document, config, report);
        if (document.lines.has_routes)
            config_routes_read(&document, config, report);
        else
            read_built_in(config, !document.lines.has_warming, report);
    }
    config_yaml_fini(&document);
}

struct config *
config_build(const struct config_sources *sources, struct config_report *report)
{
    struct config *config = config_allocate(1, sizeof *config);

    config->origins = config_origins_create(sources->yaml_name);
    set_defaults(config);
    read_yaml(sources, config, report);
    for (size_t i = 0; i < COUNT(sources->layers); i++) {
        if (sources->layers[i] != NULL)
            config_env_apply(sources->layers[i], config, report);
    }
    config_adjust(config);
    config_check_options(config, report);
    config_routes_settle(config, report);
    if (report->count == 0)
        config_check_together(config, report);
    config_settle(config);
    if (report->count != 0)
        config_destroy(&config);
    return config;
}
