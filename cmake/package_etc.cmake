# package_etc.cmake - run by CPack on what it packs: the settings below /etc, which `make install` leaves alone, and manual pages
# compressed as Debian has them.

file(COPY ${CPACK_RENTCACHE_ENV} DESTINATION ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/etc/rentcache
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE
     DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
file(GLOB pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/man*/*.[0-9])
if(pages)
    execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
endif()
