/* entries.h - what the files behind entries of storage.h share. */
#pragma once

#include "sql/sql.h"
#include "storage.h"

struct entries {
    struct sql *sql;
};
