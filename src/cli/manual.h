/* manual.h - the manual pages, made from the tables of commands, options and settings. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Prints "rentcache.1" or "rentcache.yaml.5". False: there is no page of that name. */
bool manual_print(const char *page, FILE *out);
bool manual_has(const char *page);
