/* entity_tag.h - entity tags and the lists of them that clients send (RFC 9110 8.8.3, 13.1.2). Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum entity_tag_match {
    ENTITY_TAG_OTHER,    /* a list without this tag */
    ENTITY_TAG_MATCH,    /* it is in the list, or the list is "*" */
    ENTITY_TAG_MALFORMED /* no list of tags: nothing can be told */
};

/* An opaque text in double quotes, with or without W/ before it. */
bool entity_tag_is_valid(struct bytes tag);
/* Weak comparison of a valid tag with the value of one If-None-Match line. */
enum entity_tag_match entity_tag_find(const char *list, struct bytes tag);
