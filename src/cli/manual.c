/* manual.c - rentcache(1) and rentcache.yaml(5): their sections are Markdown made from the tables, set as roff. */
#include "manual.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/roff.h"
#include "command.h"
#include "version.h"

static void
write_command(const struct command *command, FILE *out)
{
    fprintf(out, "### %s %s\n\n%s.\n\n", command->name, command->arguments, command->summary);
    if (command->takes[0] != '\0') {
        fputs("| option | meaning |\n| --- | --- |\n", out);
        options_tabulate(command->takes, out);
    }
    fprintf(out, "\n    %s\n\n", command->example);
}

static void
write_commands(FILE *out)
{
    size_t count;
    const struct command *const *commands = cli_commands(&count);

    fputs("## Synopsis\n\n`rentcache` COMMAND [OPTION...] [ARGUMENT...]\n\n"
          "## Description\n\n"
          "A caching gateway for APIs that cost money per call. `rentcache server` runs it; the "
          "other commands ask a "
          "running server, or work on its database where none runs.\n\n"
          "## Commands\n\n",
          out);
    for (size_t i = 0; i < count; i++)
        write_command(commands[i], out);
    fputs("## Exit status\n\n| status | meaning |\n| --- | --- |\n"
          "| 0 | done |\n| 1 | refused, not found, not healthy, or nobody there |\n"
          "| 2 | the command line or the configuration is not understood |\n\n"
          "## Environment\n\n"
          "Settings: `rentcache.yaml`(5). `RENTCACHE_ADMIN_URL` and `RENTCACHE_ADMIN_TOKEN` say "
          "which server a command "
          "asks, as the option `--url` and the token file do.\n\n"
          "## Files\n\n| file | meaning |\n| --- | --- |\n"
          "| `.env` | settings, NAME=VALUE, in the working directory |\n"
          "| DATA_DIR`/rentcache.db` | keys, usage, ledger of paid calls |\n"
          "| DATA_DIR`/cache.db` | cached responses |\n"
          "| DATA_DIR`/admin-token` | the generated admin token |\n\n"
          "## See also\n\n`rentcache.yaml`(5)\n",
          out);
}

static void
write_settings(FILE *out)
{
    fputs("## Description\n\n", out);
    config_describe(out);
    fputs("\n## See also\n\n`rentcache`(1)\n", out);
}

static const struct page {
    const char *name;  /* of the file */
    const char *title; /* of the page: name, section, what it is a page of */
    const char *about;
    void (*write)(FILE *out);
} pages[] = {
    {"rentcache.1", "RENTCACHE 1 \"\" \"rentcache " RENTCACHE_VERSION "\" \"User Commands\"",
     "rentcache \\- a caching gateway for APIs that cost money per call", write_commands},
    {"rentcache.yaml.5",
     "RENTCACHE.YAML 5 \"\" \"rentcache " RENTCACHE_VERSION "\" \"File Formats\"",
     "rentcache.yaml \\- settings and routes of rentcache", write_settings},
};

static const struct page *
find_page(const char *name)
{
    for (size_t i = 0; i < COUNT(pages); i++)
        if (strcmp(pages[i].name, name) == 0)
            return &pages[i];
    return NULL;
}

bool
manual_has(const char *page)
{
    return find_page(page) != NULL;
}

bool
manual_print(const char *name, FILE *out)
{
    const struct page *page = find_page(name);
    char *markdown = NULL;
    size_t size = 0;
    FILE *sections = page != NULL ? open_memstream(&markdown, &size) : NULL;

    if (sections == NULL)
        return false;
    page->write(sections);
    fclose(sections);
    fprintf(out, ".TH %s\n.SH NAME\n%s\n", page->title, page->about);
    roff_from_markdown(markdown, out);
    free(markdown);
    return true;
}
