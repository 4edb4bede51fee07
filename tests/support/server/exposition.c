/* exposition.c - a line after the other; a family is checked while it lasts. */
#include "support/server/exposition.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE    512
#define SERIES_MAX   20000
#define FAMILIES_MAX 500

struct reader {
    char line[LINE_SIZE];
    char family[LINE_SIZE], type[32];
    bool has_type;
    char *series[SERIES_MAX]; /* owned */
    size_t series_count;
    char families[FAMILIES_MAX][128];
    size_t family_count;
    /* of the histogram series that is being read */
    double last_bound, last_count;
    bool is_complete; /* its +Inf was there */
    char objection[LINE_SIZE + 128];
};

static bool
object(struct reader *reader, const char *why)
{
    snprintf(reader->objection, sizeof reader->objection, "%s: %s", why, reader->line);
    return false;
}

static size_t
name_size(const char *text)
{
    size_t size = 0;

    while (isalpha((unsigned char)text[size]) || text[size] == '_' || text[size] == ':' ||
           (size > 0 && isdigit((unsigned char)text[size])))
        size++;
    return size;
}

static bool
begin_family(struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->family_count; i++)
        if (strcmp(reader->families[i], name) == 0)
            return object(reader, "the family was there before");
    if (reader->family_count == FAMILIES_MAX)
        return object(reader, "too many families");
    snprintf(reader->families[reader->family_count++], 128, "%s", name);
    snprintf(reader->family, sizeof reader->family, "%s", name);
    reader->has_type = false;
    return true;
}

static bool
read_comment(struct reader *reader)
{
    char name[128];

    if (sscanf(reader->line, "# HELP %127s %*s", name) == 1)
        return begin_family(reader, name);
    if (sscanf(reader->line, "# TYPE %127s %31s", name, reader->type) != 2)
        return object(reader, "neither help nor type");
    if (strcmp(name, reader->family) != 0 || reader->has_type)
        return object(reader, "a type without its help");
    if (strcmp(reader->type, "counter") != 0 && strcmp(reader->type, "gauge") != 0 &&
        strcmp(reader->type, "histogram") != 0)
        return object(reader, "an unknown type");
    if ((strcmp(reader->type, "counter") == 0) !=
        (strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0))
        return object(reader, "counters are named _total, and only they");
    reader->has_type = true;
    reader->is_complete = true;
    return true;
}

/* From "{" to behind "}"; NULL: not well formed. le: the bound, where there is one. */
static const char *
read_labels(const char *at, char le[32])
{
    le[0] = '\0';
    for (at++; *at != '}'; at += *at == ',') {
        size_t size = name_size(at);
        const char *value = at + size + 2, *end;

        if (size == 0 || at[size] != '=' || at[size + 1] != '"')
            return NULL;
        for (end = value; *end != '"' && *end != '\0'; end++)
            end += *end == '\\' && end[1] != '\0';
        if (*end == '\0' || (end[1] != ',' && end[1] != '}'))
            return NULL;
        if (size == 2 && strncmp(at, "le", 2) == 0)
            snprintf(le, 32, "%.*s", (int)(end - value), value);
        at = end + 1;
    }
    return at + 1;
}

static bool
remember_series(struct reader *reader, size_t size)
{
    for (size_t i = 0; i < reader->series_count; i++)
        if (strlen(reader->series[i]) == size &&
            strncmp(reader->series[i], reader->line, size) == 0)
            return object(reader, "the series was there before");
    if (reader->series_count == SERIES_MAX)
        return object(reader, "too many series");
    reader->series[reader->series_count++] = strndup(reader->line, size);
    return true;
}

static bool
read_bucket(struct reader *reader, const char *le, double value)
{
    char *end;
    double bound = strtod(le, &end);

    if (le[0] == '\0' || *end != '\0')
        return object(reader, "a bucket without a bound");
    if (reader->is_complete)
        reader->last_bound = reader->last_count = -1;
    if (bound <= reader->last_bound || value < reader->last_count)
        return object(reader, "buckets must rise");
    reader->last_bound = bound;
    reader->last_count = value;
    reader->is_complete = strcmp(le, "+Inf") == 0;
    return true;
}

static bool
read_histogram(struct reader *reader, const char *suffix, const char *le, double value)
{
    if (strcmp(suffix, "_bucket") == 0)
        return read_bucket(reader, le, value);
    if (strcmp(suffix, "_sum") == 0)
        return reader->is_complete || object(reader, "a histogram without its last bucket");
    if (strcmp(suffix, "_count") != 0)
        return object(reader, "no part of a histogram");
    return (value >= reader->last_count && value <= reader->last_count) ||
           object(reader, "the count is not the last bucket");
}

static bool
read_sample(struct reader *reader)
{
    char name[LINE_SIZE], le[32] = "", *end;
    const char *at = reader->line + name_size(reader->line);
    size_t family_size = strlen(reader->family);
    double value;

    snprintf(name, sizeof name, "%.*s", (int)(at - reader->line), reader->line);
    if (*at == '{')
        at = read_labels(at, le);
    if (at == NULL || *at != ' ' || name[0] == '\0')
        return object(reader, "not well formed");
    value = strtod(at + 1, &end);
    if (end == at + 1 || *end != '\0')
        return object(reader, "no number");
    if (!reader->has_type || strncmp(name, reader->family, family_size) != 0)
        return object(reader, "a sample outside of its family");
    if (!remember_series(reader, (size_t)(at - reader->line)))
        return false;
    if (strcmp(reader->type, "histogram") == 0)
        return read_histogram(reader, name + family_size, le, value);
    if (name[family_size] != '\0')
        return object(reader, "a sample outside of its family");
    return strcmp(reader->type, "counter") != 0 || value >= 0 || object(reader, "below zero");
}

const char *
exposition_objection(const char *text)
{
    static char objection[LINE_SIZE + 128];
    struct reader *reader = calloc(1, sizeof *reader);
    bool is_fine = reader != NULL && text[0] != '\0' && text[strlen(text) - 1] == '\n';

    while (is_fine && *text != '\0') {
        size_t size = strcspn(text, "\n");

        snprintf(reader->line, sizeof reader->line, "%.*s", (int)size, text);
        is_fine = size < LINE_SIZE &&
                  (reader->line[0] == '#' ? read_comment(reader) : read_sample(reader));
        text += size + 1;
    }
    snprintf(objection, sizeof objection, "%s",
             reader == NULL || reader->objection[0] == '\0' ? "it does not end with a line"
                                                            : reader->objection);
    for (size_t i = 0; reader != NULL && i < reader->series_count; i++)
        free(reader->series[i]);
    free(reader);
    return is_fine ? NULL : objection;
}
