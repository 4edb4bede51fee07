/* json_body.c - a scanner over the grammar of RFC 8259; a bit per level says whether it is an object. */
#include "transfer/json_body.h"

#include <ctype.h>

#include "base/header_lines.h"
#include "base/utf8.h"

struct scanner {
    const uint8_t *at, *end;
    size_t depth;
    uint8_t is_object[JSON_BODY_DEPTH_MOST / 8];
};

static void
skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && (*scanner->at == ' ' || *scanner->at == '\t' ||
                                          *scanner->at == '\n' || *scanner->at == '\r'))
        scanner->at++;
}

static bool
json_body_take(struct scanner *scanner, char c)
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
    (void)json_body_take(scanner, '-');
    if (!json_body_take(scanner, '0') && !take_digits(scanner))
        return false;
    if (json_body_take(scanner, '.') && !take_digits(scanner))
        return false;
    if (json_body_take(scanner, 'e') || json_body_take(scanner, 'E')) {
        if (!json_body_take(scanner, '+'))
            (void)json_body_take(scanner, '-');
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

static bool
take_string(struct scanner *scanner)
{
    uint32_t code = 0;

    if (!json_body_take(scanner, '"'))
        return false;
    while (!json_body_take(scanner, '"')) {
        if (json_body_take(scanner, '\\')) {
            if (!take_escape(scanner))
                return false;
        } else {
            size_t size =
                utf8_decode((const char *)scanner->at, (size_t)(scanner->end - scanner->at), &code);

            if (size == 0 || code < 0x20)
                return false;
            scanner->at += size;
        }
    }
    return true;
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

    if (level == JSON_BODY_DEPTH_MOST)
        return false;
    scanner->is_object[level / 8] = (uint8_t)((scanner->is_object[level / 8] & ~(1U << level % 8)) |
                                              ((is_object ? 1U : 0U) << level % 8));
    scanner->depth++;
    return true;
}

static bool
take_name(struct scanner *scanner)
{
    skip_blanks(scanner);
    if (!take_string(scanner))
        return false;
    skip_blanks(scanner);
    return json_body_take(scanner, ':');
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
    *is_more = true;
    while (scanner->depth > 0) {
        bool is_object = is_in_object(scanner);

        skip_blanks(scanner);
        if (json_body_take(scanner, is_object ? '}' : ']')) {
            scanner->depth--;
            is_open = false;
            continue;
        }
        if (!is_open && !json_body_take(scanner, ','))
            return false;
        return !is_object || take_name(scanner);
    }
    *is_more = false;
    return true;
}

bool
json_body_is_well_formed(struct bytes body)
{
    struct scanner scanner;
    bool is_open, is_more = true;

    if (body.size == 0)
        return false;
    scanner = (struct scanner){.at = body.data, .end = body.data + body.size};
    while (is_more)
        if (!take_value(&scanner, &is_open) || !end_values(&scanner, is_open, &is_more))
            return false;
    skip_blanks(&scanner);
    return scanner.at == scanner.end;
}

bool
json_body_is_announced(struct bytes headers)
{
    struct bytes value = header_lines_find(headers, "Content-Type");
    struct bytes type = header_media_type(value);

    return value.data == NULL || bytes_is_name(type, "application/json") ||
           (type.size > 5 && bytes_ends_with_name(type, "+json"));
}
