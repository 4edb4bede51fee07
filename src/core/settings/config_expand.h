/* config_expand.h - ${NAME} and ${NAME:-default} in a text of the configuration. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "settings/config_value.h"

/* A text is no longer than this once its variables are replaced, with NUL. */
#define CONFIG_EXPANDED_SIZE 65536

/* The value of a variable; NULL: there is none. False: it may not stand here, and why (CONFIG_WHY_SIZE) says so. */
typedef bool config_lookup(void *context, const char *name, const char **value, char *why);

/* Whether there is anything to replace. */
bool config_expand_is_needed(const char *text);

/* Writes text into expanded (CONFIG_EXPANDED_SIZE): ${NAME} becomes the variable's value, ${NAME:-default} the default where the
 * variable is not set or empty, $${ is a plain ${; what comes in is not looked at again. False: why says it, without any value. */
bool config_expand(const char *text, config_lookup *lookup, void *context, char *expanded,
                   char why[CONFIG_WHY_SIZE]);
