/* dialect.c - the words of SQLite for the words of the schema. Another engine is another column
 * here. */
#include "sql/dialect.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

struct dialect_word {
    const char *word;
    const char *sqlite;
};

/* Instants are text that a person can read and that sorts as time does. A default has milliseconds:
 * SQLite's own clock gives no more; its form is the same. A body is bytes, since nothing says that
 * it is JSON. */
static const struct dialect_word words[] = {
    {"serial_key", "INTEGER PRIMARY KEY"},
    {"timestamp", "TEXT"},
    {"now", "(strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))"},
    {"date", "TEXT"},
    {"address", "TEXT"},
    {"bytes", "BLOB"},
    {"clustered", " WITHOUT ROWID"}, /* after a table: kept in the order of its primary key */
};

static const struct dialect_word *
find_word(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strlen(words[i].word) == size && memcmp(words[i].word, name, size) == 0)
            return &words[i];
    }
    return NULL;
}

void
dialect_expand(const char *text, char *buffer, size_t buffer_size)
{
    size_t used = 0;

    while (*text != '\0') {
        const char *piece = text;
        size_t size = strcspn(text, "{");

        if (size == 0) {
            size_t word_size = strcspn(text + 1, "}");
            const struct dialect_word *word = find_word(text + 1, word_size);

            assert(word != NULL);
            piece = word->sqlite;
            size = strlen(piece);
            text += word_size + 2;
        } else {
            text += size;
        }
        assert(used + size < buffer_size);
        memcpy(buffer + used, piece, size);
        used += size;
    }
    buffer[used] = '\0';
}
