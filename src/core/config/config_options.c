/* config_options.c - the option table of config.h as data. */
#include <stddef.h>

#include "config.h"

const struct option_row option_rows[] = {
#define OPTION_ROW(section, type, member, def, least, most, env, help)                             \
    {#section, #member, OPTION_##type, offsetof(struct config, section.member), def, least,        \
     most,     env,     help},
    OPTIONS(OPTION_ROW)
#undef OPTION_ROW
};

const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];
