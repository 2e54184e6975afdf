// SPDX-License-Identifier: MIT
// The bounds of a run: measured before its cells, and some again after them, each handed to the
// results.
#include "harness/measure_limits.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "harness/beaten.h"
#include "harness/limits/measure.h"
#include "harness/results_file.h"

struct taking {
  const struct plan *plan;
  struct results *results;
  struct progress *progress;
  size_t missing;
};

static int take(void *user, const struct limit_spec *spec, json_t *limit, struct error *error) {
  struct taking *taking = user;
  const struct plan_limits *limits = &taking->plan->limits;
  taking->missing += strcmp(json_text(limit, "status"), "ok") != 0;
  progress_step(taking->progress, limit_cost(spec, limits->slice, limits->repetitions), "bounds");
  return results_append_limit(taking->results, limit, error);
}

// What was measured before the cells stands then.
static int take_again(void *user, const struct limit_spec *spec, json_t *limit, struct error *error) {
  struct taking *taking = user;
  char label[64], what[160], note[640];
  int code = take(user, spec, limit, error);
  if (code || strcmp(json_text(limit, "status"), "ok") == 0) return code;
  limit_label(spec, label, sizeof label);
  limit_describe(spec, what, sizeof what);
  snprintf(note, sizeof note, "a cell was better than the bound \"%s\" (%s), which could not be measured again: %s",
           label, what, json_text(limit, "reason"));
  return results_append_note(taking->results, note, error);
}

static int run_list(struct taking *taking, const struct limit_list *list,
                    int (*taker)(void *, const struct limit_spec *, json_t *, struct error *),
                    const struct dataset_folder *folder, struct interrupt *interrupt, double *seconds,
                    struct error *error) {
  const struct limits_measure measure = {.list = list,
                                         .folder = folder,
                                         .slice = taking->plan->limits.slice,
                                         .repetitions = taking->plan->limits.repetitions,
                                         .interrupt = interrupt,
                                         .take = taker,
                                         .user = taking};
  uint64_t start = clock_ns();
  progress_step(taking->progress, 0, "bounds");
  int code = limits_run(&measure, error);
  *seconds = (double)(clock_ns() - start) / 1e9;
  return code;
}

int measure_limits(const struct plan *plan, const struct dataset_folder *folder, struct results *results,
                   struct interrupt *interrupt, struct progress *progress, double *seconds, struct error *error) {
  struct taking taking = {.plan = plan, .results = results, .progress = progress};
  int code = run_list(&taking, &plan->limits.list, take, folder, interrupt, seconds, error);
  if (code || interrupt->seen) return code;
  if (taking.missing)
    progress_line(progress, "bounds: %.0f s, %zu of %zu not measured (see the report)", *seconds, taking.missing,
                  plan->limits.list.count);
  else
    progress_line(progress, "bounds: %.0f s", *seconds);
  return 0;
}

int measure_limits_again(const struct plan *plan, const char *out, const struct dataset_folder *folder,
                         struct results *results, struct interrupt *interrupt, struct progress *progress,
                         double *seconds, double *timed, struct error *error) {
  struct taking taking = {.plan = plan, .results = results, .progress = progress};
  struct limit_list list = {0};
  json_t *run = NULL;
  int code = results_read(out, &run, error);
  *seconds = *timed = 0;
  if (!code) code = results_summarise(run, error);
  if (!code && beaten_limits(run, &list)) code = error_set(error, -ENOMEM, "memory is short");
  if (!code && list.count) code = run_list(&taking, &list, take_again, folder, interrupt, seconds, error);
  if (!code && list.count && !interrupt->seen)
    progress_line(progress, "bounds that a cell was better than, again: %.0f s, %zu of them", *seconds, list.count);
  *timed = fmin(*seconds, plan_limits_timed(plan, &list));
  limit_list_free(&list);
  json_decref(run);
  return code;
}
