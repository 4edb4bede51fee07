/* key_options.h - the options of create-key and update-key, as members of the body that the admin API takes. */
#pragma once

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

struct key_options {
    json_t *body;       /* owned */
    const char *config; /* --config */
    bool as_json;
};

#define KEY_OPTIONS                                                                                \
    {"daily-limit", required_argument, NULL, 'd'},                                                 \
        {"monthly-limit", required_argument, NULL, 'm'}, {"limits", required_argument, NULL, 'l'}, \
        {"no-limits", no_argument, NULL, 'n'}, {"no-quota", no_argument, NULL, 'q'},               \
        {"rights", required_argument, NULL, 'r'}, {"expires", required_argument, NULL, 'e'},       \
        {"config", required_argument, NULL, 'c'},                                                  \
    {                                                                                              \
        "json", no_argument, NULL, 'j'                                                             \
    }

/* One of KEY_OPTIONS, its value in optarg. False: not understood. */
bool key_options_take(struct key_options *options, int option);
