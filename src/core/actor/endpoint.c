/* endpoint.c - where an actor listens: inproc://NAME, or ipc://PATH with a lock beside the socket. */

#include "actor/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"

static const char inproc[] = "inproc://";
static const char ipc[] = "ipc://";

static const char *
endpoint_after(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);

    return strncmp(text, prefix, size) == 0 && text[size] != '\0' ? text + size : NULL;
}

static bool
resolve_path(const char *path, const char *data_dir, struct endpoint *endpoint)
{
    bool is_absolute = path[0] == '/';
    int size = snprintf(endpoint->uri, sizeof endpoint->uri, "%s%s%s%s", ipc,
                        is_absolute ? "" : data_dir, is_absolute ? "" : "/", path);

    if (size >= 0 && (size_t)size <= strlen(ipc) + ENDPOINT_PATH_MAX)
        return true;
    log_error("endpoint ipc://%s: its path in %s is longer than %d characters", path, data_dir,
              ENDPOINT_PATH_MAX);
    return false;
}

bool
endpoint_resolve(const char *text, const char *data_dir, struct endpoint *endpoint)
{
    const char *path = endpoint_after(text, ipc);

    *endpoint = (struct endpoint){.is_inproc = endpoint_after(text, inproc) != NULL};
    if (path != NULL)
        return resolve_path(path, data_dir, endpoint);
    if (endpoint->is_inproc && strlen(text) < sizeof endpoint->uri) {
        memcpy(endpoint->uri, text, strlen(text) + 1);
        return true;
    }
    log_error("endpoint \"%s\": expected inproc://NAME or ipc://PATH", text);
    return false;
}

/* A connection that is made and closed again; a full backlog is somebody, too. */
bool
endpoint_is_listening(const struct endpoint *endpoint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd =
        endpoint->is_inproc ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return true;
    bytes_copy_text(bytes_of_text(endpoint->uri + strlen(ipc)), address.sun_path,
                    sizeof address.sun_path);

    bool is_listening =
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;

    close(fd);
    return is_listening;
}

/* Makes the folders above a path, for us alone. */
static bool
make_folders(const char *path)
{
    char folder[ENDPOINT_SIZE];

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            log_error("cannot create %s: %s", folder, strerror(errno));
            return false;
        }
    }
    return true;
}

int
endpoint_lock(const struct endpoint *endpoint)
{
    const char *path = endpoint->uri + strlen(ipc);
    char lock_path[ENDPOINT_SIZE];

    if (!make_folders(path))
        return -1;
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);

    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        log_error("cannot open %s: %s", lock_path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        log_error("%s is in use by another process", path);
    else
        log_error("cannot lock %s: %s", lock_path, strerror(errno));
    close(fd);
    return -1;
}
