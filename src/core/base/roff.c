/* roff.c - one pass over the lines of a Markdown text. */
#include "base/roff.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

enum { CELLS_MOST = 8 };

struct roff {
    FILE *out;
    bool in_table, in_code;
    bool is_after_blank; /* what follows begins a paragraph */
};

/* A byte as it is, and not as a request or an escape. */
static void
put_byte(struct roff *roff, char byte)
{
    if (byte == '\\')
        fputs("\\e", roff->out);
    else if (byte == '-')
        fputs("\\-", roff->out);
    else
        fputc(byte, roff->out);
}

/* Whether an asterisk opens an emphasis that ends in the same line: then where. */
static bool
find_emphasis(struct bytes text, size_t at, size_t *end)
{
    if (at + 1 >= text.size || !isalpha(text.data[at + 1]))
        return false;
    for (*end = at + 1; *end < text.size && (isalnum(text.data[*end]) || text.data[*end] == ' ');)
        ++*end;
    return *end < text.size && text.data[*end] == '*';
}

/* Bold for `code`, italic for *emphasis*. */
static void
put_text(struct roff *roff, struct bytes text)
{
    bool is_code = false;
    size_t emphasis_end = 0;

    if (text.size > 0 && (text.data[0] == '.' || text.data[0] == '\''))
        fputs("\\&", roff->out);
    for (size_t i = 0; i < text.size; i++) {
        char byte = (char)text.data[i];

        if (byte == '`') {
            is_code = !is_code;
            fputs(is_code ? "\\fB" : "\\fR", roff->out);
        } else if (byte == '*' && !is_code && emphasis_end == 0 &&
                   find_emphasis(text, i, &emphasis_end)) {
            fputs("\\fI", roff->out);
        } else if (byte == '*' && emphasis_end == i && i > 0) {
            fputs("\\fR", roff->out);
            emphasis_end = 0;
        } else if (byte != '\\' || i + 1 == text.size || text.data[i + 1] != '|') {
            put_byte(roff, byte);
        }
    }
}

static struct bytes
trim(struct bytes text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* The cells of "| a | b |"; a bar behind a backslash is text. */
static size_t
split_row(struct bytes row, struct bytes cells[CELLS_MOST])
{
    size_t count = 0, begin = 1;

    for (size_t i = 1; i < row.size && count < CELLS_MOST; i++) {
        if (row.data[i] != '|' || row.data[i - 1] == '\\')
            continue;
        cells[count++] = trim(bytes_of(row.data + begin, i - begin));
        begin = i + 1;
    }
    return count;
}

static void
put_row(struct roff *roff, struct bytes row)
{
    struct bytes cells[CELLS_MOST];
    size_t count = split_row(row, cells);

    if (count < 2)
        return;
    fputs(".TP\n", roff->out);
    for (size_t i = 0; i + 1 < count; i++) {
        if (i > 0)
            fputs(i == 1 ? "  " : ", ", roff->out);
        put_text(roff, cells[i]);
    }
    fputc('\n', roff->out);
    put_text(roff, cells[count - 1]);
    fputc('\n', roff->out);
}

/* The first row names the columns, and its rule follows: both say nothing here. */
static void
put_table_line(struct roff *roff, struct bytes line)
{
    if (roff->in_table && memmem(line.data, line.size, "| ---", 5) == NULL)
        put_row(roff, line);
    roff->in_table = true;
}

static void
put_heading(struct roff *roff, struct bytes line)
{
    size_t depth = 0;

    while (depth < line.size && line.data[depth] == '#')
        depth++;
    if (depth == 1)
        return;
    fputs(depth == 2 ? ".SH " : ".SS ", roff->out);
    for (size_t i = depth + 1; i < line.size; i++)
        put_byte(roff, (char)(depth == 2 ? toupper(line.data[i]) : line.data[i]));
    fputc('\n', roff->out);
}

static bool
is_numbered(struct bytes line)
{
    return line.size > 3 && isdigit(line.data[0]) && line.data[1] == '.' && line.data[2] == ' ';
}

static void
put_code(struct roff *roff, struct bytes line)
{
    if (!roff->in_code)
        fputs(".PP\n.nf\n", roff->out);
    roff->in_code = true;
    put_text(roff, line);
    fputc('\n', roff->out);
}

static void
put_prose(struct roff *roff, struct bytes line)
{
    if (is_numbered(line)) {
        fprintf(roff->out, ".IP %c. 4\n", line.data[0]);
        line = bytes_of(line.data + 3, line.size - 3);
    } else if (roff->is_after_blank) {
        fputs(".PP\n", roff->out);
    }
    put_text(roff, line);
    fputc('\n', roff->out);
}

static void
put_line(struct roff *roff, struct bytes line)
{
    bool is_code = line.size > 4 && memcmp(line.data, "    ", 4) == 0;

    if (roff->in_code && !is_code) {
        fputs(".fi\n", roff->out);
        roff->in_code = false;
    }
    if (line.size > 0 && line.data[0] == '|') {
        put_table_line(roff, line);
        return;
    }
    roff->in_table = false;
    if (is_code)
        put_code(roff, line);
    else if (line.size > 0 && line.data[0] == '#')
        put_heading(roff, line);
    else if (line.size > 0)
        put_prose(roff, line);
    roff->is_after_blank = line.size == 0;
}

void
roff_from_markdown(const char *markdown, FILE *out)
{
    struct roff roff = {.out = out};
    struct bytes rest = bytes_of_text(markdown);

    while (rest.size > 0)
        put_line(&roff, bytes_take_until(&rest, '\n'));
    put_line(&roff, bytes_of(NULL, 0));
}
