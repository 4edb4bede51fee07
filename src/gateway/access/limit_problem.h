/* limit_problem.h - the response to a request over a limit: 429, which limit, and when to come again. */
#pragma once

#include "access/admission.h"
#include "exchange.h"

/* Answers what admission refuses; a key that is gone is a 401. */
void limit_problem_send(struct exchange *exchange, const struct admission *admission);
