/* config_env.c - layers of variables, of the environment and of an .env file, and the options that they set.
 *
 * A line of .env is NAME=VALUE; "export " before the name is skipped. A value in single quotes is taken as it is, one in
 * double quotes knows \n, \t, \", \\ and \$; without quotes it ends at " #". Nothing is expanded in it. */
#include "config/config_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "config/config_file.h"
#include "config/config_table.h"
#include "config/config_value.h"

enum { DOTENV_MOST_BYTES = 256 << 10 };

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

struct line_reader {
    const char *at;  /* in the line */
    const char *end; /* of the line */
    char *to;        /* in the variable's text, which is as long as the line */
};

static bool
is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static void
skip_spaces(struct line_reader *line)
{
    while (line->at < line->end && is_space(*line->at))
        line->at++;
}

static bool
is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static size_t
copy_name(struct line_reader *line)
{
    size_t size = 0;

    for (; line->at < line->end && is_name_byte(*line->at); line->at++, size++)
        *line->to++ = *line->at;
    return size;
}

static void
skip_export(struct line_reader *line)
{
    static const char word[] = "export";
    size_t size = sizeof word - 1;

    if ((size_t)(line->end - line->at) > size && memcmp(line->at, word, size) == 0 &&
        is_space(line->at[size])) {
        line->at += size;
        skip_spaces(line);
    }
}

static char
config_dotenv_unescape(char byte)
{
    return (char)(byte == 'n' ? '\n' : byte == 't' ? '\t' : byte);
}

/* The opening quote is current; false when it is not closed, or something follows. */
static bool
copy_quoted(struct line_reader *line)
{
    char quote = *line->at++;

    while (line->at < line->end && *line->at != quote) {
        bool is_escape = quote == '"' && *line->at == '\\' && line->end - line->at > 1 &&
                         strchr("nt\"\\$", line->at[1]) != NULL;

        *line->to++ = is_escape ? config_dotenv_unescape(line->at[1]) : *line->at;
        line->at += is_escape ? 2 : 1;
    }
    if (line->at == line->end)
        return false;
    line->at++;
    skip_spaces(line);
    return line->at == line->end || *line->at == '#';
}

static bool
copy_plain(struct line_reader *line)
{
    const char *end = line->at;

    for (const char *at = line->at; at < line->end; at++) {
        if (*at == '#' && (at == line->at || is_space(at[-1])))
            break;
        if (!is_space(*at))
            end = at + 1;
    }
    memcpy(line->to, line->at, (size_t)(end - line->at));
    line->to += end - line->at;
    return true;
}

static bool
copy_value(struct line_reader *line)
{
    skip_spaces(line);
    if (line->at < line->end && (*line->at == '"' || *line->at == '\''))
        return copy_quoted(line);
    return copy_plain(line);
}

/* Reads a line that holds something into the variable's text; returns what is wrong with it, or
 * NULL. */
static const char *
read_variable(struct line_reader *line)
{
    size_t name_size;

    if (memchr(line->at, '\0', (size_t)(line->end - line->at)) != NULL)
        return "the line contains a NUL byte";
    skip_export(line);
    name_size = copy_name(line);
    skip_spaces(line);
    if (name_size == 0 || line->at == line->end || *line->at != '=')
        return "expected NAME=VALUE";
    *line->to++ = *line->at++;
    return copy_value(line) ? NULL : "a quote is not closed, or something follows it";
}

/* Appends the line's variable, if it holds one. */
static void
read_line(struct variables *variables, struct bytes text, const struct config_place *place,
          struct config_report *report)
{
    struct line_reader line = {
        .at = (const char *)text.data,
        .end = (const char *)text.data + text.size,
    };
    struct variable variable = {.line = place->line};
    const char *why;

    skip_spaces(&line);
    if (line.at == line.end || *line.at == '#')
        return;
    variable.text = line.to = config_allocate(text.size + 1, 1);
    why = read_variable(&line);
    if (why == NULL) {
        variables->entries[variables->count++] = variable;
        return;
    }
    config_report_add(report, place, "", "%s", why);
    free(variable.text);
}

static size_t
count_lines(const char *text, size_t size)
{
    size_t count = 1;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n' ? 1 : 0;
    return count;
}

void
variables_from_dotenv(struct variables *variables, const char *text, size_t size,
                      struct config_report *report)
{
    struct config_place place = {.file = ".env"};
    size_t at = 0;

    *variables = (struct variables){.file = ".env"};
    if (size > DOTENV_MOST_BYTES) {
        config_report_add(report, &place, "", "%zu bytes are too many, at most %d are read", size,
                          DOTENV_MOST_BYTES);
        return;
    }
    variables->entries = config_allocate(count_lines(text, size), sizeof(struct variable));
    while (at < size) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t end = newline != NULL ? (size_t)(newline - text) : size;

        place.line++;
        read_line(variables, bytes_of(text + at, end - at), &place, report);
        at = end + 1;
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
