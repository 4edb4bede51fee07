/* statements.c - the table of statements as data. */
#include "sql/statements.h"

#include <assert.h>

#define TEXT_OF(name, text) text,
#define NAME_OF(name, text) #name,

const char *
statement_text(enum statement statement)
{
    static const char *const texts[STATEMENT_COUNT] = {STATEMENTS(TEXT_OF)};

    assert((unsigned)statement < STATEMENT_COUNT);
    return texts[statement];
}

const char *
statement_name(enum statement statement)
{
    static const char *const names[STATEMENT_COUNT] = {STATEMENTS(NAME_OF)};

    assert((unsigned)statement < STATEMENT_COUNT);
    return names[statement];
}
