/* spool_place.c - the lock, the token in it, and the room of a folder in memory. */
#include "spool/spool_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"

static bool
make_path(char path[SPOOL_PATH_SIZE], const char *folder, const char *name)
{
    int size = snprintf(path, SPOOL_PATH_SIZE, "%s/%s", folder, name);

    return size > 0 && size < SPOOL_PATH_SIZE;
}

static enum status
take_lock(const char *folder, int *lock)
{
    char path[SPOOL_PATH_SIZE];
    int file = -1;

    if (make_path(path, folder, SPOOL_LOCK_NAME))
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        log_error("spool: cannot open %s/" SPOOL_LOCK_NAME ": %s", folder, strerror(errno));
        return STATUS_STORAGE;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        log_error("spool: another process uses %s", folder);
        close(file);
        return STATUS_CONFLICT;
    }
    *lock = file;
    return STATUS_OK;
}

/* The folder's token, made where there is none. False: it cannot be written (a full disk). */
static bool
read_token(int lock, char token[SPOOL_ID_SIZE])
{
    const ssize_t size = SPOOL_ID_SIZE - 1;

    token[size] = '\0';
    if (pread(lock, token, (size_t)size, 0) == size && spool_id_is_well_formed(token))
        return true;
    return spool_make_id(token) && ftruncate(lock, 0) == 0 &&
           pwrite(lock, token, (size_t)size, 0) == size && fsync(lock) == 0;
}

enum status
spool_place_take(const char *folder, const char *memory_dir, struct spool_place *place)
{
    char token[SPOOL_ID_SIZE], name[sizeof token + 32];
    enum status status = take_lock(folder, &place->lock);

    if (status != STATUS_OK)
        return status;
    place->memory_path[0] = '\0';
    if (!make_path(place->disk_path, folder, SPOOL_FILE_NAME))
        return STATUS_STORAGE;
    if (memory_dir[0] == '\0')
        return STATUS_OK;
    if (read_token(place->lock, token)) {
        snprintf(name, sizeof name, "rentcache-%s.spool", token);
        if (make_path(place->memory_path, memory_dir, name))
            return STATUS_OK;
        place->memory_path[0] = '\0';
    }
    log_warning("spool: %s cannot be named in %s/" SPOOL_LOCK_NAME
                ": usage records are written to the disk's files",
                memory_dir, folder);
    return STATUS_OK;
}

void
spool_place_leave(struct spool_place *place)
{
    if (place->lock >= 0)
        close(place->lock);
    place->lock = -1;
}

bool
spool_place_has_memory(const struct spool_place *place, size_t bytes)
{
    char folder[SPOOL_PATH_SIZE];
    struct statvfs room;
    unsigned long long free_bytes = 0;

    if (place->memory_path[0] == '\0')
        return false;
    memcpy(folder, place->memory_path, sizeof folder);
    *strrchr(folder, '/') = '\0';
    if (access(folder, W_OK | X_OK) == 0 && statvfs(folder, &room) == 0)
        free_bytes = (unsigned long long)room.f_bavail * room.f_frsize;
    if (free_bytes >= bytes)
        return true;
    log_warning("spool: %s has no room for %zu bytes (spool.memory_dir, SPOOL_MEMORY_DIR): usage "
                "records are "
                "written to files of the disk, and responses wait for it now and then",
                folder, bytes);
    return false;
}
