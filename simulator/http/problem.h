/* problem.h - why a request gets no data: the API's error answers. */
#pragma once

#include "common/text.h"

/* Some wordings and codes are the vendor's, some are invented where it publishes none. */
enum problem_kind {
    PROBLEM_BAD_REQUEST,
    PROBLEM_BAD_KEY,
    PROBLEM_NO_KEY,
    PROBLEM_INACTIVE,     /* as the vendor answers today */
    PROBLEM_INACTIVE_401, /* as it answered before 2026 */
    PROBLEM_RESTRICTED,
    PROBLEM_NOT_FOUND,
    PROBLEM_METHOD,
    PROBLEM_RATE_LIMIT,
    PROBLEM_INTERNAL,
    PROBLEM_TIMEOUT,
    PROBLEM_COUNT
};

/* All zero is no problem. */
struct problem {
    int status; /* of HTTP */
    const char *error;
    char message[192];
};

/* message NULL takes the kind's own wording. */
void problem_set(struct problem *problem, enum problem_kind kind, const char *message);

/* 400, saying which parameter cannot be used; value NULL: it is missing. */
void problem_set_parameter(struct problem *problem, const char *name, const char *value);

/* 400 in the vendor's words for an address that is none. */
void problem_set_address(struct problem *problem, const char *address);

/* The problem that a status stands for; any other status is `fault/injected`. */
void problem_set_status(struct problem *problem, int status);

void problem_write(const struct problem *problem, struct text *body);
