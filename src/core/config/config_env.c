/* config_env.c - sets options from a layer of variables. */
#include "config/config_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "config/config_file.h"
#include "config/config_origin.h"
#include "config/config_value.h"

/* Of these variables only the text "true", in any case, means on; anything else is off, no error.
 */
static const char *const lenient_flags[] = {
    "ENABLE_REDIS_CACHE",
    "ENABLE_ANALYTICS",
    "ENABLE_CACHE_WARMING",
    "STRICT_RATE_LIMITING",
};

/* What is being set from which variable. */
struct target {
    struct config *config;
    struct config_report *report;
    size_t row;
    struct config_place place;
};

void
variables_fini(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        free(variables->entries[i].text);
    free(variables->entries);
    *variables = (struct variables){.file = variables->file};
}

void
variables_from_environment(struct variables *variables, const char *const *environment)
{
    size_t count = 0;

    while (environment != NULL && environment[count] != NULL)
        count++;
    *variables = (struct variables){
        .file = "environment",
        .entries = config_allocate(count, sizeof(struct variable)),
    };
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(environment[i]) + 1;
        char *copy;

        if (strchr(environment[i], '=') == NULL)
            continue;
        copy = config_allocate(size, 1);
        memcpy(copy, environment[i], size);
        variables->entries[variables->count++].text = copy;
    }
}

static bool
has_name(const struct variable *variable, const char *name, bool any_case)
{
    size_t size = strlen(name);

    if (strlen(variable->text) <= size || variable->text[size] != '=')
        return false;
    return any_case ? strncasecmp(variable->text, name, size) == 0
                    : strncmp(variable->text, name, size) == 0;
}

/* Of one spelling the last entry counts. */
static const struct variable *
find_spelling(const struct variables *variables, const char *name, bool any_case)
{
    for (size_t i = variables->count; i > 0; i--) {
        if (has_name(&variables->entries[i - 1], name, any_case))
            return &variables->entries[i - 1];
    }
    return NULL;
}

const struct variable *
variables_find(const struct variables *variables, const char *name)
{
    const struct variable *exact = find_spelling(variables, name, false);

    return exact != NULL ? exact : find_spelling(variables, name, true);
}

const struct variable *
variables_find_exact(const struct variables *variables, const char *name)
{
    return find_spelling(variables, name, false);
}

const char *
variable_value(const struct variable *variable)
{
    return strchr(variable->text, '=') + 1;
}

static void
report_value(const struct target *target, const char *why)
{
    char path[CONFIG_SHOWN_SIZE];

    config_option_path(&option_rows[target->row], path, sizeof path);
    config_report_add(target->report, &target->place, path, "%s", why);
}

static bool
is_lenient(const char *name)
{
    for (size_t i = 0; i < COUNT(lenient_flags); i++) {
        if (strcmp(name, lenient_flags[i]) == 0)
            return true;
    }
    return false;
}

static void
set_option(const struct target *target, const char *text)
{
    const struct option_row *row = &option_rows[target->row];
    char why[CONFIG_WHY_SIZE];

    if (row->type == OPTION_FLAG && is_lenient(row->env))
        text = strcasecmp(text, "true") == 0 ? "true" : "false";
    if (!config_value_option(row, text, target->config, why)) {
        report_value(target, why);
        return;
    }
    target->config->origins->options[target->row] = target->place;
}

/* The file's text without the newline that editors put at its end. */
static void
set_from_file(struct target *target, const char *path)
{
    char text[CONFIG_TEXT_SIZE + 2];
    char shown[CONFIG_SHOWN_SIZE];
    char why[CONFIG_WHY_SIZE];
    char message[CONFIG_SHOWN_SIZE + CONFIG_WHY_SIZE];

    target->place.is_variable_file = true;
    if (!config_file_read_text(path, text, sizeof text, why)) {
        snprintf(message, sizeof message, "%s %s", config_show(path, shown), why);
        report_value(target, message);
    } else if (text[0] == '\0')
        report_value(target, "the file is empty");
    else
        set_option(target, text);
}

static bool
may_be_in_file(const struct option_row *row)
{
    return row->type == OPTION_SECRET || strcmp(row->env, "DATABASE_URL") == 0;
}

static struct config_place
place_of(const struct variables *variables, const struct variable *variable, const char *name)
{
    return (struct config_place){
        .file = variables->file,
        .line = variable->line,
        .variable = name,
    };
}

static void
apply_row(const struct variables *variables, struct target *target)
{
    const struct option_row *row = &option_rows[target->row];
    const struct variable *variable = variables_find(variables, row->env);
    const struct variable *file = NULL;
    char file_name[CONFIG_SHOWN_SIZE];

    if (may_be_in_file(row)) {
        snprintf(file_name, sizeof file_name, "%s_FILE", row->env);
        file = variables_find(variables, file_name);
    }
    if (variable != NULL) {
        target->place = place_of(variables, variable, row->env);
        if (file != NULL)
            report_value(target, "the variable itself and its _FILE are both set, expected one");
        else
            set_option(target, variable_value(variable));
    } else if (file != NULL) {
        target->place = place_of(variables, file, row->env);
        set_from_file(target, variable_value(file));
    }
}

/* RENTCAST_TIMEOUT is in seconds, with or without decimals. */
static void
apply_timeout(const struct variables *variables, struct target *target)
{
    static const char name[] = "RENTCAST_TIMEOUT";
    const struct variable *variable = variables_find(variables, name);
    char why[CONFIG_WHY_SIZE];
    char text[32];
    double seconds;

    if (variable == NULL)
        return;
    target->row = config_option_find("upstream.timeout_ms");
    target->place = place_of(variables, variable, name);
    if (!config_value_number(variable_value(variable), &seconds, why)) {
        report_value(target, why);
    } else if (seconds < 0.1 || seconds > 600) {
        report_value(target, "the time is not in 0.1..600 seconds");
    } else {
        snprintf(text, sizeof text, "%lld", (long long)(seconds * 1000 + 0.5));
        set_option(target, text);
    }
}

void
config_env_apply(const struct variables *variables, struct config *config,
                 struct config_report *report)
{
    struct target target = {.config = config, .report = report};

    apply_timeout(variables, &target);
    for (target.row = 0; target.row < option_row_count; target.row++) {
        target.place = (struct config_place){.file = variables->file};
        apply_row(variables, &target);
    }
}
