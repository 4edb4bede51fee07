/* replay_main.c - runs a fuzz target over stored inputs, without a fuzzer.
 *
 * Arguments are files or folders of files; the empty input is always among the inputs. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX_BYTES = 16 << 20 };

/* A buffer of exactly the input's size, so that a read past its end is seen by a sanitizer. */
static int
replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);
    int result = 1;

    if (file != NULL && data != NULL && fread(data, 1, size, file) == size) {
        LLVMFuzzerTestOneInput(data, size);
        result = 0;
    } else {
        perror(path);
    }
    free(data);
    if (file != NULL) {
        fclose(file);
    }
    return result;
}

static int replay_path(const char *path);

static int
replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int failed = 0;

    if (folder == NULL) {
        perror(path);
        return 1;
    }
    while ((entry = readdir(folder)) != NULL) {
        char inside[4096];

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        failed += replay_path(inside);
    }
    closedir(folder);
    return failed;
}

static int
replay_path(const char *path)
{
    struct stat about;

    if (stat(path, &about) != 0) {
        perror(path);
        return 1;
    }
    if (S_ISDIR(about.st_mode)) {
        return replay_folder(path);
    }
    if (about.st_size > INPUT_MAX_BYTES) {
        fprintf(stderr, "%s: larger than any input may be\n", path);
        return 1;
    }
    return replay_file(path, (size_t)about.st_size);
}

int
main(int argc, char **argv)
{
    const uint8_t nothing[1] = {0};
    int failed = 0;

    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        failed += replay_path(argv[i]);
    }
    return failed > 0;
}
