/* options.h - the command line of every subcommand, read in one way. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_WRONG_SIZE 512

struct options {
    const struct command *command; /* whose name stands before every error */
    const char *config;            /* NULL: none was named */
    const char *only;              /* a part of the server; NULL: all */
    const char *endpoint;          /* NULL: all */
    const char *key_name;          /* what the argument names, where it is a key */
    const char *url;               /* of a running server; NULL: that of the configuration */
    const char *url_source;        /* "--url" or the variable that named it */
    const char *token_file;        /* NULL: the token is looked for elsewhere */
    int64_t days;                  /* 0: not given */
    const char *by;                /* key, route or day; NULL: not given */
    const char *month;             /* YYYY-MM; NULL: not given */
    bool as_json, is_agreed, is_offline;
    json_t *
        body; /* owned: what the options ask for, as members of the body that the admin API takes */
    char **arguments; /* behind the options */
    int argument_count;
    char wrong[OPTIONS_WRONG_SIZE]; /* the first thing that is not understood, as it is said */
};

/* takes: the letters of the options that are accepted. False: options->wrong says what is not understood. */
bool options_read(struct options *options, const char *takes, int argc, char **argv);
/* Says in options->wrong what is not understood. Returns false. */
bool options_refuse(struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One line and more for each option that is accepted: its name, its value, what it does, its bounds. */
void options_explain(const char *takes, FILE *out);
/* The same as rows of a Markdown table. */
void options_tabulate(const char *takes, FILE *out);
