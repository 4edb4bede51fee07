/* address.c - postal addresses: the id of a record, and when two spellings mean the same. */
#include "data/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PARTS_MOST = 5 };

struct parts {
    char text[PARTS_MOST][48]; /* lower case, single spaces, no periods */
    int count;
};

static const struct {
    const char *longer;
    const char *abbreviated;
} suffixes[] = {
    {"avenue", "ave"}, {"boulevard", "blvd"}, {"circle", "cir"},   {"court", "ct"},
    {"drive", "dr"},   {"lane", "ln"},        {"parkway", "pkwy"}, {"place", "pl"},
    {"road", "rd"},    {"street", "st"},      {"terrace", "ter"},  {"trail", "trl"},
};

void
address_make_id(const char *formatted, char id[ADDRESS_SIZE])
{
    size_t at = 0;
    for (; at < ADDRESS_SIZE - 1 && formatted[at] != '\0'; at++)
        id[at] = formatted[at] == ' ' || formatted[at] == '#' ? '-' : formatted[at];
    id[at] = '\0';
}

/* Periods are dropped, and gaps that begin the part or follow another gap. */
static bool
is_dropped(char byte, const char *part, size_t length)
{
    bool is_gap = isspace((unsigned char)byte);
    return byte == '.' || (is_gap && (length == 0 || part[length - 1] == ' '));
}

static char
address_lower(char byte)
{
    if (isspace((unsigned char)byte))
        return ' ';
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* Copies one part up to its comma; false when it does not fit. */
static bool
read_part(const char **text, char *part, size_t size)
{
    size_t length = 0;
    for (; **text != '\0' && **text != ','; (*text)++) {
        if (is_dropped(**text, part, length))
            continue;
        if (length + 1 >= size)
            return false;
        part[length++] = address_lower(**text);
    }
    if (length > 0 && part[length - 1] == ' ')
        length--;
    part[length] = '\0';
    return true;
}

static bool
read_parts(const char *text, struct parts *parts)
{
    for (parts->count = 0; parts->count < PARTS_MOST; parts->count++) {
        if (!read_part(&text, parts->text[parts->count], sizeof parts->text[0]))
            return false;
        if (parts->text[parts->count][0] == '\0')
            return false;
        if (*text == '\0') {
            parts->count++;
            return true;
        }
        text++;
    }
    return false;
}

static bool
is_state(const char *text)
{
    return strlen(text) == 2 && isalpha((unsigned char)text[0]) && isalpha((unsigned char)text[1]);
}

/* Five digits, or five and four. */
static bool
is_zip(const char *text)
{
    size_t length = strlen(text);
    if (strspn(text, "0123456789") == length)
        return length == 5;
    return length == 10 && text[5] == '-' && strspn(text, "0123456789") == 5 &&
           strspn(text + 6, "0123456789") == 4;
}

/* Takes state and zip off the end: `tx, 78244`, `tx 78244` or `tx`. */
static bool
take_state_and_zip(struct parts *parts, char state[3], char zip[6])
{
    char *last = parts->text[parts->count - 1];
    zip[0] = '\0';
    if (strlen(last) > 3 && last[2] == ' ' && is_zip(last + 3)) {
        snprintf(zip, 6, "%.5s", last + 3);
        last[2] = '\0';
    } else if (is_zip(last) && parts->count > 1) {
        snprintf(zip, 6, "%.5s", last);
        parts->count--;
        last = parts->text[parts->count - 1];
    }
    if (!is_state(last))
        return false;
    snprintf(state, 3, "%.2s", last);
    parts->count--;
    return true;
}

static void
abbreviate_suffix(char *street)
{
    char *last = strrchr(street, ' ');
    if (last == NULL)
        return;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp(last + 1, suffixes[i].longer) == 0)
            memcpy(last + 1, suffixes[i].abbreviated, strlen(suffixes[i].abbreviated) + 1);
}

bool
address_normalise(const char *text, char normal[ADDRESS_SIZE])
{
    struct parts parts = {0};
    char state[3];
    char zip[6];
    if (!read_parts(text, &parts) || !take_state_and_zip(&parts, state, zip))
        return false;
    if (parts.count != 2 && parts.count != 3)
        return false;
    const char *unit = parts.count == 3 ? parts.text[1] : "";
    const char *city = parts.text[parts.count - 1];
    abbreviate_suffix(parts.text[0]);
    int length =
        snprintf(normal, ADDRESS_SIZE, "%s|%s|%s|%s|%s", parts.text[0], unit, city, state, zip);
    return length < ADDRESS_SIZE;
}

bool
address_matches(const char *asked, const char *record)
{
    size_t length = strlen(asked);
    if (length > 0 && asked[length - 1] == '|')
        return strncmp(asked, record, length) == 0;
    return strcmp(asked, record) == 0;
}
