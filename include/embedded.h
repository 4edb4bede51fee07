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

/* web/: the static part of the OpenAPI document, and the page that shows it. */
extern const char embedded_web_openapi_json[];
extern const size_t embedded_web_openapi_json_size;
extern const char embedded_web_docs_html[];
extern const size_t embedded_web_docs_html_size;
extern const char embedded_web_docs_css[];
extern const size_t embedded_web_docs_css_size;
extern const char embedded_web_docs_js[];
extern const size_t embedded_web_docs_js_size;
