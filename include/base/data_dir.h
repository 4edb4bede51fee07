/* data_dir.h - the folder of everything that stays: made private, and locked per part.
 *
 * A process that runs a part holds data_dir/<part>.lock (flock) for its life: a second start of the same part is
 * refused, and a command knows whether it may open the database itself. */
#pragma once

#include "config.h"
#include "status.h"

/* Makes the folder (0700) where there is none. STORAGE: logged. */
enum status data_dir_prepare(const struct config *config);
/* What an unprivileged process may still write there; -1: not known. */
int64_t data_dir_free_bytes(const struct config *config);
/* By how much that is less than gateway.min_free_disk_bytes; 0: it is not, or it is not known. */
int64_t data_dir_lacking_bytes(const struct config *config);
/* The reserve is a file of server.disk_reserve_bytes that holds room for a start on a full disk: a database cannot be opened
 * without some. Keep: makes it where there is room for it twice; at_end: of whatever room there is. Yield: gives it up where the
 * disk is full (logged). Both are quick and may be called at any time. */
#define DATA_DIR_NO_ROOM_BYTES 1048576 /* with less a database cannot be opened for sure */
void data_dir_keep_reserve(const struct config *config, bool at_end);
void data_dir_yield_reserve(const struct config *config);
/* The lock's descriptor (close it to let go), or -1: somebody else has it, or it cannot be made (logged unless quiet). */
int data_dir_lock(const struct config *config, const char *part, bool quiet);
