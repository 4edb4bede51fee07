/* config_variables.h - variables by name, in layers: those of the environment, those of an .env file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/config_report.h"

/* Larger files are refused. */
#define DOTENV_MOST_BYTES (1 << 20)

struct variable {
    char *text;    /* owned: "NAME=VALUE" */
    int64_t line;  /* 0: none */
    bool is_asked; /* somebody looked for its name: it is one that means something */
};

/* One layer; names are matched in any case, the spelling of the table first. */
struct variables {
    const char *file; /* ".env", "environment" */
    struct variable *entries;
    size_t count;
};

/* Copies environment (ends NULL; may be NULL), entries without "=" left out. */
void variables_from_environment(struct variables *variables, const char *const *environment);
/* Reads the text of an .env file: NAME=VALUE lines, "export ", quotes, # comments; errors go to
 * report. */
void variables_from_dotenv(struct variables *variables, const char *text, size_t size,
                           struct config_report *report);
void variables_fini(struct variables *variables);

/* NULL: there is no such variable. */
const struct variable *variables_find(const struct variables *variables, const char *name);
/* The same in this spelling only. */
const struct variable *variables_find_exact(const struct variables *variables, const char *name);
/* What stands behind the "=". */
const char *variable_value(const struct variable *variable);
