/* signature.c - writing JSON in one form. */
#include "routing/signature.h"

#include <stdlib.h>

#include "base/utf8.h"

static void
add_unit(struct text *out, uint32_t unit)
{
    text_add(out, "\\u");
    text_add_hex(out, unit, 4);
}

static void
add_character(struct text *out, uint32_t code)
{
    char plain = (char)code;

    if (code == '"' || code == '\\')
        text_add(out, "\\");
    if (code >= 0x20 && code < 0x7f) {
        text_add_bytes(out, bytes_of(&plain, 1));
    } else if (code > 0xffff) {
        add_unit(out, 0xd800 + ((code - 0x10000) >> 10));
        add_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
        add_unit(out, code);
    }
}

static void
add_string(struct text *out, struct bytes string)
{
    uint32_t code = 0;

    text_add(out, "\"");
    for (size_t at = 0; at < string.size;) {
        size_t length = utf8_decode((const char *)string.data + at, string.size - at, &code);

        add_character(out, length > 0 ? code : 0xfffd);
        at += length > 0 ? length : 1;
    }
    text_add(out, "\"");
}

/* Few members: an insertion sort takes no call and no memory. */
static void
sort_members(struct signature_member *members, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct signature_member moved = members[i];
        size_t at = i;

        while (at > 0 && bytes_compare(members[at - 1].name, moved.name) > 0) {
            members[at] = members[at - 1];
            at--;
        }
        members[at] = moved;
    }
}

static void
add_members(struct text *out, const char *name, struct signature_member *members, size_t count)
{
    sort_members(members, count);
    text_add(out, ", \"");
    text_add(out, name);
    text_add(out, "\": {");
    for (size_t i = 0; i < count; i++) {
        text_add(out, i > 0 ? ", " : "");
        add_string(out, members[i].name);
        text_add(out, ": ");
        if (members[i].value.is_text)
            add_string(out, members[i].value.json);
        else
            text_add_bytes(out, members[i].value.json);
    }
    text_add(out, "}");
}

void
signature_write(struct signature_parts *parts, struct text *out)
{
    text_add(out, "{\"body\": {}, \"endpoint\": ");
    add_string(out, bytes_of_text(parts->endpoint));
    text_add(out, ", \"method\": ");
    add_string(out, bytes_of_text(parts->method));
    add_members(out, "path_params", parts->path, parts->path_count);
    add_members(out, "query_params", parts->query, parts->query_count);
    if (parts->scope.size > 0) {
        text_add(out, ", \"scope\": ");
        add_string(out, parts->scope);
    }
    text_add(out, "}");
}
