/* config_table.c - the tables of config.h and config_table.h as arrays. Pure. */
#include "settings/config_table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define MEMBER_SIZE(type, member) sizeof(((type *)NULL)->member)

const struct config_row option_rows[] = {
#define OPTION_ROW(of, kind, member, def, from, to, variable, text)                                \
    {.section = #of,                                                                               \
     .name = #member,                                                                              \
     .type = CONFIG_##kind,                                                                        \
     .offset = offsetof(struct config, of.member),                                                 \
     .size = MEMBER_SIZE(struct config, of.member),                                                \
     .least = from,                                                                                \
     .most = to,                                                                                   \
     .default_text = def,                                                                          \
     .env = variable,                                                                              \
     .help = text},
    OPTIONS(OPTION_ROW)
#undef OPTION_ROW
};

const size_t option_row_count = COUNT(option_rows);

#define FIELD_ROW(of, kind, member, key, from, to, words, text)                                    \
    {.section = "",                                                                                \
     .name = key,                                                                                  \
     .type = CONFIG_##kind,                                                                        \
     .offset = offsetof(of, member),                                                               \
     .size = MEMBER_SIZE(of, member),                                                              \
     .least = from,                                                                                \
     .most = to,                                                                                   \
     .choices = words,                                                                             \
     .help = text},
#define ROUTE_ROW(kind, member, key, from, to, words, text)                                        \
    FIELD_ROW(struct route_config, kind, member, key, from, to, words, text)
#define PARAMETER_ROW(kind, member, key, from, to, words, text)                                    \
    FIELD_ROW(struct parameter_config, kind, member, key, from, to, words, text)

#define UPSTREAM_ROW(kind, member, key, from, to, words, text)                                     \
    FIELD_ROW(struct upstream_config, kind, member, key, from, to, words, text)
#define CREDENTIAL_ROW(kind, member, key, from, to, words, text)                                   \
    FIELD_ROW(struct upstream_credential, kind, member, key, from, to, words, text)
#define UPSTREAM_OPTION_ROW(of, kind, member, def, from, to, variable, text)                       \
    {.section = #of,                                                                               \
     .name = #member,                                                                              \
     .type = CONFIG_##kind,                                                                        \
     .offset = offsetof(struct upstream_config, member),                                           \
     .size = MEMBER_SIZE(struct upstream_config, member),                                          \
     .least = from,                                                                                \
     .most = to,                                                                                   \
     .default_text = def,                                                                          \
     .help = text},

static const struct config_row upstream_rows[] = {UPSTREAM_FIELDS(UPSTREAM_ROW)
                                                      UPSTREAM_OPTIONS(UPSTREAM_OPTION_ROW)};
static const struct config_row credential_rows[] = {CREDENTIAL_FIELDS(CREDENTIAL_ROW)};
static const struct config_row route_rows[] = {ROUTE_FIELDS(ROUTE_ROW)};
static const struct config_row parameter_rows[] = {PARAMETER_FIELDS(PARAMETER_ROW)};

const struct config_table config_route_table = {route_rows, COUNT(route_rows)};
const struct config_table config_upstream_table = {upstream_rows, COUNT(upstream_rows)};
const struct config_table config_credential_table = {credential_rows, COUNT(credential_rows)};
const struct config_table config_parameter_table = {parameter_rows, COUNT(parameter_rows)};

struct config_table
config_table_section(const char *section)
{
    struct config_table table = {.rows = option_rows};

    for (size_t i = 0; i < option_row_count; i++) {
        if (strcmp(option_rows[i].section, section) != 0)
            continue;
        if (table.count == 0)
            table.rows = &option_rows[i];
        table.count++;
    }
    return table;
}

size_t
config_option_find(const char *path)
{
    size_t section = strcspn(path, ".");

    for (size_t i = 0; i < option_row_count; i++) {
        if (strlen(option_rows[i].section) == section &&
            memcmp(option_rows[i].section, path, section) == 0 &&
            strcmp(option_rows[i].name, path + section + 1) == 0)
            return i;
    }
    assert(false);
    return 0;
}

void
config_option_path(const struct config_row *row, char *path, size_t size)
{
    snprintf(path, size, "%s.%s", row->section, row->name);
}

bool
config_row_keeps_secrets(const struct config_row *row)
{
    return row->type == CONFIG_SECRET ||
           (row->env != NULL && strcmp(row->env, "DATABASE_URL") == 0);
}
