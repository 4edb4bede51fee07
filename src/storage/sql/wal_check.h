/* wal_check.h - whether what was committed to a write-ahead log still stands there.
 *
 * SQLite reads a log up to the first frame that is wrong and takes the rest for what a power cut left: a log that was damaged
 * loses committed transactions without a word. After a kill the log's index (the -shm file) still says how many frames
 * were committed, and is believed where its own checksum is right; it never counts a frame that was not written before. */
#pragma once

#include <stdbool.h>

/* Of the database at path, before this process opens it. False: committed frames are missing or damaged. True also where no index
 * says what there should be. Changes nothing. */
bool wal_is_whole(const char *path);
