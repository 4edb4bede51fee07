/* config_read.h - reads the values of a mapping along its table, straight into the struct they belong to.
 *
 * Every error is reported with the line and the path of its value. A text has its variables replaced once, as it is read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "settings/config_env.h"
#include "settings/config_report.h"
#include "settings/config_table.h"
#include "settings/config_yaml.h"

/* One YAML text. Borrows all of it. */
struct config_reader {
    const char *name; /* of the file, in errors and origins: outlives the configuration */
    const struct variables *const *layers; /* for ${NAME}; later ones win */
    size_t layer_count;
    struct config_report *report;
    char *expanded; /* CONFIG_EXPANDED_SIZE bytes to work in */
};

/* Whether the node is of that kind; a text's variables are replaced. False: reported. */
bool config_read_is(const struct config_reader *reader, struct config_node *node,
                    enum config_node_kind kind);
/* Whether a value is not there: "gateway:" with all lines below it in comments. */
bool config_read_is_empty(const struct config_node *node);
/* The row of a node's key, when the node stands there rightly: a known key, once, of the right kind. NULL: reported, or empty. */
const struct config_row *config_read_row(const struct config_reader *reader,
                                         const struct config_table *table,
                                         struct config_node *node);
/* Reads a mapping into *target, of the struct that the table is for. Where a value was read, places (NULL: nowhere) of its
 * row is set. */
void config_read_mapping(const struct config_reader *reader, const struct config_table *table,
                         const struct config_node *mapping, void *target,
                         struct config_place *places);
void config_read_error(const struct config_reader *reader, const struct config_node *node,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));
/* How many entries of a sequence are read; more than most are reported. */
int64_t config_read_count(const struct config_reader *reader, const struct config_node *sequence,
                          int64_t most);

/* One mapping, for the rules that its table cannot say. */
struct field_reader {
    const struct config_reader *reader;
    const struct config_node *node;
};

/* The text of a key; NULL: it is absent. */
const char *field_text(const struct field_reader *fields, const char *key);
static inline bool
field_is_there(const struct field_reader *fields, const char *key)
{
    return config_node_find(fields->node, key) != NULL;
}
/* An error of a key's value; where it is absent, in the line of its mapping. */
void field_error(const struct field_reader *fields, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
