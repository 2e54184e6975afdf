// SPDX-License-Identifier: MIT
// One thread's stream of operations: a rolling window of `depth` operations, handed in `batch` at a time.
#include "workloads/client.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/client_internal.h"

enum { DEPTH_MAX = 1 << 16, CACHE_LINE = 64, SPACING_MAX = 1024, SPACING_NS = 50000, IDS_AHEAD = 64 };

void client_watch(struct client *client, const struct client_watch *watch) { client->watch = *watch; }

void run_publish(const struct run *run) {
  const struct client_watch *watch = &run->client->watch;
  if (watch->operations) atomic_store_explicit(watch->operations, run->counts->acknowledged, memory_order_relaxed);
}

void run_show(const struct run *run, uint64_t now) {
  const struct client_watch *watch = &run->client->watch;
  if (!watch->operations) return;
  run_publish(run);
  if (now >= atomic_load_explicit(watch->due, memory_order_relaxed)) watch->when_due(watch->user, now);
}

// The spacing stays within 1024 operations: reading the clock then costs nothing that shows even on null operations,
// and a sudden stall is seen soon.
void run_look_now(struct run *run) {
  uint64_t now = clock_ns();
  if (now >= run->deadline) run->stop = true;
  uint64_t passed = now - run->looked;
  if (passed < SPACING_NS / 2 && run->spacing < SPACING_MAX) run->spacing *= 2;
  if (passed > SPACING_NS * 2 && run->spacing > 1) run->spacing /= 2;
  run->looked = now;
  run->unseen = 0;
  run_show(run, now);
}

static bool once_each(enum operation operation) { return operation == OPERATION_FILL || operation == OPERATION_DELETE; }

uint64_t once_left(const struct client *client) {
  uint64_t records = client->workload.records, thread = client->thread, threads = client->workload.threads;
  uint64_t share = records > thread ? (records - thread - 1) / threads + 1 : 0;
  return share - client->once;
}

static int check_mix(const struct workload *workload, const struct engine *engine, struct error *error) {
  unsigned sum = workload->mix.get + workload->mix.update + workload->mix.insert + workload->mix.remove +
                 workload->mix.scan + workload->mix.read_modify_write;
  if (sum != 100) return error_set(error, -EINVAL, "the shares of the mix add up to %u; they must make 100", sum);
  if (workload->mix.scan == 0) return 0;
  if (!(engine->caps & CAP_SCAN_ORDERED))
    return error_set(error, -EOPNOTSUPP,
                     "%s keeps no key order, so it cannot scan from a key; leave scan out of the mix", engine->name);
  if (workload->batch != 1)
    return error_set(error, -EINVAL, "a mix with scans runs one operation a call; use batch = 1");
  return 0;
}

static int check_workload(const struct workload *workload, unsigned thread, const struct engine *engine,
                          struct error *error) {
  if (operation_of_stores(workload->operation))
    return error_set(error, -EINVAL, "operation %s is on stores, not on records", operation_name(workload->operation));
  if (workload->records == 0) return error_set(error, -EINVAL, "the workload has no records");
  if (workload->records >= KEY_ID_LIMIT / 2)  // above them is room for inserts
    return error_set(error, -EINVAL, "%llu records; below %llu are possible", (unsigned long long)workload->records,
                     KEY_ID_LIMIT / 2);
  if (workload->batch == 0 || workload->depth < workload->batch || workload->depth > DEPTH_MAX)
    return error_set(error, -EINVAL, "batch %u and depth %u; 1 <= batch <= depth <= %d", workload->batch,
                     workload->depth, DEPTH_MAX);
  if (thread >= workload->threads)
    return error_set(error, -EINVAL, "thread %u of %u; count from 0", thread, workload->threads);
  if (workload->operation == OPERATION_PEEK && !(engine->caps & CAP_LEND))
    return error_set(error, -EOPNOTSUPP, "%s cannot lend pointers; use operation = get", engine->name);
  return workload->operation == OPERATION_MIXED ? check_mix(workload, engine, error) : 0;
}

