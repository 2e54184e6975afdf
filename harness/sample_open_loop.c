// SPDX-License-Identifier: MIT
// The open loop of a sample: how long it lasts, what each thread does, and whether the store kept up.
#include <errno.h>
#include <math.h>

#include "harness/sample.h"

// A store that keeps up has started everything soon after the last operation was asked for. What still waits when the
// sample is over by this share of its length was asked for faster than it was done, by as much.
static const double patience = 0.01;

bool sample_is_open(const struct sample *sample) {
  return sample->order->kind == SAMPLE_LATENCY && sample->order->settings.rate.per_s > 0;
}

bool sample_saturated(const struct sample *sample) { return sample->open.backlog > 0; }

static void on_late(void *user, uint64_t ns) { histogram_record(user, ns, 1); }

int sample_open_loop_open(struct open_seat *seat) {
  seat->late = histogram_new();
  return seat->late ? 0 : -ENOMEM;
}

void sample_open_loop_close(struct open_seat *seat) { histogram_free(seat->late); }

int sample_open_loop_run(const struct sample *sample, struct open_seat *seat, uint64_t start, struct client *client,
                         struct timing *timing, struct client_counts *counts, struct error *error) {
  const struct sample_order *order = sample->order;
  seat->pacer = pacer_real();
  seat->loop = (struct open_loop){.arrivals = order->settings.rate.arrivals,
                                  .rate = order->settings.rate.per_s,
                                  .start = start,
                                  .end = start + (uint64_t)(order->seconds * 1e9),
                                  .give_up = start + (uint64_t)(order->seconds * (1 + patience) * 1e9),
                                  .late = on_late,
                                  .user = seat->late};
  timing->pacer = &seat->pacer;
  return client_run_open(client, &seat->loop, timing, &seat->counts, counts, error);
}

void sample_open_loop_add(struct sample *sample, const struct open_seat *seat) {
  struct open_loop_result *open = &sample->open;
  double last = seat->counts.started ? (double)(seat->counts.last_start - seat->loop.start) / 1e9 : 0;
  open->seconds = sample->order->seconds;
  open->last_start = fmax(open->last_start, last);
  open->started += seat->counts.started;
  open->backlog += seat->counts.backlog;
  histogram_add(open->late, seat->late);
}

int sample_open_loop_check(struct sample *sample, struct error *error) {
  if (!sample_is_open(sample) || sample->open.started + sample->open.backlog > 0) return 0;
  sample->out_of_reach = true;
  return error_set(error, -EBUSY, "no operation was due in %g s at %.3g a second; measure for longer",
                   sample->order->seconds, sample->order->settings.rate.per_s);
}

static json_t *late_to_json(const struct histogram *late) {
  if (histogram_count(late) == 0) return json_null();  // never early enough for any operation
  return json_pack("{s:I, s:f, s:I, s:I}", "count", (json_int_t)histogram_count(late), "mean", histogram_mean(late),
                   "p99", (json_int_t)histogram_percentile(late, 99), "max", (json_int_t)histogram_max(late));
}

json_t *sample_open_loop_to_json(const struct sample *sample) {
  const struct open_loop_result *open = &sample->open;
  if (!open->late) return json_null();
  double seconds = fmax(open->seconds, open->last_start);
  uint64_t asked = open->started + open->backlog;
  return json_pack("{s:f, s:s, s:f, s:I, s:I, s:I, s:f, s:b, s:o}", "rate", sample->order->settings.rate.per_s,
                   "arrivals", arrival_kind_name(sample->order->settings.rate.arrivals), "seconds", open->seconds,
                   "asked", (json_int_t)asked, "started", (json_int_t)open->started, "backlog",
                   (json_int_t)open->backlog, "achieved_per_s", (double)open->started / seconds, "saturated",
                   (int)sample_saturated(sample), "pacer_late_ns", late_to_json(open->late));
}
