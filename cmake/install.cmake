# install.cmake - what `cmake --install` puts where: programs, the systemd unit, and below the documentation's folder the pages with
# the example files that they link to. DESTDIR and --prefix are honoured.

include(GNUInstallDirs)

foreach(program rentcache rentcast-simulator)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
endforeach()

set(documents share/doc/rentcache)
install(FILES README.md CHANGELOG.md DESTINATION ${documents})
install(DIRECTORY docs DESTINATION ${documents} FILES_MATCHING PATTERN "*.md")
install(FILES config/rentcache.yaml config/redis.conf DESTINATION ${documents}/config)
install(FILES deploy/nginx.conf deploy/Caddyfile DESTINATION ${documents}/deploy)

# The manual pages are what the program says of itself.
if(TARGET rentcache)
    foreach(section 1 5)
        set(page rentcache$<$<STREQUAL:${section},5>:.yaml>.${section})
        install(CODE "
            set(path \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man${section}/${page}\")
            message(STATUS \"Installing: \${path}\")
            execute_process(COMMAND $<TARGET_FILE:rentcache> describe ${page}
                            OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
            file(WRITE \"\${path}\" \"\${text}\")
            file(CHMOD \"\${path}\" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
        ")
    endforeach()
endif()

# The prefix is known only when it is installed. systemd looks in /usr and /usr/local.
install(CODE "
    set(unit rentcache.service)
    file(READ \"${PROJECT_SOURCE_DIR}/deploy/systemd/\${unit}\" text)
    string(REPLACE \"=/usr/bin/\" \"=\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/\" text \"\${text}\")
    set(path \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/\${unit}\")
    message(STATUS \"Installing: \$ENV{DESTDIR}\${path}\")
    file(WRITE \"\$ENV{DESTDIR}\${path}\" \"\${text}\")
    file(CHMOD \"\$ENV{DESTDIR}\${path}\" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
")
