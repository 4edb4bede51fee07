/* common_fields.h - fields that stand in every answer of a listener, made once at start. */
#pragma once

#include "http/cors.h"

#define COMMON_FIELDS_SIZE 1024

/* Const after the start. */
struct common_fields {
    char text[COMMON_FIELDS_SIZE];
    size_t size;
    bool names_origins; /* some more fields depend on the request's Origin */
    struct cors cors;   /* off on the admin listener: its pages come from itself */
};

/* *fields must not move afterwards. */
void common_fields_init(struct common_fields *fields, const struct config *config, bool is_admin);

static inline struct bytes
common_fields_bytes(const struct common_fields *fields)
{
    return bytes_of(fields->text, fields->size);
}
