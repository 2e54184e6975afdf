// SPDX-License-Identifier: MIT
// A compaction as a sample: a store that is open gives space back, once, and syncs what that wrote.
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "harness/sample.h"

static int take_size(const struct sample *sample, struct store_stat *stat, uint64_t *bytes, struct error *error) {
  int code = sample->engine->stat(sample->store, stat);
  *bytes = code ? 0 : stat->bytes_allocated;
  return code ? error_set(error, code, "stat: %s", strerror(-code)) : 0;
}

int sample_compact_begin(struct sample *sample, struct error *error) {
  int code = sample->engine->open(sample->order->path, &sample->config, &sample->store, error);
  return code ? code : take_size(sample, &sample->stat_before, &sample->compaction.before, error);
}

// A store may move records and leave it to the kernel when they are written, and another may not: the sync is part of
// what both are timed for.
int sample_compact(struct sample *sample, struct error *error) {
  struct store_stat after;
  uint64_t start = clock_ns();
  int code = sample->engine->compact(sample->store, error);
  if (code) return code;
  code = sample->engine->sync(sample->store);
  if (code) return error_set(error, code, "sync after compact: %s", strerror(-code));
  sample->compaction.ns = clock_ns() - start;
  sample->result.seconds = (double)sample->compaction.ns / 1e9;
  // An operation is a record that is kept: device bytes and CPU time are of each.
  sample->counts.asked = sample->counts.acknowledged = sample->result.operations = sample->workload.records;
  return take_size(sample, &after, &sample->compaction.after, error);
}
