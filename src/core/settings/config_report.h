/* config_report.h - where a value of the configuration stands, and how an error in it is told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* More errors than this are counted, not printed. */
#define CONFIG_ERRORS_SHOWN 50

struct config_report {
    FILE *errors;   /* NULL: only counted */
    FILE *warnings; /* each ends with NUL; NULL: nobody wants them */
    int64_t count;  /* of errors */
};

/* Borrows its texts. */
struct config_place {
    const char *file;      /* "rentcache.yaml", ".env", "environment" */
    int64_t line;          /* 0: none */
    const char *variable;  /* environment name that gave the value; NULL: none */
    bool is_variable_file; /* it stood in the file that VARIABLE_FILE names */
};

/* Prints "FILE:LINE: path (VARIABLE): message". path "" is left out. */
void config_report_add(struct config_report *report, const struct config_place *place,
                       const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes "FILE:LINE: VARIABLE: message", of what is taken and yet not as it was meant. */
void config_report_warn(const struct config_report *report, const struct config_place *place,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What follows would not be printed: who finds many errors may end. */
static inline bool
config_report_is_full(const struct config_report *report)
{
    return report->count > CONFIG_ERRORS_SHOWN;
}

/* Writes a place as "FILE:LINE" or "FILE VARIABLE", at most size bytes with NUL. */
void config_place_format(const struct config_place *place, char *buffer, size_t size);

/* A value as an error may show it: passwords of URLs hidden, control characters replaced, cut. */
#define CONFIG_SHOWN_SIZE 80
const char *config_show(const char *text, char buffer[CONFIG_SHOWN_SIZE]);

/* Copies text; where it is a URL, its password and the value of its password= are replaced by "***". */
void config_hide_password(const char *text, char *buffer, size_t size);

/* Zeroed memory; no memory at start ends the process. */
void *config_allocate(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Where each value of a loaded configuration came from, which owns it. */
struct config_origins {
    char *yaml_name;                /* owned; what is below borrows it, or is static */
    const char *upstreams_name;     /* the text that the upstreams came from */
    const char *routes_name;        /* the text that the routes came from */
    const char *warming_name;       /* the text that the warming list came from */
    struct config_place *upstreams; /* config_upstreams.c's; of each entry the rows of its table */
    struct config_place options[];  /* of option_rows[i]; file NULL: the default */
};

struct config_origins *config_origins_create(const char *yaml_name);
void config_origins_destroy(struct config_origins **origins);
