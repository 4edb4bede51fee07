/* api_key.h - making and hashing client keys: rc_<id>_<random>_<checksum>. Pure.
 *
 * id: 8 characters, public, may be logged. random: 32 characters (190 bits). checksum: 6 characters
 * over what is before it, so that a scanner or a form can tell a mistyped key from an unknown one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define API_KEY_SIZE      64 /* buffer for the text with NUL */
#define API_KEY_HASH_SIZE 32 /* SHA-256 */
#define API_KEY_HEX_SIZE  65 /* its lower-case hex with NUL */

/* entropy: 40 random bytes from the caller. */
void api_key_mint(const uint8_t entropy[40], char key[API_KEY_SIZE]);
#define API_KEY_NAME_MOST 100

/* What a key may be called: 1 to API_KEY_NAME_MOST letters, digits, '_' or '-'. NULL is no name. */
bool api_key_name_is_valid(const char *name);
/* True when text has our form and its checksum holds. */
bool api_key_is_well_formed(struct bytes text);
#define API_KEY_OWN_MOST 256
/* Can stand behind "Authorization: Bearer", and is not too long: a customer's own key of the paid API can be one. */
bool api_key_is_usable(struct bytes text);
void api_key_hash(struct bytes token, uint8_t hash[API_KEY_HASH_SIZE]);
void api_key_hash_hex(struct bytes token, char hex[API_KEY_HEX_SIZE]);
