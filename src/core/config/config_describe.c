/* config_describe.c - docs/configuration.md, made from the tables that the reader goes along. */
#include <string.h>

#include "config.h"
#include "config/config_table.h"

static const char intro[] =
    "# Configuration\n"
    "\n"
    "This page is made by `rentcache describe configuration` from the tables that the program "
    "reads its\n"
    "configuration with.\n"
    "\n"
    "Nothing has to be configured. What is set comes from, the first that has it:\n"
    "\n"
    "1. the environment;\n"
    "2. the file `.env` in the working directory, lines of `NAME=VALUE`;\n"
    "3. a YAML file: `--config FILE`, else `RENTCACHE_CONFIG`, else the built-in "
    "`config/rentcache.yaml`;\n"
    "4. the default.\n"
    "\n"
    "Names of variables are matched in any case. A secret, and `DATABASE_URL`, may stand in a file "
    "instead:\n"
    "`ADMIN_TOKEN_FILE=/run/secrets/admin-token`. `RENTCAST_TIMEOUT` sets `upstream.timeout_ms` in "
    "seconds.\n"
    "In values of the YAML file `${NAME}` is replaced by the variable of that name, of the "
    "environment "
    "or of `.env`, and\n"
    "`${NAME:-default}` by the default where it is not set or empty; `$${` is a plain `${`. "
    "Without a "
    "default the variable must\n"
    "be set. One that is a secret below may stand only in the value of a secret, or of "
    "`server.database_url`.\n"
    "Flags are `true` or `false` in any case; of `ENABLE_REDIS_CACHE`, `ENABLE_ANALYTICS` and\n"
    "`ENABLE_CACHE_WARMING` anything but `true` means off.\n"
    "\n"
    "A configuration with an error is refused whole; every error is told with file, line and what "
    "was\n"
    "expected. `rentcache check-config` prints what results, and where each value came from.\n"
    "\n"
    "Some values are lowered to what bounds them anyhow: `upstream.connect_timeout_ms` and\n"
    "`upstream.first_byte_timeout_ms` to `upstream.timeout_ms`, `upstream.max_idle_connections` "
    "to\n"
    "`upstream.max_connections`, `gateway.max_target_bytes` to `gateway.max_head_bytes`.\n";

static const char routes_intro[] =
    "\n"
    "## routes\n"
    "\n"
    "A sequence of mappings; without it the routes of the built-in `config/rentcache.yaml` are "
    "there.\n"
    "Routes of one endpoint share a limit, so their rates must agree.\n"
    "\n"
    "| key | what it is |\n"
    "| --- | --- |\n";

static const char parameters_intro[] =
    "\n"
    "Every route also takes `force_refresh` and `ttl_override`. What becomes of query parameters "
    "that are\n"
    "not configured says `unknown_parameters`.\n"
    "\n"
    "### parameters of a route\n"
    "\n"
    "| key | what it is |\n"
    "| --- | --- |\n";

static const char types[] =
    "\n"
    "| type | what it takes |\n"
    "| --- | --- |\n"
    "| `text` | UTF-8 without control characters, at most `max_length` bytes |\n"
    "| `integer` | a whole number in `least`..`most` |\n"
    "| `number` | a decimal number in `least`..`most` |\n"
    "| `flag` | `true`, `false`, `1` or `0`, in any case |\n"
    "| `choice` | one of `values` |\n"
    "| `choices` | some of `values`, separated by a vertical bar |\n"
    "| `filter` | a range `min:max` with `*` for an open end, or numbers separated by a vertical "
    "bar |\n"
    "| `days` | a range of days, at least 1; a single number is a maximum |\n"
    "| `digits` | exactly `max_length` digits |\n";

/* A vertical bar would end the cell. */
static void
print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static const char *
describe_type(const struct config_row *row)
{
    static const char *const names[] = {
        [CONFIG_INT] = "whole number", [CONFIG_FLAG] = "flag", [CONFIG_TEXT] = "text",
        [CONFIG_SECRET] = "secret",    [CONFIG_RATE] = "rate",
    };

    return names[row->type];
}

static void
print_option(FILE *out, const struct config_row *row)
{
    fprintf(out, "| `%s` | `%s` | %s", row->name, row->env, describe_type(row));
    if (row->type == CONFIG_INT)
        fprintf(out, ", %lld..%lld", (long long)row->least, (long long)row->most);
    if (row->default_text[0] != '\0')
        fprintf(out, " | `%s` | ", row->default_text);
    else
        fprintf(out, " | none | ");
    print_cell(out, row->help);
    fprintf(out, " |\n");
}

static void
print_fields(FILE *out, const struct config_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        fprintf(out, "| `%s` | ", table->rows[i].name);
        print_cell(out, table->rows[i].help);
        fprintf(out, " |\n");
    }
}

void
config_describe(FILE *out)
{
    const char *section = "";

    fputs(intro, out);
    for (size_t i = 0; i < option_row_count; i++) {
        if (strcmp(option_rows[i].section, section) != 0) {
            section = option_rows[i].section;
            fprintf(out,
                    "\n## %s\n\n| key | environment | value | default | what it is |\n"
                    "| --- | --- | --- | --- | --- |\n",
                    section);
        }
        print_option(out, &option_rows[i]);
    }
    fputs(routes_intro, out);
    print_fields(out, &config_route_table);
    fputs(parameters_intro, out);
    print_fields(out, &config_parameter_table);
    fputs(types, out);
}
