// SPDX-License-Identifier: MIT
// A sample as JSON. Every field of docs/results.md is there, null where it was not measured.
#include <math.h>
#include <string.h>

#include "harness/sample.h"

static json_t *real_or_null(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *count_or_null(bool known, uint64_t value) {
  return known ? json_integer((json_int_t)value) : json_null();
}

// jansson takes UTF-8 only, and reasons name paths, which may be any bytes.
static json_t *text(const char *from) {
  if (!from) return json_null();
  json_t *json = json_string(from);
  if (json) return json;
  char ascii[512];
  size_t length = strnlen(from, sizeof ascii - 1);
  for (size_t i = 0; i < length; i++) ascii[i] = (from[i] & 0x80) ? '?' : from[i];
  ascii[length] = '\0';
  return json_string(ascii);
}

static json_t *buckets_to_json(const struct histogram *histogram) {
  json_t *buckets = json_array();
  size_t position = 0;
  uint64_t highest, count;
  while (histogram_next(histogram, &position, &highest, &count)) {
    if (json_array_append_new(buckets, json_pack("[I,I]", (json_int_t)highest, (json_int_t)count)) == 0) continue;
    json_decref(buckets);
    return NULL;
  }
  return buckets;
}

static json_t *latency_to_json(const struct histogram *histogram) {
  if (histogram_count(histogram) == 0) return json_null();
  return json_pack(
      "{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "min", (json_int_t)histogram_min(histogram), "p50",
      (json_int_t)histogram_percentile(histogram, 50), "p90", (json_int_t)histogram_percentile(histogram, 90), "p99",
      (json_int_t)histogram_percentile(histogram, 99), "p999", (json_int_t)histogram_percentile(histogram, 99.9), "max",
      (json_int_t)histogram_max(histogram), "mean", histogram_mean(histogram), "buckets", buckets_to_json(histogram));
}

// By kind of operation, for mixes; a group of calls has no kind.
static json_t *kinds_to_json(const struct sample *sample) {
  if (!sample->latency_plan.by_kind || sample->latency_plan.calls > 1) return json_null();
  json_t *kinds = json_object();
  for (int kind = 0; kinds && kind < OPERATION_KINDS; kind++) {
    const struct histogram *histogram = sample->latency.kinds[kind];
    if (histogram_count(histogram) == 0) continue;
    if (json_object_set_new(kinds, operation_kind_name((enum operation_kind)kind), latency_to_json(histogram)))
      return json_decref(kinds), NULL;
  }
  return kinds;
}

static int set_latency(json_t *json, const struct sample *sample, bool ok) {
  bool timed = ok && sample->latency.all;
  unsigned calls = sample->latency_plan.calls;
  json_t *per = !timed ? json_null() : calls > 1 ? json_sprintf("batch of %u", calls) : json_string("operation");
  json_t *part = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "latency_ns",
                           timed ? latency_to_json(sample->latency.all) : json_null(), "latency_by_operation",
                           timed ? kinds_to_json(sample) : json_null(), "timed_per", per, "clock_cost_ns",
                           timed ? json_real(sample->latency_plan.clock_cost) : json_null(), "clock_resolution_ns",
                           timed ? json_real(sample->clock_resolution) : json_null(), "open_loop",
                           timed ? sample_open_loop_to_json(sample) : json_null());
  int failed = !part || json_object_update(json, part) != 0;
  json_decref(part);
  return failed;
}

static json_t *known_or_null(uint64_t value, uint64_t before) {
  return value == STAT_UNKNOWN ? json_null() : json_integer((json_int_t)(value - before));
}

// Of the timed part where a difference means something; else as it stood at its end.
static json_t *stat_to_json(const struct store_stat *before, const struct store_stat *after) {
  uint64_t reaped = after->in_flight_count - before->in_flight_count;
  uint64_t sum = after->in_flight_sum - before->in_flight_sum;
  json_t *in_flight = reaped ? json_real((double)sum / (double)reaped) : json_null();
  return json_pack("{s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "records",
                   known_or_null(after->records, 0), "capacity", known_or_null(after->capacity, 0), "bytes_apparent",
                   (json_int_t)after->bytes_apparent, "bytes_allocated", (json_int_t)after->bytes_allocated,
                   "bytes_written", known_or_null(after->bytes_written, before->bytes_written), "syncs",
                   (json_int_t)(after->syncs - before->syncs), "growths",
                   (json_int_t)(after->growths - before->growths), "index_bytes", (json_int_t)after->index_bytes,
                   "tombstones", (json_int_t)after->tombstones, "recovered", (json_int_t)after->recovered, "corrupt",
                   (json_int_t)after->corrupt, "window_max_ns", (json_int_t)after->window_max_ns, "queue_depth",
                   (json_int_t)after->queue_depth, "in_flight_mean", in_flight);
}

