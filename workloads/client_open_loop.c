// SPDX-License-Identifier: MIT
// An open loop: operations are asked for at set times, whether or not the store keeps up. Each is timed from the time
// it was meant to start, so that a stall is charged to all who waited for it and not only to the one operation that met
// it (coordinated omission). What the store cannot take yet waits here.
#include <errno.h>
#include <stdlib.h>

#include "workloads/client_internal.h"

struct open_run {
  struct run *run;
  const struct open_loop *loop;
  struct open_loop_counts *counts;
  struct arrivals arrivals;
  uint64_t next;       // when the next operation is to start; UINT64_MAX: no more
  uint64_t *intended;  // room for a batch
  bool ready;          // was seen before `next` came: only the pacer can be late for it
};

static void draw_next(struct open_run *open) {
  open->next = open->loop->start + arrivals_next(&open->arrivals);
  if (open->next >= open->loop->end) open->next = UINT64_MAX;
  open->ready = false;
}

// Hands in those that are due, up to a batch, and takes what comes back without waiting.
static int start_due(struct open_run *open, uint64_t now) {
  struct run *run = open->run;
  size_t room = run->client->free_count, count = 0;
  if (room > run->client->workload.batch) room = run->client->workload.batch;
  if (open->ready) open->loop->late(open->loop->user, now - open->next);
  for (; count < room && count < run->left && open->next <= now; draw_next(open)) open->intended[count++] = open->next;
  if (run->left == count) open->next = UINT64_MAX;  // of a fill or delete: every id is taken
  open->counts->started += count;
  open->counts->last_start = now;
  run->intended = open->intended;
  int code = run_submit(run, count);
  run->intended = NULL;
  return code ? code : run_reap(run, 0);
}

// Past the time in which a store that keeps up has started all: the others are given up.
static void give_up(struct open_run *open) {
  for (; open->next != UINT64_MAX; draw_next(open)) open->counts->backlog++;
}

// Once nothing is in flight the pacer may sleep; else it asks again and again for what is finished, but for when there
// is nothing to start, and waiting in the engine costs nobody.
static int wait_for_more(struct open_run *open) {
  const struct client *client = open->run->client;
  const struct pacer *pacer = open->run->timing->pacer;
  bool may_start = open->next != UINT64_MAX && client->free_count > 0;
  open->ready = may_start;
  if (client->free_count < client->depth) return run_reap(open->run, may_start ? 0 : 1);
  pacer->wait_until(pacer->user, open->next);
  return 0;
}

// What a read-modify-write began goes on at once.
static int start_second_halves(struct run *run) {
  int code = run_submit_due(run);
  return code ? code : run_reap(run, 0);
}

static int run_open(struct open_run *open) {
  struct client *client = open->run->client;
  for (;;) {
    int code;
    uint64_t now = timing_now(open->run->timing);
    run_show(open->run, now);
    if (now >= open->loop->give_up) give_up(open);
    if (client->due)
      code = start_second_halves(open->run);
    else if (open->next <= now && client->free_count > 0)
      code = start_due(open, now);
    else if (open->next == UINT64_MAX && client->free_count == client->depth)
      return 0;
    else
      code = wait_for_more(open);
    if (code) return code;
  }
}

int client_run_open(struct client *client, const struct open_loop *loop, struct timing *timing,
                    struct open_loop_counts *open_counts, struct client_counts *counts, struct error *error) {
  enum operation operation = client->workload.operation;
  bool once = operation == OPERATION_FILL || operation == OPERATION_DELETE;
  struct run run = {.client = client,
                    .left = once ? once_left(client) : UINT64_MAX,
                    .timing = timing,
                    .counts = counts,
                    .error = error};
  struct open_run open = {.run = &run, .loop = loop, .counts = open_counts};
  if (operation == OPERATION_SCAN || client->workload.mix.scan)
    return error_set(error, -EOPNOTSUPP, "scans cannot be asked for at a rate; run them in a closed loop");
  open.intended = calloc(client->workload.batch, sizeof *open.intended);
  if (!open.intended) return error_set(error, -ENOMEM, "no memory for an open loop");
  arrivals_begin(&open.arrivals, loop->arrivals, loop->rate, client->thread, client->workload.threads,
                 client->workload.seed);
  draw_next(&open);
  if (run.left == 0) open.next = UINT64_MAX;
  int code = run_open(&open);
  if (code) run_drain(&run);
  run_publish(&run);
  free(open.intended);
  return code;
}
