# tests.cmake - a test is a file; one-line comments near its top say what it needs.
#
#   /* links: cache/object/freshness.c @core */  sources below src/ or of simulator/, whole parts,
#                                               or @support
#   /* topologies: one four */            registered once per word, RENTCACHE_TOPOLOGY set to it
#   /* label: long */                     only in `make test-long`; `plain`: not under sanitizers
#
# Several lines of a kind add up. A test sees include/, tests/ and the folders that it links.
# Names: <kind>.<folder>.<file> in the dev tree, with the sanitizer's name before it in others.

set(tests_folder ${PROJECT_SOURCE_DIR}/tests)
set(support_folder ${tests_folder}/support)
set(tests_run_folder ${PROJECT_BINARY_DIR}/run)
file(MAKE_DIRECTORY ${tests_run_folder})

# The trees of sanitizers run beside the dev tree in one ctest, so their names must differ.
if(RENTCACHE_FUZZ OR RENTCACHE_SANITIZE)
    get_filename_component(test_prefix ${PROJECT_BINARY_DIR} NAME)
    string(APPEND test_prefix .)
endif()

# ThreadSanitizer needs addresses where it looks for them; some kernels randomise too far for it,
# and some containers forbid asking for less.
if(RENTCACHE_SANITIZE STREQUAL "thread")
    set(fixed_addresses setarch ${CMAKE_SYSTEM_PROCESSOR} --addr-no-randomize)
    execute_process(COMMAND ${fixed_addresses} true RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
    if(NOT refused)
        set(test_launcher ${fixed_addresses})
    endif()
endif()

set(test_environment
    RENTCACHE_SOURCE_DIR=${PROJECT_SOURCE_DIR}
    RENTCACHE_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
    UBSAN_OPTIONS=print_stacktrace=1
    TSAN_OPTIONS=suppressions=${tests_folder}/tsan.supp:halt_on_error=1:second_deadlock_stack=1)

# read_words(file key variable): the words of all lines `/* key: ... */` of a file.
function(read_words file key variable)
    file(STRINGS ${file} lines REGEX "^/\\* ${key}: .*\\*/")
    set(words "")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^/\\* ${key}: *(.*[^ ]) *\\*/.*" "\\1" line "${line}")
        string(REGEX MATCHALL "[^ ]+" line_words "${line}")
        list(APPEND words ${line_words})
    endforeach()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    set(${variable} ${words} PARENT_SCOPE)
endfunction()

# link_source(target source file): one file of a part, compiled once however many tests take it.
function(link_source target source file)
    get_filename_component(folder ${source} DIRECTORY)
    string(REGEX REPLACE "/.*" "" part ${folder})
    string(MAKE_C_IDENTIFIER "object_${source}" object)
    if(NOT TARGET ${object})
        add_library(${object} OBJECT ${file})
        target_link_libraries(${object} PRIVATE rentcache_${part}_needs)
    endif()
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${object}>)
    target_link_libraries(${target} PRIVATE rentcache_${part}_needs)
endfunction()

# link_words(target file word...): what a `links:` line asks for.
function(link_words target file)
    foreach(word IN LISTS ARGN)
        string(REGEX REPLACE "^@" "" part ${word})
        if(word STREQUAL "@support")
            target_link_libraries(${target} PRIVATE rentcache_support)
        elseif(word MATCHES "^@" AND TARGET rentcache_${part}_needs)
            target_link_libraries(${target} PRIVATE rentcache_${part} rentcache_${part}_needs)
        elseif(EXISTS ${PROJECT_SOURCE_DIR}/src/${word})
            link_source(${target} ${word} ${PROJECT_SOURCE_DIR}/src/${word})
        elseif(EXISTS ${PROJECT_SOURCE_DIR}/${word})
            link_source(${target} ${word} ${PROJECT_SOURCE_DIR}/${word})
        else()
            message(SEND_ERROR "${file}: links: ${word} is neither a file below src/ nor a part")
        endif()
    endforeach()
endfunction()

