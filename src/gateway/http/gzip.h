/* gzip.h - the gzip form of a body. Pure: the same body gives the same bytes. */
#pragma once

#include "base/bytes.h"

/* Packs body; false: it would not get smaller, or there is no memory. The caller frees packed->data. */
bool gzip_pack(struct bytes body, struct bytes *packed);
