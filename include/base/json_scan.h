/* json_scan.h - JSON read in place: nothing is built, allocated or recursed into. RFC 8259. Pure.
 *
 * Trees are the library's; what is here looks at a text before the library does, or without it. */
#pragma once

#include "base/bytes.h"

#define JSON_SCAN_DEPTH_MOST 512

/* One value with blanks around it, in UTF-8, nested at most JSON_SCAN_DEPTH_MOST deep. */
bool json_is_well_formed(struct bytes json);
/* How deeply a text is nested, before a recursive parser sees it: counts brackets outside of strings. Whether it is JSON
 * at all is for the parser to say. */
bool json_depth_is_within(struct bytes json, int most);

/* At the beginning of an object, moves in front of its first member; false: it is no object. */
bool json_members_open(struct bytes *json);
/* Takes the next member off; false: there is none, or the text is broken from here on. name: without its quotes, escapes
 * as they are. value: as it stands. Both are parts of the text. */
bool json_members_next(struct bytes *rest, struct bytes *name, struct bytes *value);
/* The value of one member of an object; of several of that name the last one, as most parsers have it. False: json is no
 * object, or has no such member. A name that is spelled with escapes is not found. name: without quotes and escapes. */
bool json_member_find(struct bytes json, const char *name, struct bytes *value);

/* At the beginning of an array, moves in front of its first item; false: it is no array. */
bool json_items_open(struct bytes *json);
/* Takes the next item off; false: there is none, or the text is broken from here on. */
bool json_items_next(struct bytes *rest, struct bytes *value);
