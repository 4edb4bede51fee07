/* key_table_text.h - keys as aligned columns. */
#pragma once

#include <jansson.h>

/* keys: an array of rows as the admin API gives them. */
void key_table_print(const json_t *keys);
