/* api_key.c - mints, checks and hashes client keys. */
#include "api_key.h"

#include <ctype.h>
#include <string.h>
#include <zlib.h>

#include "base/char_set.h"
#include "base/digest.h"
#include "base/hex.h"

enum {
    ID_SIZE = 8,
    RANDOM_SIZE = 32,
    CHECKSUM_SIZE = 6,
    CHECKED_SIZE = 3 + ID_SIZE + 1 + RANDOM_SIZE, /* "rc_<id>_<random>" */
    KEY_SIZE = CHECKED_SIZE + 1 + CHECKSUM_SIZE,
};

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum { BASE = sizeof alphabet - 1 };

/* Writes the last count digits, to base 62, of the number that size big-endian bytes are. Taking
 * digits of one large number instead of a byte each keeps them evenly distributed. Destroys number.
 */
static void
write_digits(uint8_t *number, size_t size, char *to, int count)
{
    for (int digit = count - 1; digit >= 0; digit--) {
        unsigned remainder = 0;

        for (size_t i = 0; i < size; i++) {
            remainder = remainder << 8 | number[i];
            number[i] = (uint8_t)(remainder / BASE);
            remainder %= BASE;
        }
        to[digit] = alphabet[remainder];
    }
}

static void
write_checksum(const char *key, char checksum[CHECKSUM_SIZE])
{
    uLong sum = crc32(0, (const Bytef *)key, CHECKED_SIZE);
    uint8_t number[] = {(uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8),
                        (uint8_t)sum};

    write_digits(number, sizeof number, checksum, CHECKSUM_SIZE);
}

void
api_key_mint(const uint8_t entropy[40], char key[API_KEY_SIZE])
{
    uint8_t number[40];

    memcpy(number, entropy, sizeof number);
    memcpy(key, "rc_", 3);
    write_digits(number, 8, key + 3, ID_SIZE);
    key[3 + ID_SIZE] = '_';
    write_digits(number + 8, 32, key + 3 + ID_SIZE + 1, RANDOM_SIZE);
    key[CHECKED_SIZE] = '_';
    write_checksum(key, key + CHECKED_SIZE + 1);
    key[KEY_SIZE] = '\0';
    explicit_bzero(number, sizeof number);
}

static bool
is_of_alphabet(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL)
            return false;
    }
    return true;
}

bool
api_key_is_well_formed(struct bytes text)
{
    const char *key = (const char *)text.data;
    char checksum[CHECKSUM_SIZE];

    if (text.size != KEY_SIZE || memcmp(key, "rc_", 3) != 0 || key[3 + ID_SIZE] != '_' ||
        key[CHECKED_SIZE] != '_' || !is_of_alphabet(key + 3, ID_SIZE) ||
        !is_of_alphabet(key + 3 + ID_SIZE + 1, RANDOM_SIZE))
        return false;
    write_checksum(key, checksum);
    return memcmp(checksum, key + CHECKED_SIZE + 1, CHECKSUM_SIZE) == 0;
}

bool
api_key_is_usable(struct bytes text)
{
    return text.size <= API_KEY_OWN_MOST && char_set_makes(char_set_token68, text);
}

void
api_key_hash(struct bytes token, uint8_t hash[API_KEY_HASH_SIZE])
{
    digest_sha256(token, hash);
}

void
api_key_hash_hex(struct bytes token, char hex[API_KEY_HEX_SIZE])
{
    uint8_t hash[API_KEY_HASH_SIZE];

    digest_sha256(token, hash);
    hex_write(hash, sizeof hash, hex);
}

bool
api_key_name_is_valid(const char *name)
{
    size_t size = name != NULL ? strlen(name) : 0;

    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
            return false;
    return size >= 1 && size <= API_KEY_NAME_MOST;
}
