/* config_check.h - what options must satisfy beyond their ranges, alone and together. */
#pragma once

#include "config.h"
#include "settings/config_report.h"

/* Brings values into the one form that the program reads: driver names of database URLs, "debug"
 * as a log level. */
void config_adjust(struct config *config);
/* Reports every option that cannot be, each on its own. */
void config_check_options(const struct config *config, struct config_report *report);
/* Reports options that contradict each other. */
void config_check_together(const struct config *config, struct config_report *report);
/* What is wrong with a key that fits behind "Bearer " or in a field of its own; NULL: nothing. */
const char *config_check_credential(const char *text);
/* Lowers what another option bounds anyhow; fills in what routes leave to options. */
void config_settle(struct config *config);
