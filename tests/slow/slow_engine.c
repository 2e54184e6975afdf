// SPDX-License-Identifier: MIT
// Linked into one test program only: every engine, slowed by a known share, so that it can be seen whether `ab` finds
// that. STOREBENCH_SLOW_PERCENT says by how much (default 10): so many percent more time an operation.
//
// The linker's --wrap sends calls of registry_parse and client_run here. From the submit of a first operation to the
// reap of some 64th the time is taken, and that share of it is spent waiting before the last is handed back.
#include <stdlib.h>

#include "base/clock.h"
#include "engines/registry.h"
#include "workloads/client.h"

enum { OPERATIONS_TIMED = 64 };

int __real_registry_parse(const char *spec, const struct engine **engine, struct store_config *config,
                          struct error *error);
int __wrap_registry_parse(const char *spec, const struct engine **engine, struct store_config *config,
                          struct error *error);
int __real_client_run(struct client *client, uint64_t operations, uint64_t deadline, struct timing *timing,
                      struct client_counts *counts, struct error *error);
int __wrap_client_run(struct client *client, uint64_t operations, uint64_t deadline, struct timing *timing,
                      struct client_counts *counts, struct error *error);

// Of the one thread that the cells of the test have.
static struct {
  const struct engine *real;
  struct engine slowed;
  uint64_t begun;     // clock_ns
  size_t operations;  // reaped since; 0: the clock has not been read
  double share;
} slow;

static int slow_submit(struct session *session, struct op *const *ops, size_t count) {
  if (slow.operations == 0) slow.begun = clock_ns();
  return slow.real->submit(session, ops, count);
}

static int slow_reap(struct session *session, struct op **done, size_t max, size_t min) {
  int reaped = slow.real->reap(session, done, max, min);
  if (reaped > 0) slow.operations += (size_t)reaped;
  if (slow.operations < OPERATIONS_TIMED) return reaped;
  uint64_t now = clock_ns(), until = now + (uint64_t)((double)(now - slow.begun) * slow.share);
  while (clock_ns() < until) continue;
  slow.operations = 0;
  return reaped;
}

int __wrap_registry_parse(const char *spec, const struct engine **engine, struct store_config *config,
                          struct error *error) {
  int code = __real_registry_parse(spec, engine, config, error);
  if (code) return code;
  const char *percent = getenv("STOREBENCH_SLOW_PERCENT");
  slow.share = (percent ? atof(percent) : 10) / 100;
  slow.real = *engine;
  slow.slowed = **engine;
  slow.slowed.submit = slow_submit;
  slow.slowed.reap = slow_reap;
  *engine = &slow.slowed;
  return 0;
}

// The time between two slices is nobody's.
int __wrap_client_run(struct client *client, uint64_t operations, uint64_t deadline, struct timing *timing,
                      struct client_counts *counts, struct error *error) {
  slow.operations = 0;
  return __real_client_run(client, operations, deadline, timing, counts, error);
}
