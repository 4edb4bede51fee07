/* process_text.c - the process's metrics, from /proc/self and getrlimit. */
#include "process_text.h"

#include <dirent.h>
#include <stdbool.h>
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

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "btime %lld", &seconds) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return (double)seconds;
}

/* Fields are counted from the last bracket: the name before it may hold anything. See proc(5), stat. */
static bool
read_facts(struct process_facts *facts)
{
    char text[STAT_SIZE];
    unsigned long long user, system, started, virtual_bytes;
    long long threads, resident_pages;
    double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    const char *rest;

    if (!read_text("/proc/self/stat", text, sizeof text) || (rest = strrchr(text, ')')) == NULL ||
        sscanf(rest,
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %lld %*d "
               "%llu %llu %lld",
               &user, &system, &threads, &started, &virtual_bytes, &resident_pages) != 6)
        return false;
    facts->cpu_s = (double)(user + system) / ticks_per_s;
    facts->start_wall_s = boot_wall_s() + (double)started / ticks_per_s;
    facts->threads = threads;
    facts->virtual_bytes = (long long)virtual_bytes;
    facts->resident_bytes = resident_pages * (long long)sysconf(_SC_PAGESIZE);
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