# add_test_program(name file main): links a test file with the main that runs it.
function(add_test_program name file main)
    read_words(${file} links words)
    add_executable(${name} ${file})
    if(main)
        target_sources(${name} PRIVATE ${support_folder}/${main})
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    target_include_directories(${name} PRIVATE ${tests_folder} ${PROJECT_SOURCE_DIR}/include)
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-Wno-missing-prototypes;-Wno-frame-larger-than;$<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>")
    target_link_libraries(${name} PRIVATE rentcache_flags rentcache_embedded)
    link_words(${name} ${file} ${words})
    target_link_libraries(${name} PRIVATE Threads::Threads m)
endfunction()

# add_support(): tests/support/ and its rooms, but the files that hold a main; its own `links:` lines count.
function(add_support)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${support_folder}/*.c)
    list(FILTER sources EXCLUDE REGEX "_main\\.c$")
    if(NOT sources)
        add_library(rentcache_support INTERFACE)
        return()
    endif()
    add_library(rentcache_support STATIC ${sources})
    target_include_directories(rentcache_support
        PRIVATE ${support_folder} PUBLIC ${tests_folder} ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(rentcache_support PRIVATE rentcache_flags
                          PUBLIC PkgConfig::CHECK PkgConfig::JANSSON PkgConfig::SQLITE PkgConfig::HIREDIS)
    set(needed "")
    foreach(source IN LISTS sources)
        read_words(${source} links words)
        list(APPEND needed ${words})
    endforeach()
    list(REMOVE_DUPLICATES needed)
    link_words(rentcache_support ${support_folder} ${needed})
endfunction()

# register_test(kind name target file seconds [variable=value...])
function(register_test kind name target file seconds)
    read_words(${file} label labels)
    if(RENTCACHE_SANITIZE AND "plain" IN_LIST labels)
        return()
    endif()
    if(RENTCACHE_SANITIZE AND (kind STREQUAL "scenario" OR RENTCACHE_SANITIZE STREQUAL "thread"))
        list(APPEND labels long)
    endif()
    if("long" IN_LIST labels)
        set(seconds 1200)
    endif()
    # Sanitizers see one process better; a scenario's programs are processes of their own anyway,
    # and a fork for each test keeps one that fails from spoiling the next.
    set(environment ${test_environment} ${ARGN})
    if(RENTCACHE_SANITIZE AND NOT kind STREQUAL "scenario")
        list(APPEND environment CK_FORK=no)
    endif()
    add_test(NAME ${test_prefix}${name} WORKING_DIRECTORY ${tests_run_folder}
             COMMAND ${test_launcher} $<TARGET_FILE:${target}>)
    set_tests_properties(${test_prefix}${name} PROPERTIES
        LABELS "${kind};${labels}" TIMEOUT ${seconds} ENVIRONMENT "${environment}")
endfunction()

# add_test_files(kind seconds pattern): every file that matches, below tests/<kind>/ at any depth.
# Target tests_<kind> builds them all.
function(add_test_files kind seconds pattern)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${tests_folder}/${pattern})
    add_custom_target(tests_${kind})
    foreach(file IN LISTS files)
        file(RELATIVE_PATH path ${tests_folder} ${file})
        string(REGEX REPLACE "_test\\.c$" "" path ${path})
        string(REPLACE "/" "." name ${path})
        string(MAKE_C_IDENTIFIER "test_${path}" target)

        add_test_program(${target} ${file} test_main.c)
        target_link_libraries(${target} PRIVATE PkgConfig::CHECK)
        add_dependencies(tests_${kind} ${target})
        if(NOT kind STREQUAL "unit")
            add_program_dependencies(${target})
        endif()

        read_words(${file} topologies topologies)
        if(NOT topologies)
            register_test(${kind} ${name} ${target} ${file} ${seconds})
        endif()
        foreach(topology IN LISTS topologies)
            register_test(${kind} ${name}.${topology} ${target} ${file} ${seconds}
                          RENTCACHE_TOPOLOGY=${topology})
        endforeach()
    endforeach()
endfunction()

# Tests that start programs find them in RENTCACHE_BIN_DIR.
function(add_program_dependencies target)
    foreach(program rentcache rentcast-simulator)
        if(TARGET ${program})
            add_dependencies(${target} ${program})
        endif()
    endforeach()
endfunction()

# fuzz_files(variable): tests/fuzz/<name>_fuzz.c; its corpus stands in tests/fuzz/corpus/<name>/.
macro(fuzz_files variable)
    file(GLOB ${variable} CONFIGURE_DEPENDS ${tests_folder}/fuzz/*_fuzz.c)
endmacro()

# add_fuzz_replays(): each fuzz target over its corpus, as an ordinary test.
function(add_fuzz_replays)
    fuzz_files(files)
    foreach(file IN LISTS files)
        string(REGEX REPLACE ".*/(.*)_fuzz\\.c$" "\\1" name ${file})
        add_test_program(replay_${name} ${file} replay_main.c)
        add_dependencies(tests_unit replay_${name})
        add_test(NAME ${test_prefix}replay.${name} WORKING_DIRECTORY ${tests_run_folder}
                 COMMAND ${test_launcher} $<TARGET_FILE:replay_${name}>
                         ${tests_folder}/fuzz/corpus/${name})
        set_tests_properties(${test_prefix}replay.${name} PROPERTIES
            LABELS unit TIMEOUT 120 ENVIRONMENT "${test_environment}")
    endforeach()
