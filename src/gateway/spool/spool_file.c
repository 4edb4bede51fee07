/* spool_file.c - making, checking, mapping, copying and syncing the file of rings. */

#include "spool/spool_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"

/* is_closed of the header */
enum { FILE_OPEN, FILE_CLOSED, FILE_SUPERSEDED };

static const char file_magic[8] = {'R', 'C', 'S', 'P', 'O', 'O', 'L', '\0'};
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

size_t
spool_file_size(const struct spool_shape *shape)
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
        .is_closed = FILE_CLOSED,
    };
    memcpy(header->magic, file_magic, sizeof file_magic);
    memcpy(header->id, shape->id, sizeof shape->id);
    header->checksum = checksum_of(header);
}

static bool
write_header(int file, const struct spool_shape *shape)
{
    struct spool_header header;

    fill_header(&header, shape);
    return pwrite(file, &header, sizeof header, 0) == (ssize_t)sizeof header;
}

/* What is written at once: all of it on the disk, so that a full one is told here and not by a SIGBUS later; in memory the pages
 * alone. */
static bool
fill_file(int file, const struct spool_shape *shape, bool is_sparse)
{
    size_t size = spool_file_size(shape);
    size_t filled =
        is_sparse ? SPOOL_PAGE_SIZE + shape->ring_count * sizeof(struct spool_ring_page) : size;

    errno = posix_fallocate(file, 0, (off_t)filled);
    return errno == 0 && ftruncate(file, (off_t)size) == 0 && write_header(file, shape);
}

static void
sync_folder_of(const char *path)
{
    char folder[SPOOL_PATH_SIZE];
    int file;

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || fsync(file) != 0)
        log_warning("spool: cannot sync %s: %s", folder, strerror(errno));
    if (file >= 0)
        close(file);
}