// A queue deeper than a batch means something only where submit returns early; and a pointer lent by one submit does
// not outlive the next.
static uint32_t effective_depth(const struct workload *workload, const struct engine *engine) {
  bool rolls = (engine->caps & CAP_QUEUE) && workload->operation != OPERATION_PEEK;
  return rolls ? workload->depth : workload->batch;
}

static int allocate(struct client *client) {
  size_t depth = client->depth;
  client->value_room = ((size_t)client->workload.value_size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
  client->ops = aligned_alloc(_Alignof(struct client_op), depth * sizeof *client->ops);
  client->slots = calloc(depth, sizeof *client->slots);
  client->free_ops = calloc(depth, sizeof(struct op *));
  client->ids_room = client->workload.batch < IDS_AHEAD ? IDS_AHEAD : client->workload.batch;
  client->ids = calloc(client->ids_room, sizeof *client->ids);
  client->values = aligned_alloc(CACHE_LINE, client->value_room ? depth * client->value_room : CACHE_LINE);
  if (!client->ops || !client->slots || !client->free_ops || !client->ids || !client->values) return -ENOMEM;
  // Touched now: the first touch of a page costs microseconds, which belong to no operation.
  memset(client->values, 0, depth * client->value_room);
  for (size_t i = 0; i < depth; i++) {
    struct client_op *made = &client->ops[i];
    made->op = (struct op){.kind = client->workload.operation == OPERATION_PEEK ? OP_PEEK : OP_GET,
                           .key = made->key,
                           .key_length = KEY_BYTES,
                           .value_length = client->workload.value_size,
                           .value = client->values + i * client->value_room,
                           .user = &client->slots[i]};
    key_make(0, made->key);
    client->free_ops[depth - 1 - i] = &made->op;
  }
  client->free_count = depth;
  return 0;
}

static void release(struct client *client) {
  key_stream_close(client->stream);
  free(client->ops);
  free(client->slots);
  free(client->free_ops);
  free(client->ids);
  free(client->values);
  free(client);
}

static int open_stream(struct client *client) {
  const struct workload *workload = &client->workload;
  uint64_t seed = random_mix(workload->seed) + client->thread;
  random_seed(&client->random, ~seed);
  if (once_each(workload->operation) || workload->operation == OPERATION_SCAN) return 0;
  struct key_stream_config config = {
      .order = workload->keys,
      .records = workload->records,
      .theta = workload->theta,
      .seed = seed,
      .first = client->thread,
      .stride = workload->threads,
  };
  return key_stream_open(&config, &client->stream);
}

int client_open(const struct workload *workload, unsigned thread, const struct engine *engine, struct store *store,
                struct client **client, struct error *error) {
  int code = check_workload(workload, thread, engine, error);
  if (code) return code;
  struct client *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a client");
  opened->workload = *workload;
  if (workload->operation != OPERATION_MIXED) memset(&opened->workload.mix, 0, sizeof opened->workload.mix);
  opened->thread = thread;
  opened->engine = engine;
  opened->steps = operation_steps(workload);
  opened->depth = effective_depth(workload, engine);
  code = allocate(opened);
  if (!code) code = open_stream(opened);
  if (code) {
    error_set(error, code, "cannot set up a client of depth %u: %s", opened->depth, strerror(-code));
    goto out;
  }
  code = engine->session_open(store, &opened->session, error);
out:
  if (code) {
    release(opened);
  } else {
    *client = opened;
  }
  return code;
}

int client_close(struct client *client) {
  // Before the buffers go: an engine may still be writing into them after a failed reap.
  int error = client->engine->session_close(client->session);
  release(client);
  return error;
}

int client_settings(struct client *client, setting_fn tell, void *user) {
  return client->engine->settings ? client->engine->settings(client->session, tell, user) : 0;
}

int run_submit(struct run *run, size_t count) {
  struct client *client = run->client;
  struct op **ops = client->free_ops + client->free_count - count;
  size_t fresh = client->steps.start(client, ops, count);
  run->left -= fresh;
  run->counts->asked += fresh;
  run->counts->splits++;
  if (run_times_each(run)) run_stamp(run, ops, count);
  int error = client->engine->submit(client->session, ops, count);
  if (error) return run_refused(run, count, error);
  client->free_count -= count;
  return 0;
}

int run_refused(struct run *run, size_t count, int error) {
  return error_set(run->error, error, "submit of %zu operations: %s", count, strerror(-error));
}

int run_reap(struct run *run, size_t min) {
  struct client *client = run->client;
  struct op **done = client->free_ops + client->free_count;
  return run_reaped(run, client->engine->reap(client->session, done, client->depth - client->free_count, min), min);
}

int run_reaped(struct run *run, int reaped, size_t min) {
  struct client *client = run->client;
  struct op **done = client->free_ops + client->free_count;
  if (reaped < 0) return error_set(run->error, reaped, "reap: %s", strerror(-reaped));
  if (reaped == 0 && min == 0) return 0;
  if (reaped == 0) return error_set(run->error, -EIO, "reap handed back nothing though operations are outstanding");
  bool each = run_times_each(run);
  uint64_t now = each ? timing_now(run->timing) : 0;
  client->free_count += (size_t)reaped;
  int error = client->steps.finish(run, done, (size_t)reaped);
  if (each)
    run_record(run, done, (size_t)reaped, now);
  else if (run->timing)
    run_group_call(run);
  run_look(run, (uint64_t)reaped);
  return error;
}

// Starts batches while they fit. Sets run->stop when there is nothing left to start.
static int fill_window(struct run *run) {
  struct client *client = run->client;
  size_t batch = client->workload.batch;
  while (!run->stop && !run->scan_due && client->free_count >= batch) {
    if (run->left == 0) {
      run->stop = true;
      break;
    }
    if (client->workload.mix.scan && mix_draws_scan(client)) {
      run->scan_due = true;
      break;
    }
    int error = run_submit(run, run->left < batch ? (size_t)run->left : batch);
    if (error) return error;
  }
  return 0;
}

int run_submit_due(struct run *run) {
  struct client *client = run->client;
  mix_raise_due(client);
  return run_submit(run, client->due < client->workload.batch ? client->due : client->workload.batch);
}

static int run_window(struct run *run) {
  struct client *client = run->client;
  const bool reads_alone = operation_reads(client->workload.operation) && client->depth == client->workload.batch;
  for (;;) {
    int error = 0;
    // Each time all are free: a latency run begins here, operation by operation, and may time calls in groups later.
    if (reads_alone && client->free_count == client->depth && !run_times_each(run)) error = run_reads(run);
    if (!error) error = fill_window(run);
    // What a mix began and has not finished: after the last operation was started nothing else would hand it in.
    if (!error && client->due && (run->stop || run->scan_due)) error = run_submit_due(run);
    if (error) return error;
    if (client->free_count == client->depth) {
      if (run->stop && client->due == 0) return 0;
      if (run->scan_due) error = scan_range(run);
    } else {
      bool more = !run->stop && !run->scan_due && client->free_count < client->workload.batch;
      error = run_reap(run, more ? client->workload.batch - client->free_count : 1);
    }
    if (error) return error;
  }
}

void run_drain(struct run *run) {
  struct client *client = run->client;
  run->error = NULL;
  run->timing = NULL;
  for (size_t before = client->depth + 1; client->free_count < client->depth && client->free_count != before;) {
    before = client->free_count;
    (void)run_reap(run, 1);
  }
}

int client_run(struct client *client, uint64_t operations, uint64_t deadline, struct timing *timing,
               struct client_counts *counts, struct error *error) {
  struct run run = {
      .client = client,
      .left = operations,
      .deadline = deadline,
      .looked = deadline ? clock_ns() : 0,
      .spacing = 1,
      .timing = timing,
      .counts = counts,
      .error = error,
  };
  if (timing) run_group_begin(&run, timing_now(timing));
  if (once_each(client->workload.operation)) run.left = run.left < once_left(client) ? run.left : once_left(client);
  int code = client->workload.operation == OPERATION_SCAN ? scan_run(&run) : run_window(&run);
  if (code) run_drain(&run);
  run_publish(&run);
  if (!code && timing) run_group_end(&run);
  return code;
}
