/* config_yaml.h - a YAML text as a tree whose nodes know their line and their path.
 *
 * Composed here from libyaml's events and not by yaml_parser_load, which bounds neither depth nor number of nodes and
 * resolves aliases. Nothing is known here of what may be set. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "settings/config_report.h"

#define CONFIG_PATH_SIZE 192

/* Larger texts are refused. */
#define YAML_MOST_BYTES (16 << 20)

enum config_node_kind { NODE_TEXT, NODE_MAPPING, NODE_SEQUENCE, NODE_ALIAS };

struct config_node {
    enum config_node_kind kind;
    int64_t line;  /* of the key; of an entry of a sequence, and of the root, its own */
    char *key;     /* owned; of a value in a mapping, else NULL */
    int64_t index; /* in a sequence */
    char *text;    /* owned; of a NODE_TEXT */
    size_t size;   /* of text, which may hold a NUL */
    struct config_node *parent;
    struct config_node *first,
        *last;                /* owned: the values of a mapping, the entries of a sequence */
    struct config_node *next; /* of the same parent */
};

/* The root of a text; NULL: it is empty, or no YAML, which is reported. Ends with config_node_destroy. */
struct config_node *config_yaml_read(const char *name, const char *yaml, size_t yaml_size,
                                     struct config_report *report);
void config_node_destroy(struct config_node **node);

/* The first value of a key; NULL: there is none. */
struct config_node *config_node_find(const struct config_node *mapping, const char *key);
/* "routes[2].ttl_s"; what does not fit is cut, which only errors show. "" for the root. */
void config_node_path(const struct config_node *node, char path[CONFIG_PATH_SIZE]);
