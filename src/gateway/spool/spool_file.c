/* spool_file.c - making, checking, mapping and syncing the file of rings. */

#include "spool/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"

enum { PATH_SIZE = 1024 };

static const char magic[8] = {'R', 'C', 'S', 'P', 'O', 'O', 'L', '\0'};
static const uint64_t checksum_seed = 0x53504f4f4c46494c;

uint64_t
spool_checksum(const void *data, size_t size, uint64_t seed)
{
    uint64_t sum = seed;

    for (size_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, (const char *)data + i, sizeof word);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15;
        sum ^= sum >> 29;
    }
    return sum;
}

bool
spool_make_id(char id[SPOOL_ID_SIZE])
{
    uint8_t random[(SPOOL_ID_SIZE - 1) / 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    hex_write(random, sizeof random, id);
    return true;
}

static bool
make_path(char path[PATH_SIZE], const char *folder, const char *name)
{
    int size = snprintf(path, PATH_SIZE, "%s/%s", folder, name);

    return size > 0 && size < PATH_SIZE;
}

enum status
spool_file_lock(const char *folder, int *lock)
{
    char path[PATH_SIZE];
    int file = -1;

    if (make_path(path, folder, SPOOL_LOCK_NAME))
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        log_error("spool: cannot open %s/" SPOOL_LOCK_NAME ": %s", folder, strerror(errno));
        return STATUS_STORAGE;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        log_error("spool: another process uses %s", folder);
        close(file);
        return STATUS_CONFLICT;
    }
    *lock = file;
    return STATUS_OK;
}

static size_t
size_of(const struct spool_shape *shape)
{
    return SPOOL_PAGE_SIZE +
           shape->ring_count *
               (sizeof(struct spool_ring_page) + shape->ring_records * sizeof(struct usage_record));
}

static uint64_t
checksum_of(const struct spool_header *header)
{
    return spool_checksum(header, offsetof(struct spool_header, checksum), checksum_seed);
}

static void
fill_header(struct spool_header *header, const struct spool_shape *shape)
{
    *header = (struct spool_header){
        .version = SPOOL_VERSION,
        .record_size = sizeof(struct usage_record),
        .ring_base = shape->ring_base,
        .ring_count = shape->ring_count,
        .ring_records = shape->ring_records,
        .is_closed = 1,
    };
    memcpy(header->magic, magic, sizeof magic);
    memcpy(header->id, shape->id, sizeof shape->id);
    header->checksum = checksum_of(header);
}

/* Allocated in full, so that a full disk is told here and not by a SIGBUS later. */
static bool
fill_file(int file, const struct spool_shape *shape)
{
    struct spool_header header;

    fill_header(&header, shape);
    errno = posix_fallocate(file, 0, (off_t)size_of(shape));
    return errno == 0 && pwrite(file, &header, sizeof header, 0) == (ssize_t)sizeof header &&
           fsync(file) == 0;
}

static void
sync_folder(const char *folder)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0 || fsync(file) != 0)
        log_warning("spool: cannot sync %s: %s", folder, strerror(errno));
    if (file >= 0)
        close(file);
}

