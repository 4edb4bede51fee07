/* cache_key.h - what the cache actor derives from keys and signatures that come computed. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define PARAMS_HASH_SIZE 33 /* MD5 hex and NUL */

/* True for 32 lower-case hex characters. */
bool cache_key_is_well_formed(struct bytes cache_key);

/* MD5 of the parameters' part of a signature: from its member "path_params" to its end. Of the
 * whole signature where there is no such member. */
void cache_key_params_hash(struct bytes signature, char hash[PARAMS_HASH_SIZE]);
