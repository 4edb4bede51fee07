/* frame.c - ZeroMQ frames: made of blobs without a copy, turned into blobs without a copy. */

#include "wire/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

/* Up to here a copy is cheaper than a counted reference and the block that ZeroMQ keeps for it. */
enum { COPY_MAX_BYTES = 1024 };

/* ZeroMQ is not instrumented: tell ThreadSanitizer that what happened before a frame was sent
 * happened before it was received. The bytes' address is the same on both sides within a process.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define HAND_OVER(address) __tsan_release(address)
#define TAKE_OVER(address) __tsan_acquire(address)
#endif
#endif
#ifndef HAND_OVER
#define HAND_OVER(address) (void)(address)
#define TAKE_OVER(address) (void)(address)
#endif

static int
send_frame(void *socket, zmq_msg_t *frame, bool more)
{
    int result;

    HAND_OVER(zmq_msg_data(frame));
    do
        result = zmq_msg_send(frame, socket, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
    while (result < 0 && errno == EINTR);

    int error = result < 0 ? errno : 0;

    if (error != 0)
        zmq_msg_close(frame);
    return error;
}

int
frame_send_copy(void *socket, struct bytes bytes, bool more)
{
    zmq_msg_t frame;

    if (zmq_msg_init_size(&frame, bytes.size) != 0)
        return ENOMEM;
    if (bytes.size > 0)
        memcpy(zmq_msg_data(&frame), bytes.data, bytes.size);
    return send_frame(socket, &frame, more);
}

static void
release_held(void *data, void *hint)
{
    struct blob *blob = hint;

    (void)data;
    blob_release(&blob);
}

/* ZeroMQ's parameter is not const, but it only reads what it sends. */
static void *
without_const(const uint8_t *data)
{
    union {
        const uint8_t *given;
        void *wanted;
    } pointer = {.given = data};

    return pointer.wanted;
}

int
frame_send_blob(void *socket, struct blob *blob, struct bytes bytes, bool more)
{
    zmq_msg_t frame;

    if (bytes.size <= COPY_MAX_BYTES)
        return frame_send_copy(socket, bytes, more);
    blob_hold(blob);
    if (zmq_msg_init_data(&frame, without_const(bytes.data), bytes.size, release_held, blob) != 0) {
        blob_release(&blob);
        return ENOMEM;
    }
    return send_frame(socket, &frame, more);
}

int
frame_receive(void *socket, zmq_msg_t *frame)
{
    int result;

    zmq_msg_close(frame);
    zmq_msg_init(frame);
    do
        result = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return errno;
    TAKE_OVER(zmq_msg_data(frame));
    return 0;
}

struct bytes
frame_bytes(zmq_msg_t *frame)
{
    return bytes_of(zmq_msg_data(frame), zmq_msg_size(frame));
}

static void
close_frame(void *owner)
{
    zmq_msg_t *frame = owner;

    zmq_msg_close(frame);
    free(frame);
}

struct blob *
frame_to_blob(zmq_msg_t *frame)
{
    struct bytes bytes = frame_bytes(frame);

    /* Frames from a connection may lie anywhere in a buffer that they share. */
    if (bytes.size <= COPY_MAX_BYTES || (uintptr_t)bytes.data % alignof(int64_t) != 0)
        return blob_copy(bytes);

    zmq_msg_t *kept = malloc(sizeof *kept);

    if (kept == NULL)
        return NULL;
    zmq_msg_init(kept);

    int moved = zmq_msg_move(kept, frame);

    assert(moved == 0);

    struct blob *blob = blob_wrap(frame_bytes(kept), close_frame, kept);

    if (blob == NULL)
        close_frame(kept);
    return blob;
}
