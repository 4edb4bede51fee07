# flags.cmake - how every file of the project is compiled and linked: target rentcache_flags.

option(RENTCACHE_WERROR "treat warnings as errors" OFF)
option(RENTCACHE_SCRAMBLE "overwrite a thread's buffers where it waits for an actor" OFF)
set(RENTCACHE_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them; empty for none")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

# Assertions stay on in every build: none of these defines NDEBUG.
set(CMAKE_C_FLAGS_DEBUG "-Og -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(rentcache_flags INTERFACE)
target_compile_definitions(rentcache_flags INTERFACE _GNU_SOURCE)
target_compile_options(rentcache_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wcast-qual -Wvla -Wformat=2
    $<$<BOOL:${RENTCACHE_WERROR}>:-Werror>
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_link_options(rentcache_flags INTERFACE -Wl,--as-needed -Wl,-z,relro,-z,now)

# Hundreds of test programs are linked: a fast linker saves most of a rebuild. Released programs are
# linked by the system's own.
find_program(MOLD ld.mold)
if(MOLD AND RENTCACHE_TESTS)
    target_link_options(rentcache_flags INTERFACE -fuse-ld=mold)
endif()

if(RENTCACHE_SANITIZE)
    # Their frames are larger, their checks replace those of the hardening flags.
    target_compile_options(rentcache_flags INTERFACE
        -fsanitize=${RENTCACHE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(rentcache_flags INTERFACE -fsanitize=${RENTCACHE_SANITIZE})
else()
    target_compile_options(rentcache_flags INTERFACE
        -Wframe-larger-than=8192 -fstack-protector-strong -fstack-clash-protection
        $<$<CONFIG:RelWithDebInfo,Release>:-U_FORTIFY_SOURCE>
        $<$<CONFIG:RelWithDebInfo,Release>:-D_FORTIFY_SOURCE=3>)
endif()

if(RENTCACHE_SCRAMBLE)
    target_compile_definitions(rentcache_flags INTERFACE RENTCACHE_SCRAMBLE)
endif()

if(RENTCACHE_FUZZ)
    target_compile_options(rentcache_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
