/* data_dir.c - mkdir and flock. */
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