/* Under another name; path_new is what it is called until it is published. -1: errno says why. */
static int
begin_file(const char *path, char path_new[SPOOL_PATH_SIZE + 8])
{
    snprintf(path_new, SPOOL_PATH_SIZE + 8, "%s.new", path);
    (void)unlink(path_new);
    return open(path_new, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* file is closed. is_whole: all of it was written. */
static enum status
publish_file(int file, const char *path_new, const char *path, bool is_whole)
{
    bool is_published = file >= 0 && is_whole && fsync(file) == 0 && rename(path_new, path) == 0;

    if (!is_published)
        log_error("spool: cannot create %s: %s", path, strerror(errno));
    if (file >= 0)
        close(file);
    if (!is_published && file >= 0)
        unlink(path_new);
    if (is_published)
        sync_folder_of(path);
    return is_published ? STATUS_OK : STATUS_STORAGE;
}

enum status
spool_file_make(const char *path, const struct spool_shape *shape, bool is_sparse)
{
    char path_new[SPOOL_PATH_SIZE + 8];
    int file = begin_file(path, path_new);

    return publish_file(file, path_new, path, file >= 0 && fill_file(file, shape, is_sparse));
}

static bool
write_at(int file, const void *data, size_t size, const struct spool_file *from, const void *place)
{
    off_t at = (const char *)place - (const char *)from->header;

    return pwrite(file, data, size, at) == (ssize_t)size;
}

/* A ring's page, and its records that wait; the places of the others stay empty. */
static bool
copy_ring(const struct spool_file *from, size_t index, int file)
{
    const struct spool_ring_page *old = &from->pages[index];
    const size_t capacity = from->shape.ring_records;
    const struct usage_record *records = from->records + index * capacity;
    int64_t released = atomic_load(&old->released);
    struct spool_ring_page page = {.released = released};
    size_t count = 0;

    for (; atomic_load(&old->is_used) != 0 && count < capacity; count++) {
        int64_t sequence = released + 1 + (int64_t)count;
        const struct usage_record *place = &records[(size_t)(sequence - 1) & (capacity - 1)];

        if (place->sequence != sequence || !write_at(file, place, sizeof *place, from, place))
            break;
    }
    atomic_store(&page.is_used, count > 0);
    return write_at(file, &page, offsetof(struct spool_ring_page, unused), from, old);
}

enum status
spool_file_copy(const struct spool_file *from, const char *path, bool is_sparse)
{
    char path_new[SPOOL_PATH_SIZE + 8];
    int file = begin_file(path, path_new);
    bool is_whole = file >= 0 && fill_file(file, &from->shape, is_sparse);

    for (size_t i = 0; is_whole && i < from->shape.ring_count; i++)
        is_whole = copy_ring(from, i, file);
    return publish_file(file, path_new, path, is_whole);
}

bool
spool_id_is_well_formed(const char *id)
{
    return strnlen(id, SPOOL_ID_SIZE) == SPOOL_ID_SIZE - 1 &&
           hex_is_lower(bytes_of(id, SPOOL_ID_SIZE - 1));
}

/* What is wrong with a header, NULL: nothing. */
static const char *
find_fault(const struct spool_header *header, uint64_t size)
{
    if (memcmp(header->magic, file_magic, sizeof file_magic) != 0)
        return "it is no spool";
    if (header->version != SPOOL_VERSION || header->record_size != sizeof(struct usage_record))
        return "it is of another version";
    if (header->checksum != checksum_of(header) || !spool_id_is_well_formed(header->id))
        return "its header is damaged";
    if (header->ring_count < 1 || header->ring_count > SPOOL_RINGS_MAX || header->ring_base < 0 ||
        header->ring_base > SPOOL_SEQUENCE_MAX || header->ring_records < 1 ||
        header->ring_records > UINT32_MAX ||
        (header->ring_records & (header->ring_records - 1)) != 0)
        return "its header makes no sense";

    struct spool_shape shape = {.ring_count = header->ring_count,
                                .ring_records = header->ring_records};

    return size < spool_file_size(&shape) ? "it is cut off" : NULL;
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
    file->size = spool_file_size(&file->shape);
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
spool_file_open(const char *path, struct spool_file *file)
{
    enum status status;

    *file = (struct spool_file){.is_sparse = true};
    file->file = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file->file < 0 && errno == ENOENT)
        return STATUS_NOT_FOUND;
    if (file->file < 0) {
        log_error("spool: cannot open %s: %s", path, strerror(errno));
        return STATUS_STORAGE;
    }
    status = map_file(file->file, path, file);
    if (status != STATUS_OK)
        spool_file_close(file);
    return status;
}

void
spool_file_close(struct spool_file *file)
{
    if (file->header != NULL)
        munmap(file->header, file->size);
    if (file->header != NULL || file->file > 0)
        close(file->file);
    file->header = NULL;
    file->file = -1;
}

bool
spool_file_fill(struct spool_file *file)
{
    errno = posix_fallocate(file->file, 0, (off_t)file->size);
    file->is_sparse = errno != 0;
    if (file->is_sparse)
        log_error("spool: no room for its %zu bytes: %s", file->size, strerror(errno));
    return !file->is_sparse;
}

bool
spool_file_reserve(const struct spool_file *file, const struct usage_record *records)
{
    off_t at = (const char *)records - (const char *)file->header;
    size_t size = file->shape.ring_records * sizeof *records;

    return !file->is_sparse || posix_fallocate(file->file, at, (off_t)size) == 0;
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
spool_file_is_superseded(const struct spool_file *file)
{
    return file->header->is_closed == FILE_SUPERSEDED;
}

bool
spool_file_is_intact(const struct spool_file *file)
{
    char boot_id[44];

    read_boot_id(boot_id);
    if (spool_file_is_superseded(file))
        return false;
    return file->header->is_closed == FILE_CLOSED ||
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
    file->header->is_closed = FILE_OPEN;
    sync_range(file, SPOOL_PAGE_SIZE);
}

void
spool_file_end(struct spool_file *file)
{
    if (!sync_range(file, file->size))
        return;
    file->header->is_closed = FILE_CLOSED;
    sync_range(file, SPOOL_PAGE_SIZE);
}

void
spool_file_supersede(struct spool_file *file)
{
    file->header->is_closed = FILE_SUPERSEDED;
    sync_range(file, SPOOL_PAGE_SIZE);
}

void
spool_file_sync(struct spool_file *file)
{
    sync_range(file, file->size);
}
