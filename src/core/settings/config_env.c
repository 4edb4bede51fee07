/* config_env.c - the options that variables set, under each of their names, and the variables that set nothing. */
#include "settings/config_env.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "settings/config_file.h"
#include "settings/config_names.h"
#include "settings/config_suggest.h"
#include "settings/config_table.h"
#include "settings/config_value.h"

/* Of these variables only the text "true", in any case, means on; anything else is off, no error. */
static const char *const lenient_flags[] = {
    "ENABLE_REDIS_CACHE",
    "ENABLE_ANALYTICS",
    "ENABLE_CACHE_WARMING",
};

/* What is being set from which variable. */
struct target {
    struct config *config;
    struct config_report *report;
    size_t row;
    struct config_place place;
};

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
    const struct config_row *row = &option_rows[target->row];
    char why[CONFIG_WHY_SIZE];

    if (row->type == CONFIG_FLAG && is_lenient(row->env))
        text = strcasecmp(text, "true") == 0 ? "true" : "false";
    if (!config_value_read(row, text, target->config, why)) {
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

static struct config_place
place_of(const struct variables *variables, const struct variable *variable, const char *name)
{
    return (struct config_place){
        .file = variables->file,
        .line = variable->line,
        .variable = name,
    };
}

/* A container cannot take a variable back, only empty it. */
static bool
is_empty(const struct variable *variable)
{
    return variable_value(variable)[0] == '\0';
}

/* Of a secret and its _FILE an empty one is as if it were not set. */
static void
apply_row(const struct variables *variables, struct target *target)
{
    const struct config_row *row = &option_rows[target->row];
    const struct variable *variable = variables_find(variables, row->env);
    const struct variable *file = NULL;
    char file_name[CONFIG_SHOWN_SIZE];

    if (config_row_keeps_secrets(row)) {
        snprintf(file_name, sizeof file_name, "%s_FILE", row->env);
        file = variables_find(variables, file_name);
        if (file != NULL && is_empty(file))
            file = NULL;
        if (file != NULL && variable != NULL && is_empty(variable))
            variable = NULL;
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

/* Whether the layer gave the option already. */
static bool
is_given(const struct variables *variables, const struct target *target)
{
    const struct config_place *place = &target->config->origins->options[target->row];

    return place->file == variables->file && place->variable != NULL;
}

/* Whether text is the value that the option has. */
static bool
says_the_same(const struct target *target, const char *text)
{
    const struct config_row *row = &option_rows[target->row];
    const char *member = (const char *)target->config + row->offset;
    struct config_row alone = *row;
    char read[CONFIG_TEXT_SIZE] = {0};
    char why[CONFIG_WHY_SIZE];

    alone.offset = 0;
    if (!config_value_read(&alone, text, read, why))
        return false;
    return row->type == CONFIG_TEXT ? strcmp(read, member) == 0
                                    : memcmp(read, member, row->size) == 0;
}

/* Sets the option under its other name, unless the layer gave it already: then both must say the same. */
static void
set_by_other_name(const struct variables *variables, const struct target *target, const char *text)
{
    const struct config_place *given = &target->config->origins->options[target->row];
    char why[CONFIG_WHY_SIZE];

    if (!is_given(variables, target)) {
        set_option(target, text);
    } else if (!says_the_same(target, text)) {
        snprintf(why, sizeof why, "says something else than %s, expected one of the two",
                 given->variable);
        report_value(target, why);
    }
}

/* A time in another unit. */
static void
set_by_factor(const struct variables *variables, const struct target *target,
              const struct config_name *name, const char *value)
{
    const struct config_row *row = &option_rows[target->row];
    char why[CONFIG_WHY_SIZE];
    double number;

    if (!config_value_number(value, &number, why)) {
        report_value(target, why);
    } else if (number * name->factor < (double)row->least ||
               number * name->factor > (double)row->most) {
        snprintf(why, sizeof why, "the time is not in %.3g..%.6g %s",
                 (double)row->least / name->factor, (double)row->most / name->factor, name->unit);
        report_value(target, why);
    } else {
        snprintf(why, sizeof why, "%lld", (long long)(number * name->factor + 0.5));
        set_by_other_name(variables, target, why);
    }
}

static void
set_capped(const struct variables *variables, const struct target *target, const char *value)
{
    const struct config_row *row = &option_rows[target->row];
    char why[CONFIG_WHY_SIZE];
    char text[32];
    int64_t number;

    if (!config_value_int(value, 0, INT32_MAX, &number, why)) {
        report_value(target, why);
        return;
    }
    if (number > row->most)
        config_report_warn(target->report, &target->place, "%lld is taken as %lld, the most here",
                           (long long)number, (long long)row->most);
    snprintf(text, sizeof text, "%lld", (long long)(number > row->most ? row->most : number));
    set_by_other_name(variables, target, text);
}

/* A part of Redis' URL; "" where it is not set, or only empty. *target names it for errors. */
static const char *
redis_part(const struct variables *variables, struct target *target, enum config_redis_part part)
{
    const struct variable *variable = variables_find(variables, config_redis_parts[part]);

    if (variable == NULL)
        return "";
    target->place = place_of(variables, variable, config_redis_parts[part]);
    return variable_value(variable);
}

/* The number of a part as a URL has it; usual: where it is not set. False: reported. */
static bool
redis_number(const struct variables *variables, struct target target, enum config_redis_part part,
             int64_t usual, int64_t *number)
{
    const char *text = redis_part(variables, &target, part);
    char why[CONFIG_WHY_SIZE];

    *number = usual;
    if (text[0] == '\0' || config_value_int(text, usual > 0 ? 1 : 0, 65535, number, why))
        return true;
    report_value(&target, why);
    return false;
}

static bool
redis_ssl(const struct variables *variables, struct target target, bool *is_ssl)
{
    const char *text = redis_part(variables, &target, REDIS_PART_SSL);
    char why[CONFIG_WHY_SIZE];

    *is_ssl = false;
    if (text[0] == '\0' || config_value_flag(text, is_ssl, why))
        return true;
    report_value(&target, why);
    return false;
}

/* ":password@", every byte that is neither letter nor digit encoded. What does not fit is cut: the URL then is too long. */
static void
write_login(const char *password, char *login, size_t size)
{
    size_t used = 1;

    login[0] = '\0';
    if (password[0] == '\0')
        return;
    login[0] = ':';
    for (; *password != '\0' && used + 5 < size; password++)
        used += (size_t)snprintf(login + used, size - used,
                                 isalnum((unsigned char)*password) ? "%c" : "%%%02X",
                                 (unsigned char)*password);
    snprintf(login + used, size - used, "@");
}

/* REDIS_HOST and its parts, as one URL. */
static void
set_redis(const struct variables *variables, const struct target *target, const char *host)
{
    char login[CONFIG_TEXT_SIZE * 4], url[CONFIG_TEXT_SIZE * 6];
    bool is_six = strchr(host, ':') != NULL && host[0] != '[';
    struct target of_part = *target;
    int64_t port, db;
    bool is_ssl;

    if (!redis_number(variables, *target, REDIS_PART_PORT, 6379, &port) ||
        !redis_number(variables, *target, REDIS_PART_DB, 0, &db) ||
        !redis_ssl(variables, *target, &is_ssl))
        return;
    write_login(redis_part(variables, &of_part, REDIS_PART_PASSWORD), login, sizeof login);
    snprintf(url, sizeof url, "%s://%s%s%.*s%s:%lld/%lld", is_ssl ? "rediss" : "redis", login,
             is_six ? "[" : "", CONFIG_TEXT_SIZE, host, is_six ? "]" : "", (long long)port,
             (long long)db);
    set_by_other_name(variables, target, url);
    explicit_bzero(login, sizeof login);
    explicit_bzero(url, sizeof url);
}

static void
apply_name(const struct variables *variables, struct target *target, const struct config_name *name)
{
    const struct variable *variable = variables_find(variables, name->name);

    if (variable == NULL || (name->kind == CONFIG_NAME_REDIS && is_empty(variable)))
        return;
    target->row = config_option_find(name->path);
    target->place = place_of(variables, variable, name->name);
    switch (name->kind) {
    case CONFIG_NAME_SAME:
        set_by_other_name(variables, target, variable_value(variable));
        break;
    case CONFIG_NAME_FACTOR:
        set_by_factor(variables, target, name, variable_value(variable));
        break;
    case CONFIG_NAME_CAPPED:
        set_capped(variables, target, variable_value(variable));
        break;
    case CONFIG_NAME_REDIS:
        set_redis(variables, target, variable_value(variable));
        break;
    }
}

void
config_env_apply(const struct variables *variables, struct config *config,
                 struct config_report *report)
{
    struct target target = {.config = config, .report = report};

    for (target.row = 0; target.row < option_row_count; target.row++) {
        target.place = (struct config_place){.file = variables->file};
        apply_row(variables, &target);
    }
    for (size_t i = 0; i < config_name_count; i++)
        apply_name(variables, &target, &config_names[i]);
}

static void
offer_names(struct suggestion *suggestion)
{
    char file_name[SUGGESTION_SIZE];

    for (size_t i = 0; i < option_row_count; i++) {
        suggestion_offer(suggestion, option_rows[i].env);
        if (!config_row_keeps_secrets(&option_rows[i]))
            continue;
        snprintf(file_name, sizeof file_name, "%s_FILE", option_rows[i].env);
        suggestion_offer(suggestion, file_name);
    }
    for (size_t i = 0; i < config_name_count; i++)
        suggestion_offer(suggestion, config_names[i].name);
    for (size_t i = 0; i < REDIS_PART_COUNT; i++)
        suggestion_offer(suggestion, config_redis_parts[i]);
    for (size_t i = 0; i < config_built_in_variable_count; i++)
        suggestion_offer(suggestion, config_built_in_variables[i].name);
    suggestion_offer(suggestion, "RENTCACHE_CONFIG");
}

/* The environment has variables for everybody: there only one that is long and nearly right was meant for us. */
static bool
is_meant_for_us(const struct suggestion *suggestion, const struct config_place *place)
{
    static const char compose[] = "COMPOSE_"; /* docker compose reads the same .env */

    if (place->line > 0)
        return strncasecmp(suggestion->word, compose, sizeof compose - 1) != 0;
    return strlen(suggestion->word) >= 8 && suggestion->distance <= 2;
}

static void
warn_of(const char *name, struct config_place place, struct config_report *report)
{
    struct suggestion suggestion = {.word = name};
    const char *successor = config_name_successor(name);

    place.variable = name;
    if (successor != NULL) {
        config_report_warn(report, &place, "has no effect: %s", successor);
        return;
    }
    if (config_name_is_built_in(name)) { /* the YAML file has upstreams of its own */
        config_report_warn(report, &place,
                           "has no effect: no upstream of the YAML file reads ${%s}", name);
        return;
    }
    offer_names(&suggestion);
    if (!is_meant_for_us(&suggestion, &place))
        return;
    if (suggestion_best(&suggestion) != NULL)
        config_report_warn(report, &place, "unknown setting, did you mean %s?", suggestion.best);
    else
        config_report_warn(report, &place, "unknown setting");
}

void
config_env_warn(const struct variables *variables, struct config_report *report)
{
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->entries[i];
        struct config_place place = {.file = variables->file, .line = variable->line};
        char name[CONFIG_SHOWN_SIZE];

        if (variable->is_asked)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(variable->text, "="), variable->text);
        warn_of(name, place, report);
    }
}
