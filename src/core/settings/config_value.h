/* config_value.h - reads the texts of a configuration as numbers, flags, money and as a row says. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "settings/config_table.h"

/* What was wrong, with what was expected: "99999 is not in 0..65535". */
#define CONFIG_WHY_SIZE 192

/* A whole number, decimal, without leading zeros, in least..most. */
bool config_value_int(const char *text, int64_t least, int64_t most, int64_t *value, char *why);
/* A decimal number without exponent. */
bool config_value_number(const char *text, double *value, char *why);
/* "true" or "false" in any case. */
bool config_value_flag(const char *text, bool *value, char *why);
/* Dollars with at most six decimals, exactly as micro-dollars. */
bool config_value_money(const char *text, int64_t *micro_usd, char *why);
bool config_value_rate(const char *text, struct rate *rate, char *why);
/* UTF-8 without control characters that fits into capacity bytes with NUL. A secret is not shown in
 * why. */
bool config_value_text(const char *text, bool is_secret, char *value, size_t capacity, char *why);

/* The index of text among the choices "a|b|c"; -1: it is none. */
int config_choice_find(const char *choices, const char *text);

/* Reads text as the row says into its member of *target; false: *target is untouched. */
bool config_value_read(const struct config_row *row, const char *text, void *target,
                       char why[CONFIG_WHY_SIZE]);
