/* examples.c - finds marked command blocks, and compares outcomes with marks. */
#include "support/documents/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INDENT    4
#define PART_SIZE 256
#define EXPECT    "<!-- expect:"
#define NOT_RUN   "<!-- not run:"
#define MARK_END  "-->"
#define FENCE     "```"
#define SHELL     "```sh"

/* A page being read. `line` is current until the next call of next_line. */
struct page {
    const char *at;
    char *line; /* owned */
    int number;
    char marks[1024]; /* what marks said since the last block */
    bool is_marked, is_run;
};

static bool
next_line(struct page *page)
{
    size_t size = strcspn(page->at, "\n");

    if (*page->at == '\0')
        return false;
    free(page->line);
    page->line = strndup(page->at, size);
    page->at += size + (page->at[size] == '\n' ? 1 : 0);
    page->number++;
    return page->line != NULL;
}

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool
is_blank(const char *line)
{
    return line[strspn(line, " \t")] == '\0';
}

static bool
is_indented(const char *line)
{
    return strspn(line, " ") >= INDENT && !is_blank(line);
}

static void
append(char **text, const char *more, const char *end)
{
    char *longer = NULL;

    if (asprintf(&longer, "%s%s%s", *text != NULL ? *text : "", more, end) < 0)
        abort();
    free(*text);
    *text = longer;
}

/* True when the line is a mark. */
static bool
read_mark(struct page *page)
{
    const char *text = page->line;
    const char *end = strstr(text, MARK_END);
    size_t used = strlen(page->marks);

    if (end == NULL || (!starts_with(text, EXPECT) && !starts_with(text, NOT_RUN)))
        return false;
    page->is_marked = true;
    if (starts_with(text, NOT_RUN)) {
        page->is_run = false;
        return true;
    }
    text += strlen(EXPECT);
    snprintf(page->marks + used, sizeof page->marks - used, "%s%.*s", used > 0 ? "," : "",
             (int)(end - text), text);
    return true;
}

static void
add(struct examples *examples, struct page *page, char *commands, int line)
{
    examples->entries =
        reallocarray(examples->entries, examples->count + 1, sizeof *examples->entries);
    if (examples->entries == NULL)
        abort();
    examples->entries[examples->count++] = (struct example){
        .commands = commands,
        .expectation = strdup(page->marks),
        .is_run = page->is_run,
        .line = line,
    };
    page->marks[0] = '\0';
    page->is_marked = false;
    page->is_run = true;
}

/* The fence's first line is current. False: it is never closed. */
static bool
read_fence(struct examples *examples, struct page *page)
{
    bool is_shell = strcmp(page->line, SHELL) == 0;
    char *commands = NULL;
    int first = page->number + 1;

    while (next_line(page) && !starts_with(page->line, FENCE))
        append(&commands, page->line, "\n");
    if (!starts_with(page->line, FENCE) || page->number < first) {
        free(commands);
        return false;
    }
    if (is_shell && commands != NULL)
        add(examples, page, commands, first);
    else
        free(commands);
    return true;
}

/* Its first line is current; afterwards the line behind it is. False: the page ended with it. */
static bool
read_indented(struct examples *examples, struct page *page)
{
    char *commands = NULL;
    int first = page->number;
    bool has_more;

    do {
        append(&commands, is_blank(page->line) ? "" : page->line + INDENT, "\n");
        has_more = next_line(page);
    } while (has_more && (is_indented(page->line) || is_blank(page->line)));
    add(examples, page, commands, first);
    return has_more;
}

static bool
complain(char error[256], const struct page *page, const char *what)
{
    snprintf(error, 256, "line %d: %s", page->number, what);
    return false;
}

/* A text's continuation lines may be indented, so a block begins behind a blank line or a mark. */
static bool
read_page(struct examples *examples, struct page *page, char error[256])
{
    bool may_begin = true;
    bool has_line = next_line(page);

    while (has_line) {
        bool is_fence = starts_with(page->line, FENCE);

        if (may_begin && is_indented(page->line)) {
            has_line = read_indented(examples, page);
            continue;
        }
        if (is_fence && !read_fence(examples, page))
            return complain(error, page, "a fence is not closed");
        if (!is_fence && read_mark(page))
            may_begin = true;
        else if (!is_fence && !is_blank(page->line) && page->is_marked)
            return complain(error, page, "the mark above stands before no command block");
        else
            may_begin = is_fence || is_blank(page->line);
        has_line = next_line(page);
    }
    return !page->is_marked || complain(error, page, "the last mark stands before no block");
}

