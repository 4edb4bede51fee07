/* json_scan.c - a scanner over the grammar of RFC 8259; a bit per level says whether it is an object. */
#include "base/json_scan.h"

#include <ctype.h>

#include "base/utf8.h"

struct scanner {
    const uint8_t *at, *end;
    size_t depth;
    uint8_t is_object[JSON_SCAN_DEPTH_MOST / 8];
};

static void
skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && (*scanner->at == ' ' || *scanner->at == '\t' ||
                                          *scanner->at == '\n' || *scanner->at == '\r'))
        scanner->at++;
}

static bool
scanner_take(struct scanner *scanner, char c)
{
    if (scanner->at == scanner->end || *scanner->at != (uint8_t)c)
        return false;
    scanner->at++;
    return true;
}

static bool
take_word(struct scanner *scanner, const char *word)
{
    size_t size = strlen(word);

    if ((size_t)(scanner->end - scanner->at) < size || memcmp(scanner->at, word, size) != 0)
        return false;
    scanner->at += size;
    return true;
}

static bool
take_digits(struct scanner *scanner)
{
    const uint8_t *from = scanner->at;

    while (scanner->at < scanner->end && isdigit(*scanner->at))
        scanner->at++;
    return scanner->at > from;
}

static bool
take_number(struct scanner *scanner)
{
    (void)scanner_take(scanner, '-');
    if (!scanner_take(scanner, '0') && !take_digits(scanner))
        return false;
    if (scanner_take(scanner, '.') && !take_digits(scanner))
        return false;
    if (scanner_take(scanner, 'e') || scanner_take(scanner, 'E')) {
        if (!scanner_take(scanner, '+'))
            (void)scanner_take(scanner, '-');
        return take_digits(scanner);
    }
    return true;
}

static bool
take_escape(struct scanner *scanner)
{
    if (scanner->at == scanner->end)
        return false;
    if (*scanner->at != 'u')
        return *scanner->at != '\0' && strchr("\"\\/bfnrt", *scanner->at++) != NULL;
    scanner->at++;
    for (int i = 0; i < 4; i++, scanner->at++)
        if (scanner->at == scanner->end || !isxdigit(*scanner->at))
            return false;
    return true;
}

/* A character beyond ASCII. */
static bool
take_wide(struct scanner *scanner)
{
    uint32_t code;
    size_t size =
        utf8_decode((const char *)scanner->at, (size_t)(scanner->end - scanner->at), &code);

    scanner->at += size;
    return size > 0;
}

static bool
take_string(struct scanner *scanner)
{
    if (!scanner_take(scanner, '"'))
        return false;
    while (scanner->at < scanner->end) {
        uint8_t c = *scanner->at;

        if (c < 0x20 || (c >= 0x80 && !take_wide(scanner)))
            return false;
        if (c < 0x80)
            scanner->at++;
        if (c == '"')
            return true;
        if (c == '\\' && !take_escape(scanner))
            return false;
    }
    return false;
}

static bool
is_in_object(const struct scanner *scanner)
{
    size_t level = scanner->depth - 1;

    return (scanner->is_object[level / 8] >> level % 8 & 1) != 0;
}

static bool
open_level(struct scanner *scanner, bool is_object)
{
    size_t level = scanner->depth;

    if (level == JSON_SCAN_DEPTH_MOST)
        return false;
    scanner->is_object[level / 8] = (uint8_t)((scanner->is_object[level / 8] & ~(1U << level % 8)) |
                                              ((is_object ? 1U : 0U) << level % 8));
    scanner->depth++;
    return true;
}

/* A member's name, without its quotes, and its colon. */
static bool
take_name(struct scanner *scanner, struct bytes *name)
{
    const uint8_t *from;

    skip_blanks(scanner);
    from = scanner->at;
    if (!take_string(scanner))
        return false;
    *name = bytes_of(from + 1, (size_t)(scanner->at - from) - 2);
    skip_blanks(scanner);
    return scanner_take(scanner, ':');
}

