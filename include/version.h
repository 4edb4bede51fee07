/* version.h - the version that the programs say of themselves. */
#pragma once

#define RENTCACHE_VERSION "0.1.0"
