/* parameter_value.h - one parameter's text: checked by its type, brought into one form. Pure. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"
#include "config.h"

/* What the signature and the upstream see. json is quoted or not by is_text. Both borrow from the text buffer. */
struct parameter_value {
    struct bytes json; /* the value, unescaped: 100, 2.5, true, or a text */
    struct bytes wire; /* what the upstream gets, unescaped */
    bool is_text;
    bool is_absent; /* a filter that filters nothing */
};

struct parameter_problem {
    const char *type; /* of the original's 422: "int_parsing", "enum" ... static; NULL: valid */
    char message[160];
};

/* value: decoded, not empty. Forms are appended to out. */
void parameter_check(const struct parameter_config *parameter, struct bytes value, struct text *out,
                     struct parameter_value *result, struct parameter_problem *problem);

/* Whole decimal number with optional sign; false: it is none, or beyond 18 digits. */
bool parameter_read_int(struct bytes value, int64_t *number);
/* true, false, 1, 0 in any case; -1: none of them. */
int parameter_read_flag(struct bytes value);
