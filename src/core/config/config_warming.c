/* config_warming.c - reads the warming list, and tells what is wrong with one of its targets. */
#include "config/config_warming.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_origin.h"

#define ITEM_PATH_SIZE 32

static void
write_path(int64_t index, char path[ITEM_PATH_SIZE])
{
    snprintf(path, ITEM_PATH_SIZE, "warming[%lld]", (long long)index);
}

void
config_warming_read(const struct yaml_document *document, struct config *config,
                    struct config_report *report)
{
    const struct raw_config *raw = document->raw;
    uint32_t count = raw != NULL ? raw->warming_count : 0;

    config_warming_free(config);
    config->warming = config_allocate(count, sizeof *config->warming);
    for (uint32_t i = 0; i < count; i++) {
        struct warming_config *item = &config->warming[config->warming_count++];
        char path[ITEM_PATH_SIZE];
        struct config_place place;

        write_path(i, path);
        place = config_yaml_place(document, path);
        item->line = place.line;
        if (strlen(raw->warming[i]) >= sizeof item->target)
            config_report_add(report, &place, path, "is longer than %zu bytes",
                              sizeof item->target - 1);
        else if (raw->warming[i][0] != '/')
            config_report_add(report, &place, path, "is no target: it begins with /path?query");
        else
            memcpy(item->target, raw->warming[i], strlen(raw->warming[i]) + 1);
    }
}

void
config_warming_free(struct config *config)
{
    free(config->warming);
    config->warming = NULL;
    config->warming_count = 0;
}

void
config_warming_error(const struct config *config, int64_t index, const char *why, FILE *errors)
{
    struct config_report report = {.errors = errors};
    struct config_place place = {.file = config->origins->warming_name,
                                 .line = config->warming[index].line};
    char path[ITEM_PATH_SIZE];

    write_path(index, path);
    config_report_add(&report, &place, path, "%s", why);
}
