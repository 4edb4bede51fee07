/* options_method.h - OPTIONS on the data listener: preflights of browsers, and what a path allows. */
#pragma once

#include "exchange.h"

#define OPTIONS_METHOD_ALL "GET, HEAD, POST, OPTIONS" /* what some route takes */

/* Answers it before any key is looked at: a browser sends none with a preflight. False: another method. */
bool options_method_handle(struct exchange *exchange);
