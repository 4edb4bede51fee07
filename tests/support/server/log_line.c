/* log_line.c - lines of a server's log, as JSON. */
#include "support/server/log_line.h"

#include <check.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/now.h"

#define SOON_MS   60000
#define PERIOD_MS 10
#define LINE_SIZE 6144

static bool
is_line(const json_t *line, const char *message, const char *name, const char *value)
{
    const char *said = json_string_value(json_object_get(line, "message"));
    const json_t *field = json_object_get(line, name);
    char number[32];

    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(field));
    return said != NULL && strcmp(said, message) == 0 && field != NULL &&
           strcmp(json_is_string(field) ? json_string_value(field) : number, value) == 0;
}

json_t *
log_line_find(const char *path, const char *message, const char *name, const char *value)
{
    FILE *log = fopen(path, "re");
    char text[LINE_SIZE];
    json_t *found = NULL;

    ck_assert_ptr_nonnull(log);
    while (found == NULL && fgets(text, sizeof text, log) != NULL) {
        json_t *line = json_loads(text, 0, NULL);

        if (is_line(line, message, name, value))
            found = json_incref(line);
        json_decref(line);
    }
    fclose(log);
    return found;
}

json_t *
log_line_await(const char *path, const char *message, const char *name, const char *value)
{
    long deadline_ms = now_ms() + SOON_MS;
    json_t *line = NULL;

    while ((line = log_line_find(path, message, name, value)) == NULL) {
        ck_assert_msg(now_ms() < deadline_ms, "no line \"%s\" with %s %s", message, name, value);
        (void)poll(NULL, 0, PERIOD_MS);
    }
    return line;
}
