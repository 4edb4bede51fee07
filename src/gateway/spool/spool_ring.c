/* spool_ring.c - making, checking, mapping and syncing the file of rings; committing records to a
 * ring, and finding them again after a kill. */

#include "spool/spool_ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
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
file_size_of(const struct spool_shape *shape)
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
    memcpy(header->magic, file_magic, sizeof file_magic);
    memcpy(header->id, shape->id, sizeof shape->id);
    header->checksum = checksum_of(header);
}

/* Allocated in full, so that a full disk is told here and not by a SIGBUS later. */
static bool
fill_file(int file, const struct spool_shape *shape)
{
    struct spool_header header;

    fill_header(&header, shape);
    errno = posix_fallocate(file, 0, (off_t)file_size_of(shape));
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
        log_error("spool: cannot create %s/" SPOOL_FILE_NAME " of %zu bytes: %s", folder,
                  file_size_of(shape), strerror(errno));
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
find_fault(const struct spool_header *header, uint64_t size)
{
    if (memcmp(header->magic, file_magic, sizeof file_magic) != 0)
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

    return size < file_size_of(&shape) ? "it is cut off" : NULL;
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
    file->size = file_size_of(&file->shape);
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

static struct usage_record *
place_of(const struct spool_ring *ring, int64_t sequence)
{
    return &ring->records[(sequence - 1) & (ring->capacity - 1)];
}

/* A record that was committed at this place; a torn one or an empty place is none. */
static bool
is_committed(const struct spool_ring *ring, const struct usage_record *place)
{
    return place->sequence >= 1 && place->sequence <= SPOOL_SEQUENCE_MAX &&
           place_of(ring, place->sequence) == place &&
           place->checksum == usage_record_checksum(place);
}

static int64_t
find_newest(const struct spool_ring *ring)
{
    int64_t newest = 0;

    for (int64_t i = 0; i < ring->capacity; i++)
        if (ring->records[i].sequence > newest && is_committed(ring, &ring->records[i]))
            newest = ring->records[i].sequence;
    return newest;
}

/* Records that head does not reach must not be taken for later ones. */
static void
clear_behind(struct spool_ring *ring, int64_t head)
{
    for (int64_t i = 0; i < ring->capacity; i++)
        if (ring->records[i].sequence > head)
            memset(&ring->records[i], 0, sizeof ring->records[i]);
}

static void
find_head(struct spool_ring *ring)
{
    int64_t released = atomic_load_explicit(&ring->page->released, memory_order_relaxed);
    int64_t newest = find_newest(ring);
    int64_t head;

    if (released < 0 || released > SPOOL_SEQUENCE_MAX)
        released = 0;
    /* A place is written again only after its record was released. */
    if (newest - ring->capacity > released)
        released = newest - ring->capacity;
    head = released;
    while (head < released + ring->capacity && place_of(ring, head + 1)->sequence == head + 1 &&
           is_committed(ring, place_of(ring, head + 1)))
        head++;
    clear_behind(ring, head);
    atomic_store_explicit(&ring->page->released, released, memory_order_relaxed);
    atomic_store_explicit(&ring->head, head, memory_order_release);
}

void
spool_ring_recover(struct spool_ring *ring, struct spool_ring_page *page,
                   struct usage_record *records, size_t capacity)
{
    ring->page = page;
    ring->records = records;
    ring->capacity = (int64_t)capacity;
    atomic_init(&ring->is_taken, false);
    atomic_init(&ring->head, 0);
    /* Reading a file that was never written would fill memory with its zeros. */
    if (atomic_load_explicit(&page->is_used, memory_order_relaxed) != 0)
        find_head(ring);
    else
        atomic_store_explicit(&page->released, 0, memory_order_relaxed);
}

int64_t
spool_ring_head(const struct spool_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_acquire);
}

int64_t
spool_ring_released(const struct spool_ring *ring)
{
    return atomic_load_explicit(&ring->page->released, memory_order_acquire);
}

bool
spool_ring_has_room(const struct spool_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_relaxed) - spool_ring_released(ring) <
           ring->capacity;
}

bool
spool_ring_append(struct spool_ring *ring, struct usage_record *record)
{
    int64_t sequence = atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;

    if (!spool_ring_has_room(ring))
        return false;
    record->sequence = sequence;
    record->checksum = usage_record_checksum(record);
    *place_of(ring, sequence) = *record;
    atomic_store_explicit(&ring->head, sequence, memory_order_release);
    return true;
}

void
spool_ring_release(struct spool_ring *ring, int64_t sequence)
{
    assert(sequence <= spool_ring_head(ring));
    if (sequence > spool_ring_released(ring))
        atomic_store_explicit(&ring->page->released, sequence, memory_order_release);
}

const struct usage_record *
spool_ring_run(const struct spool_ring *ring, int64_t first, size_t *count)
{
    const struct usage_record *start = place_of(ring, first);
    int64_t waiting = spool_ring_head(ring) - first + 1;
    int64_t to_end = ring->capacity - (start - ring->records);
    int64_t most = waiting < to_end ? waiting : to_end;

    assert(most > 0);
    if (*count > (size_t)most)
        *count = (size_t)most;
    return start;
}
