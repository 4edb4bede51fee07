/* embedded.h - the files that the program carries inside it.
 *
 * Each file of config/ and web/ is there under the name of its path, with "_" for all but letters
 * and digits; cmake/embed.cmake makes them. The bytes are constant, live as long as the program
 * and are followed by a NUL that the size does not count. Declare here the ones that are used. */
#pragma once

#include <stddef.h>

/* config/rentcache.yaml: the configuration that holds where no file is given. */
extern const char embedded_config_rentcache_yaml[];
extern const size_t embedded_config_rentcache_yaml_size;
