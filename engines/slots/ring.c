// SPDX-License-Identifier: MIT
// One io_uring a session: queues requests, takes completions, and tries again what came back short.
//
// What the kernel does matters here:
// - Warm buffered reads finish inside io_uring_enter: one call submits a batch and finds all of it complete.
// - SINGLE_ISSUER and DEFER_TASKRUN (6.0, 6.1) keep completions of other reads from interrupting the thread: they are
//   posted when it enters the kernel to wait. Reaping without waiting must enter as well (GETEVENTS).
// - An fsync does not wait for writes queued before it. It covers what completed before it was submitted, or the write
//   it is linked behind; a short write breaks that link and the fsync comes back as cancelled.
#include "engines/slots/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#include "engines/slots/file.h"
#include "engines/slots/own.h"
#include "engines/slots/settings.h"

enum { REGISTERED_FILE = 0, REGISTERED_BUFFER = 0 };  // their indexes in the ring: there is one of each

// Which of the completions of a request this is: the low bits of user_data, which the alignment of requests leaves
// free.
enum completion { COMPLETION_MOVE, COMPLETION_SYNC, COMPLETION_KINDS };

struct io_session {
  struct io_uring ring;
  struct forks_entry forks;  // a child that holds the ring would keep it, and what is registered with it, alive
  struct io_file *file;
  struct own_file reads;       // of no use where the file is registered: then each ring has a count of its own
  struct io_buffers buffers;   // registered; bytes 0: none
  bool deferred;               // DEFER_TASKRUN is on
  bool registered_ring;        // calls name the ring by its index in this thread's table, not by its descriptor
  int broken;                  // 0, or the -errno with which io_uring_enter failed for good
  uint32_t outstanding;        // requests queued or in flight
  struct io_request *awaited;  // the synchronous one among them that is being waited for
  struct io_request own;       // for synchronous calls: outlives them if the ring breaks
  struct io_request **ready;   // finished while something else was waited for: room for `depth`
  uint32_t ready_first, ready_count;
};

// Where finished requests go until it is full; then into session->ready.
struct sink {
  struct io_request **done;
  size_t room, count;
};

static int enter(struct io_session *session, unsigned wait) {
  struct io_uring *ring = &session->ring;
  int result;
  if (wait > 0) {
    result = io_uring_submit_and_wait(ring, wait);
  } else if (session->deferred || session->file->iopoll) {
    result = io_uring_submit_and_get_events(ring);
  } else {
    result = io_uring_submit(ring);
  }
  // Interrupted, short of memory, or completions to take first: what is queued stays queued for the next call.
  if (result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY) return 0;
  session->broken = result;
  return result;
}

// Makes sure of `entries` free ones: two that are linked must go to the kernel in one submission.
static int make_room(struct io_session *session, unsigned entries) {
  struct io_uring *ring = &session->ring;
  while (io_uring_sq_space_left(ring) < entries) {
    int result = io_uring_submit(ring);
    // With sqpoll that only shows the entries to the kernel thread, which has yet to take them.
    if (result >= 0 && session->file->sqpoll) result = io_uring_sqring_wait(ring);
    if (result < 0 && result != -EINTR && result != -EAGAIN) return result;
  }
  return 0;
}

static void set_common(struct io_session *session, struct io_uring_sqe *entry, struct io_request *request,
                       enum completion kind, unsigned flags) {
  if (session->file->fixed) flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_flags(entry, flags);
  io_uring_sqe_set_data64(entry, (uint64_t)(uintptr_t)request | kind);
}

// Writes go through the open file that is marked (late.h).
static int target(const struct io_session *session, enum io_kind kind) {
  if (session->file->fixed) return REGISTERED_FILE;
  return kind == IO_READ ? session->reads.fd : session->file->ring_fd;
}

static bool is_registered(const struct io_session *session, const char *start, size_t length) {
  size_t first = (size_t)(start - (const char *)session->buffers.base);
  return first <= session->buffers.bytes && length <= session->buffers.bytes - first;
}

static bool is_linked(const struct io_session *session, const struct io_request *request) {
  return request->flags & IO_DURABLE && !session->file->dsync;
}

static int queue_sync(struct io_session *session, struct io_request *request) {
  int error = make_room(session, 1);
  if (error) return error;
  struct io_uring_sqe *entry = io_uring_get_sqe(&session->ring);
  io_uring_prep_fsync(entry, target(session, IO_WRITE), IORING_FSYNC_DATASYNC);
  set_common(session, entry, request, COMPLETION_SYNC, 0);
  return 0;
}

