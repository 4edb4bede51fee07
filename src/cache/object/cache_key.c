/* cache_key.c - the form of a cache key, and the hash of a signature's parameters. */

#include "object/cache_key.h"

#include "base/digest.h"
#include "base/hex.h"
#include "base/json_scan.h"

bool
cache_key_is_well_formed(struct bytes cache_key)
{
    return cache_key.size == 32 && hex_is_lower(cache_key);
}

void
cache_key_params_hash(struct bytes signature, char hash[PARAMS_HASH_SIZE])
{
    struct bytes hashed = signature, rest = signature, name, value;
    bool is_open = json_members_open(&rest);
    uint8_t md5[DIGEST_MD5_SIZE];

    while (is_open && json_members_next(&rest, &name, &value))
        if (bytes_equal_text(name, "path_params"))
            hashed = bytes_skip(signature, (size_t)(name.data - signature.data) - 1);
    digest_md5(hashed, md5);
    hex_write(md5, sizeof md5, hash);
}
