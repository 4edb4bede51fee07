/* config_file.c - files of the configuration, read whole. */
#include "settings/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings/config_report.h"

enum { FIRST_BYTES = 16 << 10 };

static void
config_file_explain(const char *reason, char *why)
{
    snprintf(why, CONFIG_WHY_SIZE, "cannot be read: %s", reason);
}

/* Reads to the end; size_most + 1 bytes are enough to know that there are too many. */
static size_t
read_all(FILE *file, size_t size_most, char **data)
{
    size_t capacity = FIRST_BYTES < size_most + 2 ? FIRST_BYTES : size_most + 2;
    size_t size = 0;

    *data = config_allocate(capacity, 1);
    while (size <= size_most) {
        size_t read = fread(*data + size, 1, capacity - 1 - size, file);

        size += read;
        if (read == 0)
            break;
        if (size == capacity - 1 && size <= size_most) {
            size_t larger = capacity * 2 < size_most + 2 ? capacity * 2 : size_most + 2;
            char *moved = config_allocate(larger, 1);

            memcpy(moved, *data, size);
            free(*data);
            *data = moved;
            capacity = larger;
        }
    }
    return size;
}

enum config_file_result
config_file_read(const char *path, size_t size_most, char **data, size_t *size,
                 char why[CONFIG_WHY_SIZE])
{
    FILE *file = fopen(path, "re");
    int error = errno;

    if (file == NULL) {
        config_file_explain(strerror(error), why);
        return error == ENOENT ? CONFIG_FILE_ABSENT : CONFIG_FILE_FAILED;
    }
    *size = read_all(file, size_most, data);
    error = ferror(file) != 0 ? errno : *size > size_most ? EFBIG : 0;
    fclose(file);
    if (error == 0) {
        (*data)[*size] = '\0';
        return CONFIG_FILE_READ;
    }
    if (error == EFBIG)
        snprintf(why, CONFIG_WHY_SIZE, "is larger than %zu bytes, the most that is read",
                 size_most);
    else
        config_file_explain(strerror(error), why);
    free(*data);
    *data = NULL;
    return CONFIG_FILE_FAILED;
}

bool
config_file_read_text(const char *path, char *text, size_t capacity, char why[CONFIG_WHY_SIZE])
{
    char *data = NULL;
    size_t size = 0;
    bool is_text;

    if (config_file_read(path, capacity - 1, &data, &size, why) != CONFIG_FILE_READ)
        return false;
    while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
        size--;
    is_text = memchr(data, '\0', size) == NULL;
    if (is_text) {
        memcpy(text, data, size);
        text[size] = '\0';
    } else {
        config_file_explain("it is not a text file", why);
    }
    explicit_bzero(data, size);
    free(data);
    return is_text;
}
