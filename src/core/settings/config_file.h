/* config_file.h - reads whole files of bounded size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "settings/config_value.h"

enum config_file_result { CONFIG_FILE_READ, CONFIG_FILE_ABSENT, CONFIG_FILE_FAILED };

/* Reads path into *data (the caller frees it), *size bytes and a NUL. Else why says it. */
enum config_file_result config_file_read(const char *path, size_t size_most, char **data,
                                         size_t *size, char why[CONFIG_WHY_SIZE]);
/* Reads a text without NUL that fits into capacity bytes, the newlines at its end cut. */
bool config_file_read_text(const char *path, char *text, size_t capacity,
                           char why[CONFIG_WHY_SIZE]);
