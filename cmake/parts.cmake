# parts.cmake - a part is a folder below src/ (FOLDER: elsewhere) and becomes the static library
# rentcache_<part>. Rooms are folders inside a part: their headers are included as "room/file.h".

# add_part(name [FOLDER folder] [ALONE] [USES part...] [LINKS library...])
#
# Its headers are a PRIVATE include directory: another part that includes one does not compile.
# rentcache_<part>_needs is what any single file of the part needs to compile and link; tests that
# take single files link that. ALONE: the part does not even see include/.
function(add_part name)
    cmake_parse_arguments(PART "ALONE" "FOLDER" "USES;LINKS" ${ARGN})
    if(NOT PART_FOLDER)
        set(PART_FOLDER src/${name})
    endif()
    set(folder ${PROJECT_SOURCE_DIR}/${PART_FOLDER})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.c)
    list(REMOVE_ITEM sources ${folder}/main.c)

    add_library(rentcache_${name}_needs INTERFACE)
    target_include_directories(rentcache_${name}_needs INTERFACE ${folder})
    target_link_libraries(rentcache_${name}_needs INTERFACE rentcache_flags ${PART_LINKS})
    if(NOT PART_ALONE)
        target_link_libraries(rentcache_${name}_needs INTERFACE rentcache_embedded)
    endif()

    list(TRANSFORM PART_USES PREPEND rentcache_)
    if(sources)
        add_library(rentcache_${name} STATIC ${sources})
        target_link_libraries(rentcache_${name} PRIVATE rentcache_${name}_needs PUBLIC ${PART_USES})
    else()
        add_library(rentcache_${name} INTERFACE)
        target_link_libraries(rentcache_${name} INTERFACE ${PART_USES})
    endif()
endfunction()

# add_program(name main part...): nothing happens while its main file does not exist.
function(add_program name main)
    file(GLOB source CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${main})
    if(NOT source)
        return()
    endif()
    list(TRANSFORM ARGN PREPEND rentcache_ OUTPUT_VARIABLE parts)
    get_filename_component(folder ${source} DIRECTORY)

    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE rentcache_flags ${parts})
    if(folder STREQUAL ${PROJECT_SOURCE_DIR}/src)
        target_link_libraries(${name} PRIVATE rentcache_embedded)
    else()
        target_include_directories(${name} PRIVATE ${folder})
    endif()
endfunction()