// Queues what is left of a request.
static int queue_move(struct io_session *session, struct io_request *request) {
  bool linked = is_linked(session, request);
  int error = make_room(session, linked ? 2 : 1);
  if (error) return error;

  struct io_uring_sqe *entry = io_uring_get_sqe(&session->ring);
  char *start = (char *)request->buffer + request->done;
  uint32_t length = request->length - request->done;
  uint64_t offset = request->offset + request->done;
  bool registered = is_registered(session, start, length);
  if (request->kind == IO_READ) {
    if (registered) {
      io_uring_prep_read_fixed(entry, target(session, request->kind), start, length, offset, REGISTERED_BUFFER);
    } else {
      io_uring_prep_read(entry, target(session, request->kind), start, length, offset);
    }
  } else {
    if (registered) {
      io_uring_prep_write_fixed(entry, target(session, request->kind), start, length, offset, REGISTERED_BUFFER);
    } else {
      io_uring_prep_write(entry, target(session, request->kind), start, length, offset);
    }
    if (request->flags & IO_DURABLE && session->file->dsync) entry->rw_flags = RWF_DSYNC;
  }
  set_common(session, entry, request, COMPLETION_MOVE, linked ? IOSQE_IO_LINK : 0);
  return linked ? queue_sync(session, request) : 0;
}

static void finish(struct io_session *session, struct sink *sink, struct io_request *request, int result) {
  request->result = result;
  session->outstanding--;
  if (request == session->awaited) {
    session->awaited = NULL;
  } else if (sink->count < sink->room) {
    sink->done[sink->count++] = request;
  } else {
    session->ready[(session->ready_first + session->ready_count++) % session->file->depth] = request;
  }
}

static void retry(struct io_session *session, struct sink *sink, struct io_request *request,
                  int (*queue)(struct io_session *, struct io_request *)) {
  int error = queue(session, request);
  if (error) finish(session, sink, request, error);
}

static bool is_passing(int result) { return result == -EINTR || result == -EAGAIN; }

static void on_move(struct io_session *session, struct sink *sink, struct io_request *request, int result) {
  if (result > 0) request->done += (uint32_t)result;
  if (result == 0 && request->length > 0) result = -EIO;  // the end of the file
  // The linked sync completes after its write, so the request is decided there.
  if (is_linked(session, request)) {
    request->result = result < 0 && !is_passing(result) ? result : 0;
  } else if (is_passing(result) || (result > 0 && request->done < request->length)) {
    retry(session, sink, request, queue_move);
  } else {
    finish(session, sink, request, result < 0 ? result : 0);
  }
}

static void on_sync(struct io_session *session, struct sink *sink, struct io_request *request, int result) {
  if (request->result < 0) {  // the write failed and took the sync along
    finish(session, sink, request, request->result);
  } else if (request->done < request->length) {  // short, or to be tried again: its sync was cancelled
    retry(session, sink, request, queue_move);
  } else if (is_passing(result)) {
    retry(session, sink, request, queue_sync);
  } else {
    finish(session, sink, request, result);
  }
}

// Takes all completions that are there.
static void harvest(struct io_session *session, struct sink *sink) {
  struct io_uring_cqe *entries[64];
  unsigned count;
  while ((count = io_uring_peek_batch_cqe(&session->ring, entries, 64)) > 0) {
    for (unsigned i = 0; i < count; i++) {
      uint64_t data = entries[i]->user_data;
      struct io_request *request = (struct io_request *)(uintptr_t)(data & ~(uint64_t)(COMPLETION_KINDS - 1));
      bool moved = (data & (COMPLETION_KINDS - 1)) == COMPLETION_MOVE;
      (moved ? on_move : on_sync)(session, sink, request, entries[i]->res);
    }
    io_uring_cq_advance(&session->ring, count);
  }
}

int ring_submit(struct io_session *session, struct io_request *const *requests, size_t count) {
  if (session->broken) return session->broken;
  for (size_t i = 0; i < count; i++) {
    requests[i]->done = 0;
    requests[i]->result = 0;
    session->outstanding++;
    int error = queue_move(session, requests[i]);
    if (error) return session->broken = error;
  }
  return 0;
}

static size_t take_ready(struct io_session *session, struct io_request **done, size_t max) {
  size_t count = 0;
  for (; count < max && session->ready_count > 0; count++, session->ready_count--) {
    done[count] = session->ready[session->ready_first];
    session->ready_first = (session->ready_first + 1) % session->file->depth;
  }
  return count;
}

