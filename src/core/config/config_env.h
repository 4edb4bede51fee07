/* config_env.h - options from variables: of the environment, or of an .env file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "config/config_report.h"

struct variable {
    char *text;   /* owned: "NAME=VALUE" */
    int64_t line; /* 0: none */
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

/* Sets every option that a variable of the layer names; config->origins says so. */
void config_env_apply(const struct variables *variables, struct config *config,
                      struct config_report *report);
