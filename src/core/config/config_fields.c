/* config_fields.c - typed reading of the raw texts of a mapping. */
#include "config/config_fields.h"

#include <stdarg.h>
#include <string.h>

#include "config/config_value.h"

void
field_error(const struct field_reader *reader, const char *key, const char *format, ...)
{
    char path[CONFIG_PATH_SIZE + 32];
    char message[CONFIG_WHY_SIZE + 64];
    struct config_place place;
    va_list arguments;

    snprintf(path, sizeof path, "%s.%s", reader->path, key);
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    /* Finding a line takes long in a large file; lines that are not shown are not looked for. */
    place.file = reader->document->name;
    if (reader->report->count <= CONFIG_ERRORS_SHOWN)
        place = config_yaml_place(reader->document, path);
    config_report_add(reader->report, &place, path, "%s", message);
}

void
field_text(const struct field_reader *reader, const char *key, const char *text, char *value,
           size_t capacity)
{
    char why[CONFIG_WHY_SIZE];

    if (text != NULL && !config_value_text(text, false, value, capacity, why))
        field_error(reader, key, "%s", why);
}

void
field_int(const struct field_reader *reader, const char *key, const char *text, int64_t least,
          int64_t most, int64_t *value)
{
    char why[CONFIG_WHY_SIZE];

    if (text != NULL && !config_value_int(text, least, most, value, why))
        field_error(reader, key, "%s", why);
}

void
field_number(const struct field_reader *reader, const char *key, const char *text, double *value)
{
    char why[CONFIG_WHY_SIZE];

    if (text != NULL && !config_value_number(text, value, why))
        field_error(reader, key, "%s", why);
}

void
field_flag(const struct field_reader *reader, const char *key, const char *text, bool *value)
{
    char why[CONFIG_WHY_SIZE];

    if (text != NULL && !config_value_flag(text, value, why))
        field_error(reader, key, "%s", why);
}

int
choice_find(const char *choices, const char *text)
{
    size_t size = strlen(text);

    for (int index = 0;; index++) {
        size_t length = strcspn(choices, "|");

        if (length == size && memcmp(choices, text, size) == 0)
            return index;
        if (choices[length] == '\0')
            return -1;
        choices += length + 1;
    }
}

void
field_choice(const struct field_reader *reader, const char *key, const char *text,
             const char *choices, int *value)
{
    char shown[CONFIG_SHOWN_SIZE];
    int index;

    if (text == NULL)
        return;
    index = choice_find(choices, text);
    if (index < 0)
        field_error(reader, key, "%s is not one of %s", config_show(text, shown), choices);
    else
        *value = index;
}
