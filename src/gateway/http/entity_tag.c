/* entity_tag.c - a scanner that takes one tag after the other. */
#include "http/entity_tag.h"

static bool
is_tag_byte(uint8_t byte)
{
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

/* Length of the tag that text begins with, 0: it begins with none. */
static size_t
entity_tag_measure(struct bytes text)
{
    size_t at = 0;

    if (text.size >= 2 && text.data[0] == 'W' && text.data[1] == '/')
        at = 2;
    if (at >= text.size || text.data[at] != '"')
        return 0;
    for (at++; at < text.size && is_tag_byte(text.data[at]); at++)
        ;
    return at < text.size && text.data[at] == '"' ? at + 1 : 0;
}

bool
entity_tag_is_valid(struct bytes tag)
{
    return tag.size > 0 && entity_tag_measure(tag) == tag.size;
}

static struct bytes
without_weakness(struct bytes tag)
{
    return tag.data[0] == 'W' ? bytes_skip(tag, 2) : tag;
}

static bool
is_star(struct bytes text)
{
    return text.size > 0 && text.data[0] == '*' && bytes_skip_blanks(bytes_skip(text, 1)).size == 0;
}

enum entity_tag_match
entity_tag_find(const char *list, struct bytes tag)
{
    struct bytes rest = bytes_skip_blanks(bytes_of_text(list));
    enum entity_tag_match result = ENTITY_TAG_OTHER;

    if (is_star(rest))
        return ENTITY_TAG_MATCH;
    while (rest.size > 0) {
        size_t size = entity_tag_measure(rest);

        if (size > 0 &&
            bytes_equal(without_weakness(bytes_of(rest.data, size)), without_weakness(tag)))
            result = ENTITY_TAG_MATCH;
        rest = bytes_skip_blanks(bytes_skip(rest, size));
        if (rest.size > 0 && rest.data[0] != ',')
            return ENTITY_TAG_MALFORMED;
        if (rest.size > 0)
            rest = bytes_skip_blanks(bytes_skip(rest, 1));
    }
    return result;
}
