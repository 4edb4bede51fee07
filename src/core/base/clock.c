/* clock.c - reads the clocks, moved by the test clock where one is mapped.
 *
 * The mapping is made before threads start and is only read from then on. */
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the file of the test clock holds; another process writes it. */
struct test_clock {
    _Atomic int64_t mono_offset_ns;
    _Atomic int64_t wall_offset_ns;
};

static struct test_clock *test_clock;

static int64_t
read_ns(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t
mono_ns(clockid_t id)
{
    int64_t now = read_ns(id);

    if (__builtin_expect(test_clock != NULL, 0))
        now += atomic_load_explicit(&test_clock->mono_offset_ns, memory_order_relaxed);
    return now;
}

static int64_t
wall_ns(clockid_t id)
{
    int64_t now = read_ns(id);

    if (__builtin_expect(test_clock != NULL, 0))
        now += atomic_load_explicit(&test_clock->wall_offset_ns, memory_order_relaxed);
    return now;
}

int64_t
clock_mono_ns(void)
{
    return mono_ns(CLOCK_MONOTONIC);
}

int64_t
clock_mono_coarse_ms(void)
{
    return mono_ns(CLOCK_MONOTONIC_COARSE) / 1000000;
}

int64_t
clock_mono_ms(void)
{
    return mono_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t
clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t
clock_wall_us(void)
{
    return wall_ns(CLOCK_REALTIME) / 1000;
}

int64_t
clock_wall_ms(void)
{
    return wall_ns(CLOCK_REALTIME) / 1000000;
}

int64_t
clock_wall_coarse_ms(void)
{
    return wall_ns(CLOCK_REALTIME_COARSE) / 1000000;
}

int64_t
clock_steady_ns(int64_t mono_ns)
{
    static _Atomic int64_t clock_steady_offset_ns; /* 0: not known yet */
    int64_t offset_ns = atomic_load_explicit(&clock_steady_offset_ns, memory_order_relaxed);

    if (__builtin_expect(offset_ns == 0, 0)) {
        int64_t found_ns = wall_ns(CLOCK_REALTIME) - clock_mono_ns();

        if (atomic_compare_exchange_strong(&clock_steady_offset_ns, &offset_ns, found_ns))
            offset_ns = found_ns;
    }
    return mono_ns + offset_ns;
}

static enum status
map_offsets(int file)
{
    struct stat about;
    void *memory;

    if (fstat(file, &about) != 0 || about.st_size < (off_t)sizeof(struct test_clock))
        return STATUS_MALFORMED;
    memory = mmap(NULL, sizeof(struct test_clock), PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        return STATUS_NO_MEMORY;
    if (test_clock != NULL)
        munmap(test_clock, sizeof(struct test_clock));
    test_clock = memory;
    return STATUS_OK;
}

enum status
clock_use_test_file(const char *path)
{
    const char *environment = getenv("ENVIRONMENT");
    enum status status;
    int file;

    if (environment == NULL || strcmp(environment, "test") != 0)
        return STATUS_FORBIDDEN;
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return STATUS_NOT_FOUND;
    status = map_offsets(file);
    close(file);
    return status;
}
