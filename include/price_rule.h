/* price_rule.h - how the price of a call is found in its response: a number there, times a price for each. */
#pragma once

#include <stdint.h>

#define PRICE_POINTER_SIZE 128
#define PRICE_HEADER_SIZE  64

/* YAML: cost: {pointer | header, usd_per_unit, at_most_usd}. One of pointer and header is given. */
struct price_rule {
    char pointer[PRICE_POINTER_SIZE]; /* RFC 6901, "/usage/total_tokens"; "" = none */
    char header[PRICE_HEADER_SIZE];   /* "X-Credits-Used"; "" = none */
    int64_t pico_usd_per_unit; /* millionths of a micro-dollar: 0.0000001 dollars are 100000 */
};