bool
examples_read(struct examples *examples, const char *text, char error[256])
{
    struct page page = {.at = text, .is_run = true};
    bool is_right;

    *examples = (struct examples){.count = 0};
    is_right = read_page(examples, &page, error);
    free(page.line);
    return is_right;
}

void
examples_fini(struct examples *examples)
{
    for (size_t i = 0; i < examples->count; i++) {
        free(examples->entries[i].commands);
        free(examples->entries[i].expectation);
    }
    free(examples->entries);
    *examples = (struct examples){.count = 0};
}

/* Where the last head begins. */
static const char *
last_head(const char *heads)
{
    const char *last = heads;
    const char *next = heads;

    while ((next = strstr(next, "HTTP/")) != NULL) {
        if (next == heads || next[-1] == '\n')
            last = next;
        next++;
    }
    return last;
}

/* Copies a field of the last head; false: it has none of that name. */
static bool
find_field(const char *heads, const char *name, char value[PART_SIZE])
{
    const char *line = strchr(last_head(heads), '\n');
    size_t size = strlen(name);

    for (; line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
        const char *text = line + 1;

        if (strncasecmp(text, name, size) != 0 || text[size] != ':')
            continue;
        text += size + 1;
        text += strspn(text, " ");
        snprintf(value, PART_SIZE, "%.*s", (int)strcspn(text, "\r\n"), text);
        return true;
    }
    return false;
}

static bool
check_status(const char *part, const char *heads, char error[256])
{
    const char *head = last_head(heads);
    const char *got = starts_with(head, "HTTP/") ? strchr(head, ' ') : NULL;

    if (got != NULL && strncmp(got + 1, part, 3) == 0)
        return true;
    snprintf(error, 256, "status %.3s, expected %s", got != NULL ? got + 1 : "---", part);
    return false;
}

/* "Name: value"; the value * is any. */
static bool
check_field(const char *part, const char *heads, char error[256])
{
    const char *colon = strchr(part, ':');
    const char *wanted = colon + 1 + strspn(colon + 1, " ");
    char name[PART_SIZE], value[PART_SIZE] = "(none)";

    snprintf(name, sizeof name, "%.*s", (int)(colon - part), part);
    if (find_field(heads, name, value) && (strcmp(wanted, "*") == 0 || strcmp(wanted, value) == 0))
        return true;
    snprintf(error, 256, "%.60s is %.60s, expected %.60s", name, value, wanted);
    return false;
}

static bool
check_part(const char *part, const struct example_outcome *outcome, char error[256])
{
    char value[PART_SIZE];

    if (strspn(part, "0123456789") == 3 && part[3] == '\0')
        return check_status(part, outcome->heads, error);
    if (starts_with(part, "exit "))
        return true; /* examples_check has looked */
    snprintf(error, 256, "not as marked: %.200s", part);
    if (starts_with(part, "no "))
        return !find_field(outcome->heads, part + 3, value);
    if (part[0] == '"')
        return strstr(outcome->output, part + 1) != NULL;
    if (strchr(part, ':') != NULL)
        return check_field(part, outcome->heads, error);
    snprintf(error, 256, "the mark is not understood: %.200s", part);
    return false;
}

/* Takes the next part off *text: up to a comma, or a quoted text without its last quote. */
static bool
take_part(const char **text, char part[PART_SIZE])
{
    const char *from = *text + strspn(*text, " ,");
    size_t size;

    if (*from == '\0')
        return false;
    size = *from == '"' ? 1 + strcspn(from + 1, "\"") : strcspn(from, ",");
    *text = from + size + (*from == '"' && from[size] == '"' ? 1 : 0);
    while (*from != '"' && size > 0 && from[size - 1] == ' ')
        size--;
    snprintf(part, PART_SIZE, "%.*s", (int)size, from);
    return true;
}

static int
expected_exit(const char *expectation)
{
    char part[PART_SIZE];

    while (take_part(&expectation, part))
        if (starts_with(part, "exit "))
            return (int)strtol(part + 5, NULL, 10);
    return 0;
}

bool
examples_check(const char *expectation, const struct example_outcome *outcome, char error[256])
{
    int wanted = expected_exit(expectation);
    char part[PART_SIZE];

    if (outcome->exit_status != wanted) {
        snprintf(error, 256, "exit status %d, expected %d", outcome->exit_status, wanted);
        return false;
    }
    while (take_part(&expectation, part))
        if (!check_part(part, outcome, error))
            return false;
    return true;
}
