/* spool_place.h - where the file of rings stands, and whose it is: a folder in memory if there is one with room, else the
 * spool's own folder on the disk.
 *
 * A mapped file on a disk makes writers wait now and then: the kernel write-protects its pages to write them back, and a
 * thread that stores there waits for the file system. In memory (tmpfs) nothing is written back, and a file there survives the
 * end of the process all the same. It is named by a token that the spool's folder has in its lock file, so that it is found
 * again, and never by another spool. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spool/spool_file.h"

struct spool_place {
    int lock; /* held while the spool is open; -1: not */
    char disk_path[SPOOL_PATH_SIZE];
    char memory_path[SPOOL_PATH_SIZE]; /* "": no folder in memory is used */
};

/* Locks the folder; memory_dir "" = none. CONFLICT: another process, or another spool of this one, has the folder. STORAGE:
 * logged. */
enum status spool_place_take(const char *folder, const char *memory_dir, struct spool_place *place);
void spool_place_leave(struct spool_place *place);
/* A new file of so many bytes fits into the memory folder. False: there is none, or it is too small (logged). */
bool spool_place_has_memory(const struct spool_place *place, size_t bytes);
