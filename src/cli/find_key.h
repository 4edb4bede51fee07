/* find_key.h - keys by name, as commands name them. */
#pragma once

#include "operation.h"

/* The key's row, the caller's; NULL: there is none, or it could not be asked (said on stderr). */
json_t *find_key(const struct config *config, const struct command *command, const char *name);
