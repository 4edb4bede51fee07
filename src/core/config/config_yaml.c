/* config_yaml.c - loads YAML through libcyaml, once its shape is known to be right. */
#include "config/config_yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "config/config_walk.h"

enum { YAML_MOST_BYTES = 16 << 20 };

/* What libcyaml says through its log: the reason first, then a backtrace from the innermost place
 * on. */
struct complaint {
    char reason[256];
    char field[64];
    int64_t line;
};

static void
cut_newline(char *text)
{
    text[strcspn(text, "\n")] = '\0';
}

/* "  in mapping field 'port' (line: 3, column: 7)" */
static void
read_backtrace(struct complaint *complaint, const char *text)
{
    const char *line = strstr(text, "(line: ");
    const char *quote = strchr(text, '\'');

    if (line == NULL || complaint->line != 0)
        return;
    complaint->line = strtoll(line + strlen("(line: "), NULL, 10);
    if (quote != NULL)
        snprintf(complaint->field, sizeof complaint->field, "%.*s", (int)strcspn(quote + 1, "'"),
                 quote + 1);
}

__attribute__((format(printf, 3, 0))) static void
on_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct complaint *complaint = context;
    char text[256];

    (void)level;
    if (vsnprintf(text, sizeof text, format, arguments) < 0)
        return;
    cut_newline(text);
    if (complaint->reason[0] == '\0')
        snprintf(complaint->reason, sizeof complaint->reason, "%s", text);
    else
        read_backtrace(complaint, text);
}

static cyaml_config_t
make_settings(const struct yaml_document *document, struct complaint *complaint)
{
    return (cyaml_config_t){
        .log_fn = on_log,
        .log_ctx = complaint,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS |
                 (document->lines.has_unknown_key ? CYAML_CFG_IGNORE_UNKNOWN_KEYS : 0),
    };
}

static void
report_complaint(const struct yaml_document *document, const struct complaint *complaint,
                 cyaml_err_t result, struct config_report *report)
{
    static const char prefix[] = "Load: ";
    const char *reason = complaint->reason;
    struct config_place place = {.file = document->name, .line = complaint->line};

    if (strncmp(reason, prefix, sizeof prefix - 1) == 0)
        reason += sizeof prefix - 1;
    config_report_add(report, &place, complaint->field, "%s%s%s", cyaml_strerror(result),
                      reason[0] != '\0' ? ": " : "", reason);
}

static void
config_yaml_load(struct yaml_document *document, const char *yaml, size_t yaml_size,
                 struct config_report *report)
{
    struct complaint complaint = {.line = 0};
    cyaml_config_t settings = make_settings(document, &complaint);
    cyaml_data_t *data = NULL;
    cyaml_err_t result =
        cyaml_load_data((const uint8_t *)yaml, yaml_size, &settings, &config_schema, &data, NULL);

    if (result == CYAML_OK)
        document->raw = data;
    else
        report_complaint(document, &complaint, result, report);
}

void
config_yaml_read(struct yaml_document *document, const char *name, const char *yaml,
                 size_t yaml_size, struct config_report *report)
{
    struct config_place place = {.file = name};

    *document = (struct yaml_document){.name = name};
    if (yaml_size > YAML_MOST_BYTES) {
        config_report_add(report, &place, "", "%zu bytes are too many, at most %d are read",
                          yaml_size, YAML_MOST_BYTES);
        return;
    }
    config_walk(&document->lines, name, yaml, yaml_size, &config_schema, report);
    if (document->lines.is_loadable && !document->lines.is_empty)
        config_yaml_load(document, yaml, yaml_size, report);
}

void
config_yaml_fini(struct yaml_document *document)
{
    struct complaint complaint = {.line = 0};
    cyaml_config_t settings = make_settings(document, &complaint);

    cyaml_free(&settings, &config_schema, document->raw, 0);
    document->raw = NULL;
    config_lines_fini(&document->lines);
}

struct config_place
config_yaml_place(const struct yaml_document *document, const char *path)
{
    return (struct config_place){
        .file = document->name,
        .line = config_lines_find(&document->lines, path),
    };
}
