/* options.h - the command line of every subcommand, read in one way. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct options {
    const struct command *command; /* whose name stands before every error */
    const char *config;            /* NULL: none was named */
    const char *only;              /* a part of the server; NULL: all */
    const char *endpoint;          /* NULL: all */
    const char *key_name;          /* what the argument names, where it is a key */
    long days;                     /* 0: not given */
    bool as_json, is_agreed;
    json_t *
        body; /* owned: what the options ask for, as members of the body that the admin API takes */
    char **arguments; /* behind the options */
    int argument_count;
};

/* takes: the letters of the options that are accepted. False: one is not understood (getopt may have said so). */
bool options_read(struct options *options, const char *takes, int argc, char **argv);
