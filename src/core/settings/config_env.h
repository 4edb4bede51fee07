/* config_env.h - options from variables: of the environment, or of an .env file. */
#pragma once

#include "config.h"
#include "settings/config_report.h"
#include "settings/config_variables.h"

/* Sets every option that a variable of the layer names; config->origins says so. */
void config_env_apply(const struct variables *variables, struct config *config,
                      struct config_report *report);
/* Warns of variables that nobody asked for: once everything is read from the layer. */
void config_env_warn(const struct variables *variables, struct config_report *report);
