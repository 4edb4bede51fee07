/* json_pointer.h - one value inside a JSON text, named by a pointer. RFC 6901. Pure. */
#pragma once

#include "base/bytes.h"

/* "" or "/" and names between "/", in which "~" stands before "0" or "1" alone. */
bool json_pointer_is_well_formed(const char *pointer);
/* "" is the whole text; "/usage/total_tokens", "/items/0/price": a member, an item. False: there is none, or the text is
 * broken before it. Of several members of one name the last one counts; a name that is spelled with escapes in the text is
 * not found. value is a part of the text, without blanks around it. */
bool json_pointer_find(struct bytes json, const char *pointer, struct bytes *value);
