/* roff.h - Markdown of our own pages as the text of a manual page. Pure.
 *
 * Known are headings, paragraphs, numbered lists, indented code, `code`, *emphasis* and tables: a row becomes an entry
 * whose tag is its first cell, with those up to the last behind it, and whose text is the last cell. */
#pragma once

#include <stdio.h>

/* Writes the sections of a page; its title (# ...) is left out. */
void roff_from_markdown(const char *markdown, FILE *out);
