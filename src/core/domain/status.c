/* status.c - look-ups into the list of outcomes. */
#include "status.h"

#include <stddef.h>

struct status_row {
    const char *name;
    int http;
    const char *slug;
    const char *title;
};

static const struct status_row rows[STATUS_COUNT] = {
#define STATUS_ROW(name, http, slug, title) {#name, http, slug, title},
    STATUSES(STATUS_ROW)
#undef STATUS_ROW
};

bool
status_is_known(long long value)
{
    return value >= 0 && value < STATUS_COUNT;
}

static const struct status_row *
find_row(enum status status)
{
    return &rows[status_is_known((long long)status) ? status : STATUS_INTERNAL];
}

int
status_http(enum status status)
{
    return find_row(status)->http;
}

const char *
status_slug(enum status status)
{
    return find_row(status)->slug;
}

const char *
status_title(enum status status)
{
    return find_row(status)->title;
}

const char *
status_name(enum status status)
{
    return find_row(status)->name;
}
