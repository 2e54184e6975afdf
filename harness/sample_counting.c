// SPDX-License-Identifier: MIT
// What is counted around the timed part of a sample.
//
// A sample of kind `counters` also counts system calls and syncs, which slows it down; and it is synced before and
// after the timed part, so that what it wrote can be told from what was dirty before, and reaches the device while
// counted.
#include <errno.h>
#include <string.h>

#include "harness/cache.h"
#include "harness/sample.h"

int sample_tracepoints(struct sample *sample, struct error *error) {
  if (sample->order->kind != SAMPLE_COUNTERS) return 0;
  int code = tracepoints_open(sample->order->path, &sample->tracepoints, NULL);
  return code ? error_set(error, code, "no memory to count system calls") : 0;
}

static bool settles(const struct sample *sample) {
  return sample->order->kind == SAMPLE_COUNTERS && !sample->order->read_only;
}

static int sync_all(struct sample *sample, const char *when, struct error *error) {
  int code = sample->engine->sync(sample->store);
  return code ? error_set(error, code, "sync %s the timed part: %s", when, strerror(-code)) : 0;
}

void counting_open(struct counting *counting, struct sample *sample) {
  struct error unused;
  *counting = (struct counting){.sample = sample};
  // No device is behind some file systems: what is not known is null in the results.
  if (device_reader_open(sample->order->path, &counting->device, &unused)) counting->device = NULL;
}

int counting_settle_before(struct counting *counting, struct error *error) {
  return settles(counting->sample) ? sync_all(counting->sample, "before", error) : 0;
}

int counting_start(struct counting *counting, struct error *error) {
  struct sample *sample = counting->sample;
  int code = sample->engine->stat(sample->store, &sample->stat_before);
  counting->foreign_known = foreign_read("", &counting->foreign_before) == 0;  // before our own, as it takes CPU time
  if (!code) code = counters_of_machine(counting->device, &counting->before);
  if (!code) code = counters_of_process(&counting->before);
  if (!code && sample->tracepoints) code = tracepoints_start(sample->tracepoints);
  return code ? error_set(error, code, "reading counters: %s", strerror(-code)) : 0;
}

int counting_stop(struct counting *counting) {
  struct sample *sample = counting->sample;
  struct counters *after = &counting->after;
  int code = sample->tracepoints ? tracepoints_stop(sample->tracepoints, &sample->traced) : 0;
  if (!code) code = counters_of_process(after);
  if (!code) code = counters_of_machine(counting->device, after);
  struct foreign foreign;
  sample->foreign_known = counting->foreign_known && foreign_read("", &foreign) == 0;
  if (sample->foreign_known) sample->foreign = foreign_since(&counting->foreign_before, &foreign);
  if (counters_memory(&sample->rss, &sample->pss) != 0) sample->rss = sample->pss = 0;
  if (cache_bytes(sample->order->path, &sample->cached) != 0) sample->cached = 0;
  sample->mappings_known = mappings_read(sample->order->path, &sample->mappings) == 0;
  if (!code) sample->counters = counters_since(&counting->before, after);
  return code;
}

int counting_settle_after(struct counting *counting, struct error *error) {
  struct sample *sample = counting->sample;
  struct device_totals totals;
  if (!settles(sample) || !counting->device) return 0;
  int code = sync_all(sample, "after", error);
  if (code) return code;
  code = device_reader_read(counting->device, &totals);
  if (code) return error_set(error, code, "reading counters: %s", strerror(-code));
  sample->settled = true;
  sample->settled_write_bytes = totals.write_bytes - counting->before.device_write_bytes;
  return 0;
}

void counting_close(struct counting *counting) { device_reader_close(counting->device); }
