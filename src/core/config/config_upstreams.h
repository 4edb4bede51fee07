/* config_upstreams.h - the list of upstreams: read from YAML, completed from the section `upstream`, named by routes. */
#pragma once

#include "config/config_read.h"

/* Reads the list, in place of any that was read before. */
void config_upstreams_read(const struct config_reader *reader, const struct config_node *list,
                           struct config *config);
/* Once the sections are complete: what an entry does not say it has from there; each route gets its upstream. */
void config_upstreams_settle(struct config *config, struct config_report *report);
void config_upstreams_free(struct config *config);
/* The place of a row of config_upstream_table in an entry; file NULL: the entry does not have it. */
const struct config_place *config_upstream_place(const struct config *config, int64_t index,
                                                 size_t row);