int ring_reap(struct io_session *session, struct io_request **done, size_t max, size_t min) {
  struct sink sink = {done, max, take_ready(session, done, max)};
  if (min > max) min = max;
  do {
    size_t wait = sink.count < min ? min - sink.count : 0;
    if (wait > session->outstanding) wait = session->outstanding;
    if (session->broken) return session->broken;
    if (session->outstanding > 0) {
      int error = enter(session, (unsigned)wait);
      if (error) return error;
    }
    harvest(session, &sink);
  } while (sink.count < min && session->outstanding > 0);
  return (int)sink.count;
}

// Waits for session->own, which is queued. Others that finish meanwhile are kept for the next reap.
static int wait_for_own(struct io_session *session) {
  struct sink none = {NULL, 0, 0};
  session->awaited = &session->own;
  while (session->awaited) {
    int error = enter(session, 1);
    if (error) return error;
    harvest(session, &none);
  }
  return session->own.result;
}

static int move(struct io_session *session, enum io_kind kind, void *buffer, size_t length, uint64_t offset,
                unsigned flags) {
  const size_t most = 1u << 30;  // a request's length has 32 bits, and the kernel moves less than 2 GiB at a time
  for (size_t done = 0; done < length;) {
    if (session->broken) return session->broken;
    uint32_t part = (uint32_t)(length - done < most ? length - done : most);
    session->own = (struct io_request){
        .kind = kind, .flags = flags, .buffer = (char *)buffer + done, .length = part, .offset = offset + done};
    session->outstanding++;
    int error = queue_move(session, &session->own);
    if (error) return session->broken = error;
    error = wait_for_own(session);
    if (error) return error;
    done += part;
  }
  return 0;
}

int ring_read(struct io_session *session, void *buffer, size_t length, uint64_t offset) {
  return move(session, IO_READ, buffer, length, offset, 0);
}

int ring_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags) {
  // The kernel only reads from the buffer of a write.
  return move(session, IO_WRITE, (void *)(uintptr_t)buffer, length, offset, flags);
}

int ring_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  if (!wait) return file_start_writeback(file->fd, offset, length);
  if (!session || file->iopoll) return file_fdatasync(file->fd);
  if (session->broken) return session->broken;
  session->own = (struct io_request){.kind = IO_WRITE};
  session->outstanding++;
  int error = queue_sync(session, &session->own);
  if (error) return session->broken = error;
  return wait_for_own(session);
}

// liburing maps and unmaps rings by system calls that ThreadSanitizer does not see: to it, what two threads do with the
// rings that stood at one address, one after the other, would be a race.
static void exit_ring(struct io_uring *ring) {
#ifdef __SANITIZE_THREAD__
  __tsan_release((void *)&io_uring_queue_exit);
#endif
  io_uring_queue_exit(ring);
}

static void ring_mapped(void) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire((void *)&io_uring_queue_exit);
#endif
}

// Asks for what makes completions cheap and gives up one thing after the other where the kernel does not know it.
static int make_ring(const struct io_file *file, struct io_uring *ring, bool *deferred) {
  static const unsigned plain[] = {
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,  // Linux 6.1
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,   // 6.0
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,                                // 5.19
      IORING_SETUP_SUBMIT_ALL,                                                            // 5.18
      0,
  };
  // With a kernel thread that submits, nothing interrupts this one: the TASKRUN flags are refused.
  static const unsigned polled[] = {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SUBMIT_ALL, 0};
  const unsigned *sets = file->sqpoll ? polled : plain;
  unsigned asked = (file->sqpoll ? IORING_SETUP_SQPOLL : 0) | (file->iopoll ? IORING_SETUP_IOPOLL : 0);
  unsigned entries = file->depth < 2 ? 2 : file->depth;  // a durable write takes two
  int error;
  for (size_t i = 0;; i++) {
    error = io_uring_queue_init(entries, ring, sets[i] | asked);
    if (error != -EINVAL || sets[i] == 0) break;
  }
  ring_mapped();
  *deferred = !error && ring->flags & IORING_SETUP_DEFER_TASKRUN;
  return error;
}

static int register_all(struct io_session *session, const struct io_buffers *buffers) {
  // Saves looking the ring's descriptor up at each call. Kernels before 5.18 do not have it.
  int result = io_uring_register_ring_fd(&session->ring);
  if (result < 0 && result != -EINVAL) return result;
  session->registered_ring = result == 1;
  if (!session->file->fixed) return 0;
  int error = io_uring_register_files(&session->ring, &session->file->ring_fd, 1);
  if (error || buffers->bytes == 0) return error;
  struct iovec memory = {buffers->base, buffers->bytes};
  error = io_uring_register_buffers(&session->ring, &memory, 1);
  if (!error) session->buffers = *buffers;
  return error;
}

static int open_reads(struct io_session *session) {
  const struct io_file *file = session->file;
  return file->fixed ? 0 : own_open(&session->reads, file->ring_fd, file->direct ? O_DIRECT : 0);
}

