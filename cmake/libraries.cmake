# libraries.cmake - the libraries the project stands on; docs/dependencies.md says why each.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)

# Debian 13 renamed it to msgpack-c.
pkg_search_module(MSGPACK REQUIRED IMPORTED_TARGET msgpack-c msgpack)

# Debian's civetweb brings neither a .pc file nor a CMake one that works.
find_path(CIVETWEB_INCLUDE_DIR civetweb.h REQUIRED)
find_library(CIVETWEB_LIBRARY civetweb REQUIRED)
mark_as_advanced(CIVETWEB_INCLUDE_DIR CIVETWEB_LIBRARY)
add_library(civetweb INTERFACE)
target_include_directories(civetweb SYSTEM INTERFACE ${CIVETWEB_INCLUDE_DIR})
target_link_libraries(civetweb INTERFACE ${CIVETWEB_LIBRARY} Threads::Threads)

if(RENTCACHE_TESTS AND NOT RENTCACHE_FUZZ)
    pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
endif()
