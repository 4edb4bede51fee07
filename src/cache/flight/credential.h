/* credential.h - a client's own key of the paid API while its request is under way: an owned copy, wiped. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* An empty one becomes NULL. False: no memory. */
bool credential_copy(struct bytes credential, uint8_t **copy, size_t *size);
/* Wipes and frees it; *copy becomes NULL. */
void credential_drop(uint8_t **copy, size_t size);
