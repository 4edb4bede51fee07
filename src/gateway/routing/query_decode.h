/* query_decode.h - percent-decoding of paths and queries, strictly. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/text.h"

/* Appends the decoded text to out and leaves it in *decoded. False: a broken escape, a byte beyond ASCII that is not
 * escaped, NUL, a control character, or no UTF-8 (RFC 3986 2.1; RFC 3629). plus_is_blank: in queries. Out's overflow
 * shows in out->is_cut; what is returned then means nothing. */
bool query_decode(struct bytes raw, bool plus_is_blank, struct text *out, struct bytes *decoded);
/* Appends raw percent-encoded: all but RFC 3986's unreserved characters and those in also. */
void query_encode(struct bytes raw, const char *also, struct text *out);
/* Takes the next name=value off query; false: nothing left. Empty pieces are passed over. */
bool query_next(struct bytes *query, struct bytes *name, struct bytes *value);
