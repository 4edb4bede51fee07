/* config_report.c - one line per error, with nothing secret in it. */
#include "settings/config_report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "settings/config_table.h"

static void
print_place(FILE *to, const struct config_place *place)
{
    fputs(place->file, to);
    if (place->line > 0)
        fprintf(to, ":%lld", (long long)place->line);
    fputs(": ", to);
}

static void
print_path(FILE *to, const struct config_place *place, const char *path)
{
    fputs(path, to);
    if (place->variable != NULL)
        fprintf(to, " (%s%s)", place->variable, place->is_variable_file ? "_FILE" : "");
    if (path[0] != '\0' || place->variable != NULL)
        fputs(": ", to);
}

void
config_report_add(struct config_report *report, const struct config_place *place, const char *path,
                  const char *format, ...)
{
    va_list arguments;

    report->count++;
    if (report->errors == NULL || report->count > CONFIG_ERRORS_SHOWN + 1)
        return;
    if (report->count > CONFIG_ERRORS_SHOWN) {
        fprintf(report->errors, "%s: there are more errors\n", place->file);
        return;
    }
    print_place(report->errors, place);
    print_path(report->errors, place, path);
    va_start(arguments, format);
    vfprintf(report->errors, format, arguments);
    va_end(arguments);
    fputc('\n', report->errors);
}

void
config_report_warn(const struct config_report *report, const struct config_place *place,
                   const char *format, ...)
{
    va_list arguments;

    if (report->warnings == NULL)
        return;
    print_place(report->warnings, place);
    if (place->variable != NULL)
        fprintf(report->warnings, "%s: ", place->variable);
    va_start(arguments, format);
    vfprintf(report->warnings, format, arguments);
    va_end(arguments);
    fputc('\0', report->warnings);
}

void
config_place_format(const struct config_place *place, char *buffer, size_t size)
{
    if (place->variable != NULL)
        snprintf(buffer, size, "%s %s%s", place->file, place->variable,
                 place->is_variable_file ? "_FILE" : "");
    else if (place->line > 0)
        snprintf(buffer, size, "%s:%lld", place->file, (long long)place->line);
    else
        snprintf(buffer, size, "%s", place->file);
}

/* Where the password of "scheme://user:password@host" stands; empty: there is none. */
static struct bytes
find_user_password(const char *text)
{
    const char *authority = strstr(text, "://");
    const char *end;
    const char *at;
    const char *colon;

    if (authority == NULL)
        return bytes_of(NULL, 0);
    authority += 3;
    end = authority + strcspn(authority, "/?#");
    at = memrchr(authority, '@', (size_t)(end - authority));
    colon = at != NULL ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    return colon != NULL ? bytes_of(colon + 1, (size_t)(at - colon - 1)) : bytes_of(NULL, 0);
}

static struct bytes
find_query_password(const char *text)
{
    const char *found = strcasestr(text, "password=");

    if (found == NULL || strstr(text, "://") == NULL)
        return bytes_of(NULL, 0);
    found += strlen("password=");
    return bytes_of(found, strcspn(found, "& "));
}

static void
config_report_replace(char *text, size_t size, struct bytes part)
{
    char rest[1024];
    char *at;
    size_t left;

    if (part.size == 0)
        return;
    at = text + ((const char *)part.data - text);
    left = size - (size_t)(at - text);
    snprintf(rest, sizeof rest, "***%s", at + part.size);
    snprintf(at, left, "%s", rest);
}

void
config_hide_password(const char *text, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s", text);
    config_report_replace(buffer, size, find_user_password(buffer));
    config_report_replace(buffer, size, find_query_password(buffer));
}

const char *
config_show(const char *text, char buffer[CONFIG_SHOWN_SIZE])
{
    char hidden[1024];
    size_t size;

    config_hide_password(text, hidden, sizeof hidden);
    size = strlen(hidden);
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)hidden[i] < 0x20 || hidden[i] == 0x7f)
            hidden[i] = '?';
    }
    if (size == 0)
        snprintf(buffer, CONFIG_SHOWN_SIZE, "an empty text");
    else
        snprintf(buffer, CONFIG_SHOWN_SIZE, "%.*s%s", CONFIG_SHOWN_SIZE - 4, hidden,
                 size > CONFIG_SHOWN_SIZE - 4 ? "..." : "");
    return buffer;
}

void *
config_allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (memory == NULL)
        log_fatal("no memory for the configuration");
    return memory;
}

struct config_origins *
config_origins_create(const char *yaml_name)
{
    struct config_origins *origins =
        config_allocate(1, sizeof *origins + option_row_count * sizeof origins->options[0]);

    origins->yaml_name = config_allocate(strlen(yaml_name) + 1, 1);
    memcpy(origins->yaml_name, yaml_name, strlen(yaml_name));
    origins->upstreams_name = origins->routes_name = origins->warming_name = origins->yaml_name;
    return origins;
}

void
config_origins_destroy(struct config_origins **origins)
{
    if (*origins == NULL)
        return;
    free((*origins)->yaml_name);
    free(*origins);
    *origins = NULL;
}