int ring_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **out,
                      uint32_t *depth) {
  struct io_session *session = calloc(1, sizeof *session);
  if (!session) return -ENOMEM;
  session->file = file;
  session->ready = calloc(file->depth, sizeof(struct io_request *));
  int error = session->ready ? make_ring(file, &session->ring, &session->deferred) : -ENOMEM;
  if (error) goto no_ring;
  error = io_uring_ring_dontfork(&session->ring);  // a child's map of the ring would hold it, too
  if (!error) error = open_reads(session);         // after the ring, which is needed more where descriptors are short
  if (!error) error = register_all(session, buffers);
  if (!error) error = forks_add(&session->forks, forks_shut, &session->ring.ring_fd);
  if (error) goto no_registration;
  *depth = file->depth;
  *out = session;
  return 0;

no_registration:
  exit_ring(&session->ring);
  own_close(&session->reads);
no_ring:
  free(session->ready);
  free(session);
  return error;
}

// With the flags that the kernel took, of those that make_ring asks for.
static int tell_flags(const struct io_uring *ring, setting_fn tell, void *user) {
  static const struct {
    unsigned flag;
    const char *name;
  } names[] = {{IORING_SETUP_IOPOLL, "IOPOLL"},
               {IORING_SETUP_SQPOLL, "SQPOLL"},
               {IORING_SETUP_SUBMIT_ALL, "SUBMIT_ALL"},
               {IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN"},
               {IORING_SETUP_SINGLE_ISSUER, "SINGLE_ISSUER"},
               {IORING_SETUP_DEFER_TASKRUN, "DEFER_TASKRUN"}};
  char text[128] = "";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    size_t length = strlen(text);
    if (ring->flags & names[i].flag)
      snprintf(text + length, sizeof text - length, "%s%s", length ? " " : "", names[i].name);
  }
  return tell(user, "ring flags", *text ? text : "none");
}

// How much is registered, and for what, which the store has fixed (session.c): the buffers of its look-ups. What this
// session has moved so far does not matter here, since that is not the same for all.
static int tell_buffers(const struct io_session *session, setting_fn tell, void *user) {
  char text[128];
  if (!session->buffers.bytes) return tell(user, "buffers", "by address");
  snprintf(text, sizeof text, "%zu bytes registered: look-ups by index read into them, all else goes by address",
           session->buffers.bytes);
  return tell(user, "buffers", text);
}

int ring_settings(struct io_session *session, setting_fn tell, void *user) {
  const struct io_file *file = session->file;
  char text[64];
  int code = settings_tell_access(file->ring_fd, tell, user);
  if (!code) code = tell_flags(&session->ring, tell, user);
  if (!code) code = tell(user, "ring descriptor", session->registered_ring ? "registered" : "by number");
  if (!code) code = tell(user, "file", file->fixed ? "registered" : "by number");
  if (!code && !file->fixed) code = own_settings(&session->reads, tell, user);
  if (!code) code = tell_buffers(session, tell, user);
  snprintf(text, sizeof text, "%u entries", session->ring.sq.ring_entries);
  return code ? code : tell(user, "ring", text);
}

// Each entry that the kernel took from the queue gives one completion. Its thread (sqpoll) writes down what it took
// after a batch, when completions may be there already, so that while it is awake all that it was shown counts as
// taken. Asleep, it takes nothing that it was not woken for.
static unsigned in_kernel(const struct io_uring *ring) {
  bool awake = ring->flags & IORING_SETUP_SQPOLL &&
               !(__atomic_load_n(ring->sq.kflags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP);
  unsigned taken = __atomic_load_n(awake ? ring->sq.ktail : ring->sq.khead, __ATOMIC_ACQUIRE);
  return taken - *ring->cq.khead;
}

// The kernel must be done with the buffers before they are freed: closing a ring does not wait for what is in flight,
// and a late write would put on the disk what stands in freed memory. Nothing is submitted, and the requests are not
// looked at: after an error they may be gone.
static int drain(struct io_uring *ring) {
  while (in_kernel(ring) > 0) {
    struct io_uring_cqe *entry;
    int error = io_uring_wait_cqe(ring, &entry);
    if (!error)
      io_uring_cqe_seen(ring, entry);
    else if (!is_passing(error))
      return -EBUSY;
  }
  return 0;
}

int ring_session_close(struct io_session *session) {
  int error = drain(&session->ring);
  if (error) atomic_store(&session->file->abandoned, true);
  forks_remove(&session->forks);
  exit_ring(&session->ring);
  own_close(&session->reads);
  free(session->ready);
  free(session);
  return error;
}
