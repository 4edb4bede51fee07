/* market.h - statistics of the listings of one zip, by month. Pure. */
#pragma once

#include "common/text.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stdint.h>

/* Writes the member "saleData" or "rentalData": the current month, its groups, and a history of
 * so many months, the current one included. Months without listings are left out. */
void market_write(const struct dataset *dataset, enum book book, const struct place *place,
                  int32_t today, int32_t months, struct text *text);

/* NULL when the zip is not covered. */
const struct place *market_find_place(const char *zip);
