/* config_check_edge.h - checks of trusted_proxies, allowed_hosts and require_https. */
#pragma once

#include "config.h"
#include "config/config_report.h"

/* What is wrong with the text, NULL: nothing. */
const char *config_check_networks(const char *text);
/* Names as in a URL: letters, digits, '-', '.', colons and brackets of IPv6; a star alone or before the first dot. */
const char *config_check_hosts(const char *text);
void config_check_https(const struct config *config, struct config_report *report);