endfunction()

# add_deploy_test(): `make run` on a Debian that has nothing else, where this machine can make one.
function(add_deploy_test)
    add_test(NAME deploy.fresh WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
             COMMAND ${tests_folder}/deploy/fresh.sh ${PROJECT_BINARY_DIR}/fresh run)
    set_tests_properties(deploy.fresh PROPERTIES
        LABELS "deploy;long" TIMEOUT 1800 SKIP_RETURN_CODE 77)
endfunction()

# add_fuzz_targets(): each fuzz target under libFuzzer for RENTCACHE_FUZZ_SECONDS (60).
function(add_fuzz_targets)
    fuzz_files(files)
    foreach(file IN LISTS files)
        string(REGEX REPLACE ".*/(.*)_fuzz\\.c$" "\\1" name ${file})
        add_test_program(fuzz_${name} ${file} "")
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        add_test(NAME ${test_prefix}${name} WORKING_DIRECTORY ${tests_run_folder}
                 COMMAND ${tests_folder}/fuzz/run.sh $<TARGET_FILE:fuzz_${name}>
                         ${tests_folder}/fuzz/corpus/${name} ${PROJECT_BINARY_DIR}/corpus/${name})
        set_tests_properties(${test_prefix}${name} PROPERTIES
            LABELS "fuzz;long" ENVIRONMENT "${test_environment}")
    endforeach()
endfunction()

# add_lint_test(name script [label...])
function(add_lint_test name script)
    add_test(NAME lint.${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMAND ${script})
    set_tests_properties(lint.${name} PROPERTIES
        LABELS "lint;${ARGN}" TIMEOUT 2000 SKIP_RETURN_CODE 77
        ENVIRONMENT "LINT_BUILD_DIR=${PROJECT_BINARY_DIR}")
endfunction()

# add_lint_tests(): what the compiler cannot check. Exit status 77 = the tool is not installed.
function(add_lint_tests)
    foreach(name boundaries rooms comments format names banned size shell)
        add_lint_test(${name} ${tests_folder}/lint/${name}.sh)
    endforeach()
    add_test(NAME lint.features WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
             COMMAND ${PROJECT_SOURCE_DIR}/scripts/features.sh --check)
    set_tests_properties(lint.features PROPERTIES LABELS lint)

    foreach(name tidy cppcheck)
        add_lint_test(${name} ${tests_folder}/lint/${name}.sh)
        add_lint_test(${name}_all ${tests_folder}/lint/${name}.sh long)
        set_tests_properties(lint.${name}_all PROPERTIES ENVIRONMENT
            "LINT_BUILD_DIR=${PROJECT_BINARY_DIR};LINT_ALL=1")
        set_tests_properties(lint.${name} lint.${name}_all PROPERTIES PROCESSORS 2)
    endforeach()
endfunction()