enum status
spool_file_make(const char *folder, const struct spool_shape *shape)
{
    char path[PATH_SIZE];
    char new_path[PATH_SIZE];
    int file = -1;
    bool is_made;

    if (make_path(path, folder, SPOOL_FILE_NAME) && make_path(new_path, folder, SPOOL_NEW_NAME))
        file = open(new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    is_made = file >= 0 && fill_file(file, shape) && rename(new_path, path) == 0;
    if (!is_made)
        log_error("spool: cannot make %s/" SPOOL_FILE_NAME " of %zu bytes: %s", folder,
                  size_of(shape), strerror(errno));
    if (file >= 0)
        close(file);
    if (!is_made) {
        if (file >= 0)
            unlink(new_path);
        return STATUS_STORAGE;
    }
    sync_folder(folder);
    return STATUS_OK;
}

static bool
is_hex_id(const char *id)
{
    return strnlen(id, SPOOL_ID_SIZE) == SPOOL_ID_SIZE - 1 &&
           hex_is_lower(bytes_of(id, SPOOL_ID_SIZE - 1));
}

/* What is wrong with a header, NULL: nothing. */
static const char *
find_fault(const struct spool_header *header, uint64_t file_size)
{
    if (memcmp(header->magic, magic, sizeof magic) != 0)
        return "it is no spool";
    if (header->version != SPOOL_VERSION || header->record_size != sizeof(struct usage_record))
        return "it is of another version";
    if (header->checksum != checksum_of(header) || !is_hex_id(header->id))
        return "its header is damaged";
    if (header->ring_count < 1 || header->ring_count > SPOOL_RINGS_MAX || header->ring_base < 0 ||
        header->ring_base > SPOOL_SEQUENCE_MAX || header->ring_records < 1 ||
        header->ring_records > UINT32_MAX ||
        (header->ring_records & (header->ring_records - 1)) != 0)
        return "its header makes no sense";

    struct spool_shape shape = {.ring_count = header->ring_count,
                                .ring_records = header->ring_records};

    return file_size < size_of(&shape) ? "it is cut off" : NULL;
}

static enum status
map_file(int fd, const char *path, struct spool_file *file)
{
    struct spool_header header;
    struct stat about;
    const char *fault;
    void *memory;

    if (fstat(fd, &about) != 0 || pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header) {
        log_error("spool: cannot read %s; move it away to start without its records", path);
        return STATUS_STORAGE;
    }
    fault = find_fault(&header, (uint64_t)about.st_size);
    if (fault != NULL) {
        log_error("spool: cannot use %s: %s; move it away to start without its records", path,
                  fault);
        return STATUS_STORAGE;
    }
    file->shape = (struct spool_shape){.ring_base = header.ring_base,
                                       .ring_count = header.ring_count,
                                       .ring_records = header.ring_records};
    memcpy(file->shape.id, header.id, SPOOL_ID_SIZE);
    file->size = size_of(&file->shape);
    memory = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        log_error("spool: cannot map %s: %s", path, strerror(errno));
        return STATUS_STORAGE;
    }
    file->header = memory;
    file->pages = (void *)((char *)memory + SPOOL_PAGE_SIZE);
    file->records = (void *)(file->pages + file->shape.ring_count);
    return STATUS_OK;
}

enum status
spool_file_open(const char *folder, struct spool_file *file)
{
    char path[PATH_SIZE];
    enum status status;
    int fd;

    *file = (struct spool_file){0};
    if (!make_path(path, folder, SPOOL_FILE_NAME))
        return STATUS_STORAGE;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return STATUS_NOT_FOUND;
    if (fd < 0) {
        log_error("spool: cannot open %s: %s", path, strerror(errno));
        return STATUS_STORAGE;
    }
    status = map_file(fd, path, file);
    close(fd);
    return status;
}

void
spool_file_close(struct spool_file *file)
{
    if (file->header != NULL)
        munmap(file->header, file->size);
    file->header = NULL;
}

/* Empty where the kernel does not say. */
static void
read_boot_id(char boot_id[44])
{
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, boot_id, 43) : 0;

    boot_id[size > 0 ? size : 0] = '\0';
    if (file >= 0)
        close(file);
}

bool
spool_file_is_intact(const struct spool_file *file)
{
    char boot_id[44];

    read_boot_id(boot_id);
    return file->header->is_closed == 1 ||
           (boot_id[0] != '\0' && strncmp(boot_id, file->header->boot_id, sizeof boot_id) == 0);
}

static bool
sync_range(const struct spool_file *file, size_t size)
{
    if (msync(file->header, size, MS_SYNC) == 0)
        return true;
    log_error("spool: cannot sync: %s", strerror(errno));
    return false;
}

void
spool_file_begin(struct spool_file *file)
{
    /* The boot id first: from its store on the old mark means this boot. */
    read_boot_id(file->header->boot_id);
    sync_range(file, SPOOL_PAGE_SIZE);
    file->header->is_closed = 0;
    sync_range(file, SPOOL_PAGE_SIZE);
}

void
spool_file_end(struct spool_file *file)
{
    if (!sync_range(file, file->size))
        return;
    file->header->is_closed = 1;
    sync_range(file, SPOOL_PAGE_SIZE);
}

void
spool_file_sync(struct spool_file *file)
{
    sync_range(file, file->size);
}
