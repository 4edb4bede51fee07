/* config_check.h - what options must satisfy beyond their ranges, alone and together. */
#pragma once

#include "config.h"
#include "settings/config_report.h"

/* Brings values into the one form that the program reads: driver names of database URLs, slashes at the
 * end of base_url, "debug" as a log level. */
void config_adjust(struct config *config);
/* Reports every option that cannot be, each on its own. */
void config_check_options(const struct config *config, struct config_report *report);
/* Reports options that contradict each other. */
void config_check_together(const struct config *config, struct config_report *report);
/* Fills in whose key the calls of each route carry; a route whose clients pay themselves must say who shares its entries. */
void config_settle_credentials(struct config *config, struct config_report *report);
/* Lowers what another option bounds anyhow; fills in what routes leave to options. */
void config_settle(struct config *config);
