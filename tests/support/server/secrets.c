/* secrets.c - reads every file below a folder. */
#include "support/server/secrets.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST   (64 << 20)
#define FILES_LEAST 5 /* two databases, the spool, the log, the token */

/* nftw has no argument. */
static const char *needle, *allowed_file;
static size_t files_seen;

static int
search_file(const char *path, const struct stat *about, int type, struct FTW *where)
{
    size_t size = strlen(needle);
    char *data;
    int file;
    ssize_t got;

    (void)where;
    if (type != FTW_F || !S_ISREG(about->st_mode) ||
        (allowed_file != NULL && strcmp(path, allowed_file) == 0))
        return 0;
    file = open(path, O_RDONLY | O_CLOEXEC);
    data = malloc(FILE_MOST);
    ck_assert(file >= 0 && data != NULL);
    got = read(file, data, FILE_MOST);
    close(file);
    ck_assert_msg(got < (ssize_t)size || memmem(data, (size_t)got, needle, size) == NULL,
                  "%s holds a secret", path);
    free(data);
    files_seen++;
    return 0;
}

void
secrets_expect_nowhere(const char *folder, const char *secret, const char *but_in)
{
    needle = secret;
    allowed_file = but_in;
    files_seen = 0;
    ck_assert_int_eq(nftw(folder, search_file, 16, FTW_PHYS), 0);
    ck_assert_uint_ge(files_seen, FILES_LEAST);
}
