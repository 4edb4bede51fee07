/* json_member.c - a walk over the members of the outermost object; values are skipped by counting brackets. */
#include "http/json_member.h"

struct walk {
    const uint8_t *at, *end;
};

static bool
is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void
skip_blanks(struct walk *walk)
{
    while (walk->at < walk->end && is_blank(*walk->at))
        walk->at++;
}

static bool
json_member_take(struct walk *walk, char byte)
{
    skip_blanks(walk);
    if (walk->at == walk->end || *walk->at != (uint8_t)byte)
        return false;
    walk->at++;
    return true;
}

/* At a quote. *text: what stands between the two, escapes as they are. */
static bool
take_string(struct walk *walk, struct bytes *text)
{
    const uint8_t *from = ++walk->at;

    while (walk->at < walk->end && *walk->at != '"')
        walk->at += *walk->at == '\\' ? 2 : 1;
    if (walk->at >= walk->end) {
        walk->at = walk->end;
        return false;
    }
    *text = bytes_of(from, (size_t)(walk->at - from));
    walk->at++;
    return true;
}

static bool
is_bracket(uint8_t byte, const char *pair)
{
    return byte == (uint8_t)pair[0] || byte == (uint8_t)pair[1];
}

/* At an opening bracket. */
static bool
skip_nested(struct walk *walk)
{
    size_t depth = 0;
    struct bytes text;

    while (walk->at < walk->end) {
        uint8_t byte = *walk->at;

        if (byte == '"') {
            if (!take_string(walk, &text))
                return false;
            continue;
        }
        walk->at++;
        if (is_bracket(byte, "{["))
            depth++;
        else if (is_bracket(byte, "}]") && --depth == 0)
            return true;
    }
    return false;
}

/* A number or a word. */
static bool
skip_plain(struct walk *walk)
{
    const uint8_t *from = walk->at;

    while (walk->at < walk->end && !is_blank(*walk->at) && *walk->at != ',' &&
           !is_bracket(*walk->at, "}]"))
        walk->at++;
    return walk->at > from;
}

static bool
take_value(struct walk *walk, struct bytes *value)
{
    const uint8_t *from;
    struct bytes text;
    bool is_whole;

    skip_blanks(walk);
    from = walk->at;
    if (from == walk->end)
        return false;
    if (*from == '"')
        is_whole = take_string(walk, &text);
    else
        is_whole = is_bracket(*from, "{[") ? skip_nested(walk) : skip_plain(walk);
    *value = bytes_of(from, (size_t)(walk->at - from));
    return is_whole;
}

static bool
take_member(struct walk *walk, struct bytes *name, struct bytes *value)
{
    skip_blanks(walk);
    return walk->at < walk->end && *walk->at == '"' && take_string(walk, name) &&
           json_member_take(walk, ':') && take_value(walk, value);
}

bool
json_member_find(struct bytes json, const char *name, struct bytes *value)
{
    struct walk walk = {.at = json.data, .end = json.data + json.size};
    struct bytes seen_name, seen_value;
    bool is_found = false;

    if (json.size == 0 || !json_member_take(&walk, '{'))
        return false;
    while (take_member(&walk, &seen_name, &seen_value)) {
        if (bytes_equal_text(seen_name, name)) {
            *value = seen_value;
            is_found = true;
        }
        if (!json_member_take(&walk, ','))
            break;
    }
    return is_found;
}