// Numbers of work that was not checked are no numbers: a sample that is not ok has nulls for them.
static int set_results(json_t *json, const struct sample *sample, bool ok) {
  const struct counters *counters = &sample->counters;
  double seconds = sample->result.seconds, operations = (double)sample->result.operations;
  bool timed = ok && sample->work;  // building a data set is not
  json_t *part =
      json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "seconds",
                ok ? json_real(seconds) : json_null(), "operations", count_or_null(ok, sample->result.operations),
                "ops_per_s", ok ? real_or_null(operations / seconds) : json_null(), "bytes_per_s",
                ok ? real_or_null((double)sample->counts.bytes / seconds) : json_null(), "cpu_user_s",
                timed ? json_real(counters->cpu_user_s) : json_null(), "cpu_sys_s",
                timed ? json_real(counters->cpu_sys_s) : json_null(), "faults_minor",
                count_or_null(timed, counters->faults_minor), "faults_major",
                count_or_null(timed, counters->faults_major), "switches", count_or_null(timed, counters->switches),
                "value_bytes_read", count_or_null(timed, sample->counts.bytes - sample->counts.bytes_written),
                "value_bytes_written", count_or_null(timed, sample->counts.bytes_written), "value_sum",
                count_or_null(timed && !sample->storeless, sample->counts.sum));
  int failed = !part || json_object_update(json, part) != 0;
  json_decref(part);
  return failed;
}

// What is not of this process alone, and what only samples of kind `counters` count.
static int set_counters(json_t *json, const struct sample *sample, bool ok) {
  const struct counters *counters = &sample->counters;
  const struct tracepoint_counts *traced = &sample->traced;
  bool timed = ok && sample->work, device = timed && counters->device_known;
  json_t *part = json_pack(
      "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "device_read_bytes", count_or_null(device, counters->device_read_bytes),
      "device_write_bytes", count_or_null(device, counters->device_write_bytes), "device_write_bytes_settled",
      count_or_null(timed && sample->settled, sample->settled_write_bytes), "device_flushes",
      count_or_null(device && counters->flushes_known, counters->device_flushes), "syscalls",
      count_or_null(timed && traced->known[TRACEPOINT_SYSCALLS], traced->count[TRACEPOINT_SYSCALLS]), "syncs",
      count_or_null(timed && traced->known[TRACEPOINT_SYNCS], traced->count[TRACEPOINT_SYNCS]), "tlb_shootdowns",
      count_or_null(timed && counters->tlb_known, counters->tlb_shootdowns));
  int failed = !part || json_object_update(json, part) != 0;
  json_decref(part);
  return failed;
}

static json_t *pressure_to_json(const struct pressure *pressure) {
  if (!pressure->set) return json_null();
  return json_pack("{s:s, s:I, s:I, s:I, s:{s:I, s:I}}", "method", memory_method_name(pressure->group.method),
                   "wanted_bytes", (json_int_t)pressure->wanted, "own_bytes", (json_int_t)pressure->own, "limit_bytes",
                   (json_int_t)pressure->limit, "charged_bytes", "before", (json_int_t)pressure->charged_before,
                   "after", (json_int_t)pressure->charged_after);
}

static json_t *foreign_to_json(const struct sample *sample) {
  const struct foreign *foreign = &sample->foreign;
  if (!sample->foreign_known) return json_null();
  return json_pack("{s:f, s:f, s:o, s:i, s:i, s:f, s:f}", "seconds", sample->result.seconds, "cpu_s", foreign->cpu_s,
                   "io_bytes", count_or_null(foreign->hidden < foreign->processes, foreign->io_bytes), "processes",
                   (int)foreign->processes, "hidden", (int)foreign->hidden, "steal_s", foreign->steal_s, "reference_ns",
                   foreign->reference_ns);
}

// Of all processes of the sample together; the page cache, which they share, once.
static json_t *mappings_to_json(const struct sample *sample) {
  const struct mappings *mappings = &sample->mappings;
  if (!sample->mappings_known) return json_null();
  return json_pack("{s:I, s:I, s:I, s:o, s:o}", "file_pss_bytes", (json_int_t)mappings->file_pss, "other_pss_bytes",
                   (json_int_t)mappings->other_pss, "page_table_bytes", (json_int_t)mappings->page_tables,
                   "index_bytes", count_or_null(!sample->storeless, sample->index_bytes), "cached_bytes",
                   count_or_null(sample->cached > 0, sample->cached));
}

static json_t *background_to_json(const struct sample *sample) {
  enum background_kind kind = sample->order->settings.background.kind;
  if (kind == BACKGROUND_NONE) return json_null();
  return json_pack("{s:s, s:I, s:o}", "operation", background_name(kind), "operations",
                   (json_int_t)sample->background.done, "ops_per_s",
                   real_or_null((double)sample->background.done / sample->background.seconds));
}

static json_t *start_to_json(const struct sample *sample) {
  if (sample->start.open_ns == 0) return json_null();
  return json_pack("{s:I, s:o, s:o}", "open_ns", (json_int_t)sample->start.open_ns, "first_get_ns",
                   count_or_null(!sample->storeless, sample->start.first_get_ns), "first_1000_ns",
                   count_or_null(!sample->storeless, sample->start.first_1000_ns));
}

