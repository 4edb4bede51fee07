# package.cmake - the Debian package (make deb): what install.cmake installs, below /usr, with a file of settings below /etc and a
# system user. Dependencies are those of the libraries that the programs are linked with, as dpkg-shlibdeps finds them.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rentcache)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "RentCache <rentcache@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "caching gateway for APIs that cost money per call")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Clients call it instead of a paid API. It authenticates them by API key,\nenforces rate limits and quotas, serves \
responses from its cache, and records\nthe cost of every paid call. The service is neither enabled nor started by\nthe \
installation.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server, sqlite3")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
    ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_STRIP_FILES ON)
# The unit names its program by the prefix, so that has to be the real one.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_etc.cmake)
set(CPACK_RENTCACHE_ENV ${PROJECT_SOURCE_DIR}/deploy/debian/rentcache.env)
# Whoever packs has built; tests are in no package.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

include(CPack)
