/* digest.h - MD5 and SHA-256 with contexts that each thread keeps; any thread, no errors. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define DIGEST_MD5_SIZE    16
#define DIGEST_SHA256_SIZE 32

void digest_md5(struct bytes text, uint8_t digest[DIGEST_MD5_SIZE]);
void digest_sha256(struct bytes text, uint8_t digest[DIGEST_SHA256_SIZE]);
