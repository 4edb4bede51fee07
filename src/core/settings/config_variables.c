/* config_variables.c - layers of variables: copied from the environment, or read from the lines of an .env file.
 *
 * A line of .env is NAME=VALUE; "export " before the name is skipped. A value in single quotes is taken as it is, one in
 * double quotes knows \n, \t, \", \\ and \$; without quotes it ends at " #". Nothing is expanded in it. */
#include "settings/config_variables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

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

/* Of one spelling the last entry counts. All of them are asked for by that. */
static const struct variable *
find_spelling(const struct variables *variables, const char *name, bool any_case)
{
    const struct variable *found = NULL;

    for (size_t i = 0; i < variables->count; i++) {
        if (!has_name(&variables->entries[i], name, any_case))
            continue;
        variables->entries[i].is_asked = true;
        found = &variables->entries[i];
    }
    return found;
}

const struct variable *
variables_find(const struct variables *variables, const char *name)
{
    const struct variable *any = find_spelling(variables, name, true);
    const struct variable *exact = any != NULL ? find_spelling(variables, name, false) : NULL;

    return exact != NULL ? exact : any;
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