// What it did not give back is 0 and not less: a copy of all records may take more than a file with few holes did.
static json_t *compaction_to_json(const struct sample *sample) {
  uint64_t before = sample->compaction.before, after = sample->compaction.after;
  if (sample->compaction.ns == 0) return json_null();
  return json_pack("{s:I, s:I, s:I, s:I}", "ns", (json_int_t)sample->compaction.ns, "bytes_before", (json_int_t)before,
                   "bytes_after", (json_int_t)after, "given_back_bytes",
                   (json_int_t)(before > after ? before - after : 0));
}

static json_t *size_to_json(const struct store_size *size) {
  if (!size->apparent) return json_null();
  return json_pack("{s:I, s:I}", "apparent", (json_int_t)size->apparent, "allocated", (json_int_t)size->allocated);
}

// Of a data set; the schedule hands it on to the samples that use it.
static json_t *space_to_json(const struct sample *sample) {
  if (!sample->space.loaded.apparent) return json_null();
  return json_pack("{s:o, s:o}", "loaded", size_to_json(&sample->space.loaded), "compacted",
                   size_to_json(&sample->space.compacted));
}

// Why these numbers are to be doubted.
static json_t *flags_to_json(const struct sample *sample) {
  json_t *flags = json_array();
  if (sample->cache_lost && json_array_append_new(flags, json_string("cache-lost"))) return json_decref(flags), NULL;
  return flags;
}

static json_t *timeline_to_json(const struct sample *sample) {
  json_t *array = json_array();
  size_t count;
  const struct timeline_point *points = timeline_points(sample->timeline, &count);
  bool device = timeline_has_device(sample->timeline);
  for (size_t i = 0; i < count && array; i++) {
    json_t *point =
        json_pack("{s:f, s:I, s:o, s:o, s:o}", "t", points[i].t, "operations", (json_int_t)points[i].operations,
                  "device_read_bytes", count_or_null(device, points[i].read_bytes), "device_write_bytes",
                  count_or_null(device, points[i].write_bytes), "longest_ns",
                  count_or_null(points[i].longest > 0, points[i].longest));
    if (json_array_append_new(array, point) == 0) continue;
    json_decref(array);
    array = NULL;
  }
  return array;
}

static int set_timeline(json_t *json, const struct sample *sample, bool ok) {
  enum steady_verdict steady = ok ? timeline_steady(sample->timeline) : STEADY_UNKNOWN;
  json_t *verdict = steady == STEADY_UNKNOWN ? json_null() : json_boolean(steady == STEADY_YES);
  uint64_t stall = ok ? timeline_stall(sample->timeline) : 0;
  int failed = json_object_set_new(json, "timeline", ok ? timeline_to_json(sample) : json_array());
  failed = json_object_set_new(json, "stall_ns", count_or_null(stall > 0, stall)) || failed;
  return json_object_set_new(json, "steady", verdict) || failed;
}

static int set_state(json_t *json, const struct sample *sample, bool ok) {
  json_t *effective = sample->effective ? json_incref(sample->effective) : json_null();
  json_t *part = json_pack(
      "{s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rss_bytes",
      count_or_null(ok && sample->rss, sample->rss), "pss_bytes", count_or_null(ok && sample->pss, sample->pss),
      "residency", "before", real_or_null(sample->residency_before), "after", real_or_null(sample->residency_after),
      "mappings", ok ? mappings_to_json(sample) : json_null(), "memory", pressure_to_json(&sample->pressure), "foreign",
      foreign_to_json(sample), "flags", flags_to_json(sample), "verified",
      count_or_null(ok && sample->work && (!sample->storeless || sample->verified), sample->verified), "background",
      ok ? background_to_json(sample) : json_null(), "start", ok ? start_to_json(sample) : json_null(), "compaction",
      ok ? compaction_to_json(sample) : json_null(), "effective", effective, "stat",
      ok && !sample->storeless ? stat_to_json(&sample->stat_before, &sample->stat_after) : json_null(), "space",
      ok ? space_to_json(sample) : json_null(), "spent",
      sample->spent.last ? spent_to_json(&sample->spent) : json_null());
  int failed = !part || json_object_update(json, part) != 0;
  json_decref(part);
  return failed;
}

json_t *sample_to_json(const struct sample *sample, const char *status, const char *reason) {
  bool ok = strcmp(status, "ok") == 0;
  json_t *json = json_pack("{s:s, s:s, s:o}", "kind", sample_kind_name(sample->order->kind), "status", status, "reason",
                           text(reason));
  if (json && (set_results(json, sample, ok) || set_counters(json, sample, ok) || set_latency(json, sample, ok) ||
               set_timeline(json, sample, ok) || set_state(json, sample, ok))) {
    json_decref(json);
    return NULL;
  }
  return json;
}
