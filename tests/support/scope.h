/* scope.h - purges as tests name them. */
#pragma once

#include "purge.h"

/* Of one endpoint, a string literal; "": of all. */
#define SCOPE(name) (&(const struct purge_scope){.endpoint = name})
