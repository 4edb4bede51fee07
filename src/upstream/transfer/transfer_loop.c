/* transfer_loop.c - an epoll of the library's sockets, and the one timer that it asks for. */
#include "transfer/transfer_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

#define WAIT_FDS_MAX   64
#define EVENTS_AT_ONCE 64
#define TURNS_MAX      16 /* of one step: the rest comes with the next */

/* A socket that is watched has the loop as its pointer. */
static int
on_socket(CURL *curl, curl_socket_t fd, int what, void *context, void *watched)
{
    struct transfer_loop *loop = context;
    struct epoll_event event = {.data.fd = fd};

    (void)curl;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        event.events |= EPOLLOUT;
    if (watched == NULL)
        curl_multi_assign(loop->multi, fd, loop);
    return epoll_ctl(loop->epoll_fd, watched == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

/* The library is not called from here: it may be in the middle of something. */
static int
on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct transfer_loop *loop = context;

    (void)multi;
    loop->timer_at_ms = timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
    return 0;
}

bool
transfer_loop_init(struct transfer_loop *loop)
{
    loop->timer_at_ms = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->multi = curl_multi_init();
    if (loop->epoll_fd < 0 || loop->multi == NULL)
        return false;
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    return true;
}

void
transfer_loop_fini(struct transfer_loop *loop)
{
    if (loop->multi != NULL)
        curl_multi_cleanup(loop->multi);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->multi = NULL;
    loop->epoll_fd = -1;
}

static bool
run_timer(struct transfer_loop *loop)
{
    int running;

    if (loop->timer_at_ms < 0 || clock_mono_ms() < loop->timer_at_ms)
        return false;
    loop->timer_at_ms = -1;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    return true;
}

static bool
run_sockets(struct transfer_loop *loop)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, 0), running;

    for (int i = 0; i < count; i++) {
        int what = 0;

        if ((events[i].events & EPOLLIN) != 0)
            what |= CURL_CSELECT_IN;
        if ((events[i].events & EPOLLOUT) != 0)
            what |= CURL_CSELECT_OUT;
        if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0)
            what |= CURL_CSELECT_ERR;
        curl_multi_socket_action(loop->multi, events[i].data.fd, what, &running);
    }
    return count > 0;
}

void
transfer_loop_step(struct transfer_loop *loop)
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        bool has_run = run_timer(loop);

        if (!run_sockets(loop) && !has_run)
            return;
    }
}

void
transfer_loop_wait(const struct transfer_loop *loop, const int *fds, size_t fd_count,
                   int64_t timeout_ms)
{
    struct pollfd all[WAIT_FDS_MAX + 1] = {{.fd = loop->epoll_fd, .events = POLLIN}};
    nfds_t count = 1;
    int64_t left_ms = loop->timer_at_ms < 0 ? timeout_ms : loop->timer_at_ms - clock_mono_ms();

    for (size_t i = 0; i < fd_count && i < WAIT_FDS_MAX; i++)
        all[count++] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    if (left_ms > timeout_ms)
        left_ms = timeout_ms;
    (void)poll(all, count, left_ms > 0 ? (int)left_ms : 0);
}
