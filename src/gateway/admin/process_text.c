/* process_text.c - the process's metrics, from /proc/self and getrlimit. */
#include "admin/process_text.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STAT_SIZE 2048

struct process_facts {
    double cpu_s, start_wall_s;
    long long resident_bytes, virtual_bytes;
    long long threads;
};

/* The text of a small file; false: it cannot be read. */
static bool
read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t got;

    if (file == NULL)
        return false;
    got = fread(text, 1, size - 1, file);
    text[got] = '\0';
    fclose(file);
    return got > 0;
}

/* When the machine started, in seconds since 1970; 0: not known. */
static double
boot_wall_s(void)
{
    char line[256];
    FILE *file = fopen("/proc/stat", "re");
    long long seconds = 0;

    while (file != NULL && seconds == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "btime ", 6) == 0)
            seconds = strtoll(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return (double)seconds;
}

/* A field of /proc/self/stat by its number in proc(5). rest: what follows the name, which is the second and may hold anything. */
static long long
stat_field(const char *rest, int number)
{
    for (int at = 3; at < number && rest != NULL; at++)
        rest = strchr(rest + 1, ' ');
    return rest != NULL ? strtoll(rest, NULL, 10) : 0;
}

enum { STAT_UTIME = 14, STAT_STIME = 15, STAT_THREADS = 20, STAT_START = 22 };
enum { STAT_VSIZE = 23, STAT_RSS = 24 };

static bool
read_facts(struct process_facts *facts)
{
    char text[STAT_SIZE];
    double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    const char *rest;

    if (!read_text("/proc/self/stat", text, sizeof text) || (rest = strrchr(text, ')')) == NULL)
        return false;
    rest++;
    facts->cpu_s =
        (double)(stat_field(rest, STAT_UTIME) + stat_field(rest, STAT_STIME)) / ticks_per_s;
    facts->start_wall_s = boot_wall_s() + (double)stat_field(rest, STAT_START) / ticks_per_s;
    facts->threads = stat_field(rest, STAT_THREADS);
    facts->virtual_bytes = stat_field(rest, STAT_VSIZE);
    facts->resident_bytes = stat_field(rest, STAT_RSS) * (long long)sysconf(_SC_PAGESIZE);
    return true;
}

/* Without the one that reads them; -1: not known. */
static long long
count_open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    long long count = 0;

    if (folder == NULL)
        return -1;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1;
}

static void
write_row(const char *name, const char *type, const char *help, double value, FILE *out)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

void
process_text_write(FILE *out)
{
    struct process_facts facts;
    struct rlimit files;
    long long open_fds = count_open_fds();

    if (read_facts(&facts)) {
        write_row("process_cpu_seconds_total", "counter",
                  "User and system CPU time of the gateway's process", facts.cpu_s, out);
        write_row("process_resident_memory_bytes", "gauge",
                  "Memory of the gateway's process that is in RAM", (double)facts.resident_bytes,
                  out);
        write_row("process_virtual_memory_bytes", "gauge",
                  "Addresses that the gateway's process has mapped", (double)facts.virtual_bytes,
                  out);
        write_row("process_start_time_seconds", "gauge",
                  "When the gateway's process started, in seconds since 1970", facts.start_wall_s,
                  out);
        write_row("process_threads", "gauge", "Threads of the gateway's process",
                  (double)facts.threads, out);
    }
    if (open_fds >= 0)
        write_row("process_open_fds", "gauge", "Open files of the gateway's process",
                  (double)open_fds, out);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        write_row("process_max_fds", "gauge", "Most files that the gateway's process may open",
                  (double)files.rlim_cur, out);
}
