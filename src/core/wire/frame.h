/* frame.h - ZeroMQ frames: made of blobs without a copy, turned into blobs without a copy. */
#pragma once

#include <stdbool.h>
#include <zmq.h>

#include "base/blob.h"
#include "base/bytes.h"

/* Sends one frame without blocking; more: others of the same message follow. 0, or errno. */
int frame_send_copy(void *socket, struct bytes bytes, bool more);
/* bytes lie in blob, which the frame holds until ZeroMQ is done with it, on any thread. Small ones
 * are copied. */
int frame_send_blob(void *socket, struct blob *blob, struct bytes bytes, bool more);
/* Receives one frame into *frame, which is closed first. 0, or errno. */
int frame_receive(void *socket, zmq_msg_t *frame);
struct bytes frame_bytes(zmq_msg_t *frame);
/* Makes a blob of a frame, which may be empty then; its bytes are aligned to 8. NULL: no memory. */
struct blob *frame_to_blob(zmq_msg_t *frame);