/* A value that holds no others, or the beginning of one that does: then *is_open. */
static bool
take_value(struct scanner *scanner, bool *is_open)
{
    *is_open = false;
    skip_blanks(scanner);
    if (scanner->at == scanner->end)
        return false;
    switch (*scanner->at) {
    case '{':
    case '[':
        *is_open = true;
        return open_level(scanner, *scanner->at++ == '{');
    case '"':
        return take_string(scanner);
    case 't':
        return take_word(scanner, "true");
    case 'f':
        return take_word(scanner, "false");
    case 'n':
        return take_word(scanner, "null");
    default:
        return take_number(scanner);
    }
}

/* Behind a value: closes levels until one goes on, or none is left. *is_more: another value must follow. */
static bool
end_values(struct scanner *scanner, bool is_open, bool *is_more)
{
    struct bytes name;

    *is_more = true;
    while (scanner->depth > 0) {
        bool is_object = is_in_object(scanner);

        skip_blanks(scanner);
        if (scanner_take(scanner, is_object ? '}' : ']')) {
            scanner->depth--;
            is_open = false;
            continue;
        }
        if (!is_open && !scanner_take(scanner, ','))
            return false;
        return !is_object || take_name(scanner, &name);
    }
    *is_more = false;
    return true;
}

/* One whole value. */
static bool
skip_value(struct scanner *scanner)
{
    bool is_open, is_more = true;

    while (is_more)
        if (!take_value(scanner, &is_open) || !end_values(scanner, is_open, &is_more))
            return false;
    return true;
}

static struct scanner
scanner_of(struct bytes json)
{
    return (struct scanner){.at = json.data,
                            .end = json.size > 0 ? json.data + json.size : json.data};
}

static struct bytes
scanner_rest(const struct scanner *scanner)
{
    return bytes_of(scanner->at, (size_t)(scanner->end - scanner->at));
}

bool
json_is_well_formed(struct bytes json)
{
    struct scanner scanner = scanner_of(json);

    if (!skip_value(&scanner))
        return false;
    skip_blanks(&scanner);
    return scanner.at == scanner.end;
}

bool
json_depth_is_within(struct bytes json, int most)
{
    bool is_in_string = false;
    int depth = 0;

    for (size_t i = 0; i < json.size; i++) {
        uint8_t byte = json.data[i];

        if (is_in_string && byte == '\\')
            i++;
        else if (byte == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string && (byte == '[' || byte == '{') && ++depth > most)
            return false;
        else if (!is_in_string && (byte == ']' || byte == '}'))
            depth--;
    }
    return true;
}

static bool
open_brackets(struct bytes *json, char bracket)
{
    struct scanner scanner = scanner_of(*json);

    skip_blanks(&scanner);
    if (!scanner_take(&scanner, bracket))
        return false;
    *json = scanner_rest(&scanner);
    return true;
}

/* A value and the comma behind it; false: there is none, and the rest stays. */
static bool
take_off_value(struct scanner *scanner, struct bytes *rest, struct bytes *value)
{
    const uint8_t *from;

    skip_blanks(scanner);
    from = scanner->at;
    if (!skip_value(scanner))
        return false;
    *value = bytes_of(from, (size_t)(scanner->at - from));
    skip_blanks(scanner);
    (void)scanner_take(scanner, ',');
    *rest = scanner_rest(scanner);
    return true;
}

bool
json_members_open(struct bytes *json)
{
    return open_brackets(json, '{');
}

bool
json_members_next(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    struct scanner scanner = scanner_of(*rest);

    return take_name(&scanner, name) && take_off_value(&scanner, rest, value);
}

bool
json_items_open(struct bytes *json)
{
    return open_brackets(json, '[');
}

bool
json_items_next(struct bytes *rest, struct bytes *value)
{
    struct scanner scanner = scanner_of(*rest);

    return take_off_value(&scanner, rest, value);
}

bool
json_member_find(struct bytes json, const char *name, struct bytes *value)
{
    struct bytes seen_name, seen_value;
    bool is_found = false;

    if (!json_members_open(&json))
        return false;
    while (json_members_next(&json, &seen_name, &seen_value)) {
        if (bytes_equal_text(seen_name, name)) {
            *value = seen_value;
            is_found = true;
        }
    }
    return is_found;
}
