# embed.cmake - puts files into a static library with .incbin.

# embed_files(target pattern...): each file that matches, path relative to the project, becomes
# embedded_<path> and embedded_<path>_size, all but letters and digits replaced by "_". A NUL that
# the size does not count follows the bytes, so that text can be used as a string.
function(embed_files target)
    list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE patterns)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS LIST_DIRECTORIES false ${patterns})

    set(text "    .section .note.GNU-stack,\"\",%progbits\n    .section .rodata\n")
    foreach(file IN LISTS files)
        file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${file})
        string(MAKE_C_IDENTIFIER "embedded_${name}" symbol)
        string(APPEND text
            "    .globl ${symbol}, ${symbol}_size\n"
            "    .type ${symbol}, %object\n    .type ${symbol}_size, %object\n"
            "    .balign 16\n"
            "${symbol}:\n    .incbin \"${file}\"\n"
            "0:  .byte 0\n"
            "    .balign 8\n"
            "${symbol}_size:\n    .quad 0b - ${symbol}\n"
            "    .size ${symbol}, 0b - ${symbol} + 1\n    .size ${symbol}_size, 8\n")
    endforeach()

    set(assembly ${PROJECT_BINARY_DIR}/${target}.S)
    file(CONFIGURE OUTPUT ${assembly} CONTENT "${text}" @ONLY)
    set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS "${files}")
    add_library(${target} STATIC ${assembly})
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/include)
endfunction()
