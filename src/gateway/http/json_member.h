/* json_member.h - the raw text of one member of a JSON object, without parsing the rest of it. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* *value: the bytes of the member's value, untouched, a part of json; of several members of that name the last one, as
 * most parsers have it. False: json is no object, or has no such member. Meant for text that is well-formed; any other is
 * read within its bounds. A name that is spelled with escapes is not found. name: without quotes and escapes. */
bool json_member_find(struct bytes json, const char *name, struct bytes *value);
