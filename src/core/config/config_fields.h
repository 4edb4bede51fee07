/* config_fields.h - reads the fields of one YAML mapping, each error with its path and line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config_yaml.h"

/* One mapping: path is where it stands, "routes[2].parameters[0]". Borrows all of it. */
struct field_reader {
    const struct yaml_document *document;
    struct config_report *report;
    char path[CONFIG_PATH_SIZE];
};

void field_error(const struct field_reader *reader, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* In all of these text NULL means that the key is absent: *value is left as it is. */
void field_text(const struct field_reader *reader, const char *key, const char *text, char *value,
                size_t capacity);
void field_int(const struct field_reader *reader, const char *key, const char *text, int64_t least,
               int64_t most, int64_t *value);
void field_number(const struct field_reader *reader, const char *key, const char *text,
                  double *value);
void field_flag(const struct field_reader *reader, const char *key, const char *text, bool *value);
/* choices: "a|b|c"; *value is the index of the one that text is. */
void field_choice(const struct field_reader *reader, const char *key, const char *text,
                  const char *choices, int *value);

/* The index of text among the choices "a|b|c"; -1: it is none. */
int choice_find(const char *choices, const char *text);
