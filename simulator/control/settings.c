/* settings.c - what may be changed while the simulator runs. */
#include "control/settings.h"

#include "http/field.h"

#include <stdio.h>
#include <string.h>

enum {
    BODY_BYTES_LEAST = 600, /* what a property needs without padding, with a long id */
    BODY_BYTES_MOST = 16 * 1024 * 1024,
};

static const char *
find_complaint(json_t *document)
{
    const char *name;
    json_t *value;
    json_object_foreach(document, name, value)
    {
        const char *word = json_string_value(value);
        json_int_t bytes = json_integer_value(value);
        if (strcmp(name, "transfer") == 0) {
            if (word == NULL || (strcmp(word, "chunked") != 0 && strcmp(word, "length") != 0))
                return "'transfer' must be chunked or length";
        } else if (strcmp(name, "body_bytes") == 0) {
            if (!json_is_integer(value) ||
                (bytes != 0 && (bytes < BODY_BYTES_LEAST || bytes > BODY_BYTES_MOST)))
                return "'body_bytes' must be 0 or an integer from 600 to 16777216";
        } else {
            return "the settings are transfer and body_bytes";
        }
    }
    return json_is_object(document) ? NULL : "must be an object";
}

bool
settings_change(struct settings *settings, json_t *document, char *complaint, size_t size)
{
    const char *wrong = find_complaint(document);
    if (wrong != NULL) {
        snprintf(complaint, size, "settings: %s", wrong);
        return false;
    }
    const json_t *transfer = json_object_get(document, "transfer");
    const json_t *bytes = json_object_get(document, "body_bytes");
    if (transfer != NULL)
        atomic_store(&settings->chunked, strcmp(json_string_value(transfer), "chunked") == 0);
    if (bytes != NULL)
        atomic_store(&settings->body_bytes, (size_t)json_integer_value(bytes));
    return true;
}

void
settings_write(struct settings *settings, struct text *text)
{
    field_open(text, NULL, '{');
    field_string(text, "transfer", atomic_load(&settings->chunked) ? "chunked" : "length");
    field_integer(text, "body_bytes", (int64_t)atomic_load(&settings->body_bytes));
    field_close(text, '}');
}
