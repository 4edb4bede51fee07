/* address.h - postal addresses: the id of a record, and when two spellings mean the same. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    ADDRESS_SIZE = 112, /* bytes of a formatted address, an id or a normal form, with NUL */
};

/* The record's id: the formatted address with every space and every # as -. */
void address_make_id(const char *formatted, char id[ADDRESS_SIZE]);

/* Reads `Street, City, ST, Zip` or `Street, Unit, City, ST Zip` and gives the normal form
 * `street|unit|city|st|zip` in lower case, with suffixes abbreviated. The zip may be missing.
 * False when this is no address. */
bool address_normalise(const char *text, char normal[ADDRESS_SIZE]);

/* Whether a normal form that was asked for means this record; without a zip any zip will do. */
bool address_matches(const char *asked, const char *record);
