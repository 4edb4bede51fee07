/* data_dir.c - mkdir, flock, and room that is held for a start. */
#include "base/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"

#define RESERVE_NAME "disk.reserve"

static bool
is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum status
data_dir_prepare(const struct config *config)
{
    const char *path = config->server.data_dir;

    if (mkdir(path, 0700) == 0 || (errno == EEXIST && is_folder(path)))
        return STATUS_OK;
    log_error("%s: the data folder cannot be created: %s", path, strerror(errno));
    return STATUS_STORAGE;
}

int64_t
data_dir_free_bytes(const struct config *config)
{
    struct statvfs disk;

    if (statvfs(config->server.data_dir, &disk) != 0)
        return -1;
    return (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
}

int64_t
data_dir_lacking_bytes(const struct config *config)
{
    int64_t free_bytes = data_dir_free_bytes(config);
    int64_t lacking = config->gateway.min_free_disk_bytes - free_bytes;

    return free_bytes >= 0 && lacking > 0 ? lacking : 0;
}

/* 0: there is none. */
static int64_t
reserve_bytes(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 ? (int64_t)about.st_blocks * 512 : 0;
}

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void
data_dir_keep_reserve(const struct config *config, bool at_end)
{
    char path[CONFIG_TEXT_SIZE + 64];
    int64_t wanted = config->server.disk_reserve_bytes, free_bytes = data_dir_free_bytes(config);
    int64_t held;
    int file;

    if (wanted == 0 || free_bytes < 0 || !config_data_path(config, RESERVE_NAME, path, sizeof path))
        return;
    held = reserve_bytes(path);
    if (held >= wanted || (free_bytes < 2 * wanted && !at_end))
        return;
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    if (posix_fallocate(file, 0, (off_t)least(wanted, free_bytes + held)) != 0 && held <= 0)
        (void)unlink(path);
    close(file);
}

void
data_dir_yield_reserve(const struct config *config)
{
    char path[CONFIG_TEXT_SIZE + 64];
    int64_t free_bytes = data_dir_free_bytes(config);

    if (free_bytes < 0 || free_bytes >= DATA_DIR_NO_ROOM_BYTES ||
        !config_data_path(config, RESERVE_NAME, path, sizeof path) || reserve_bytes(path) == 0)
        return;
    if (unlink(path) == 0)
        log_warning("the disk of %s is full: its reserve is given up, so that the databases can be "
                    "opened; make room",
                    config->server.data_dir);
}

int
data_dir_lock(const struct config *config, const char *part, bool quiet)
{
    char name[64], path[CONFIG_TEXT_SIZE + 64];
    int file = -1;

    snprintf(name, sizeof name, "%s.lock", part);
    if (config_data_path(config, name, path, sizeof path))
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
        return file;
    if (!quiet)
        log_error("%s: %s", path,
                  file >= 0 ? "another process already runs this component in the same data folder"
                            : strerror(errno));
    if (file >= 0)
        close(file);
    return -1;
}
