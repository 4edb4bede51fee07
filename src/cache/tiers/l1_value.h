/* l1_value.h - an entry as the value that L1 keeps of it, and back. Pure.
 *
 * Numbers as little-endian 64-bit words, then signature, headers and body, one behind the other; the sizes add up to the
 * value's, or it is none of ours. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "storage.h"

size_t l1_value_size(const struct entry_row *row);
/* Writes l1_value_size(row) bytes. */
void l1_value_write(const struct entry_row *row, uint8_t *to);
/* Fills *row, whose bytes point into value. False: value is none of ours, or is cut. */
bool l1_value_read(struct bytes value, struct entry_row *row);
