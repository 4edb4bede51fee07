/* config_text.h - configurations from texts, with the errors they give. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "config.h"
#include "config/config_load.h"

/* What the last parse reported. */
static char parse_errors[8192];

static inline struct config *
parse_with(const char *yaml, const char *const *environment)
{
    FILE *errors = fmemopen(parse_errors, sizeof parse_errors, "w");
    struct config *config;

    parse_errors[0] = '\0';
    config = config_parse("test.yaml", yaml, strlen(yaml), environment, errors);
    fclose(errors);
    return config;
}

/* The caller destroys it. */
static inline struct config *
parse_good(const char *yaml, const char *const *environment)
{
    struct config *config = parse_with(yaml, environment);

    ck_assert_msg(config != NULL, "refused: %s", parse_errors);
    ck_assert_str_eq(parse_errors, "");
    return config;
}

/* Expects exactly these lines of errors. */
static inline void
parse_bad(const char *yaml, const char *const *environment, const char *expected)
{
    struct config *config = parse_with(yaml, environment);

    ck_assert_str_eq(parse_errors, expected);
    ck_assert_ptr_null(config);
}
