// SPDX-License-Identifier: MIT
// Runs a plan. An experiment is measured in passes over its cells: one that is not counted, the counted repetitions,
// one for latencies, one for counters. Within a pass the cells come in an order of their own, so that engines take
// turns and a drift of the machine hits them alike.
#include "harness/schedule.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "harness/child.h"
#include "harness/isolation.h"
#include "harness/ledger.h"
#include "harness/peak.h"
#include "harness/private_files.h"
#include "harness/schedule_duels.h"
#include "harness/spent.h"
#include "harness/tracepoints.h"
#include "workloads/random.h"

// A child that is slower than its plan by this much hangs. Data that is filled, read in and checked takes its time too.
static const double grace_seconds = 30, grace_bytes_per_s = 20e6;
enum { FAILURES_MAX = 2, COUNTED_MIN = 3 };

struct pass {
  enum sample_kind kind;
  unsigned repetition;
  bool counted;
  bool beside;  // shorter than the repetitions, which it is not one of
  bool last;    // for what the experiment does not ask: latencies, counters
  bool peaks;   // only the cells that measure a peak; else only the others
};

static double length_of(const struct pass *pass) { return pass->counted && !pass->beside ? 1 : PLAN_LENGTH_BESIDE; }

struct running {
  const struct schedule *schedule;
  struct schedule_outcome *outcome;
  struct error *error;
  size_t experiment;
  json_t **spaces;     // one a data set: what its files took; NULL: not built
  unsigned *left;      // one a cell: samples that may still fail; 0: not run any more
  struct peak *peaks;  // one a cell, used by those that measure one
  unsigned *counted;   // one an experiment: its repetitions; 0: not measured to its end
  uint64_t started;    // clock_ns
  struct isolation isolation;
  struct ledger ledger;
  struct private_files files;
  double duels;  // seconds that are left for them
};

static double seconds_since(uint64_t then) { return (double)(clock_ns() - then) / 1e9; }

static double kill_after(const struct cell_settings *settings, const struct sample_order *order) {
  return grace_seconds + order->warmup + fmax(order->seconds, order->limit) +
         (double)settings->data_bytes / grace_bytes_per_s;
}

// What the files took that the cell's own began as; borrowed.
static json_t *space_of(const struct running *running, const struct plan_cell *cell) {
  bool used = cell->data == PLAN_SHARED || cell->data == PLAN_COPY;
  return used && running->spaces[cell->set] ? running->spaces[cell->set] : json_null();
}

// Adds what the schedule knows of the sample and hands it to the results.
static int record(struct running *running, size_t number, const struct pass *pass, json_t *sample) {
  struct schedule_outcome *outcome = running->outcome;
  const char *cell = running->schedule->plan->cells[number].id;
  json_t *facts = json_pack("{s:I, s:I, s:b, s:O}", "order", (json_int_t)outcome->samples, "repetition",
                            (json_int_t)pass->repetition, "counted", (int)pass->counted, "space",
                            space_of(running, &running->schedule->plan->cells[number]));
  int code = !facts || json_object_update(sample, facts) ? -ENOMEM : 0;
  json_decref(facts);
  if (!code) code = ledger_add(&running->ledger, number, sample);
  if (code) return error_set(running->error, code, "%s: memory is short", cell);
  outcome->samples++;
  shares_add(&outcome->shares, sample);
  return results_append(running->schedule->results, cell, sample, running->error);
}

static void make_order(const struct running *running, const struct plan_cell *cell, const struct pass *pass,
                       struct sample_order *order) {
  const struct plan *plan = running->schedule->plan;
  *order = (struct sample_order){.kind = pass->kind,
                                 .settings = cell->settings,
                                 .seconds = length_of(pass) * plan_timed(plan, cell),
                                 .warmup = plan_warmup(plan, cell),
                                 .limit = length_of(pass) * plan_limit(plan, cell),
                                 .read_only = cell->data == PLAN_SHARED,
                                 .fresh = cell->data == PLAN_FRESH,
                                 .disposable = cell->data == PLAN_FRESH || cell->data == PLAN_COPY};
  // All cells of a repetition draw the same keys; each repetition draws others.
  order->seed = random_mix(plan->options.seed + pass->repetition);
  if (cell->settings.rate.of_peak > 0)
    order->settings.rate.per_s = cell->settings.rate.of_peak * peak_rate(&running->peaks[cell->peak]);
}

// Puts the file of the sample in its place.
static int prepare(struct running *running, const struct plan_cell *cell, struct sample_order *order) {
  char set[32];
  schedule_set_name(cell->set, set);
  if (cell->data == PLAN_SHARED) {
    dataset_path(running->schedule->folder, set, order->path);
    return 0;
  }
  private_files_path(&running->files, order->path);
  return private_files_make(&running->files, cell, set);
}

// Waits until nothing of ours is being removed, so that no sample runs beside it.
static int wait_for_removal(struct running *running) {
  int code = private_files_wait(&running->files);
  if (!code) return 0;
  return error_set(running->error, code, "%s: a data file cannot be removed: %s; remove it by hand",
                   running->schedule->folder->path, strerror(-code));
}

// Does what has to be done after a failure, too: then the first error is the one to tell.
static int end_with(struct running *running, int code, int (*end)(struct running *)) {
  if (!code) return end(running);
  const struct error first = *running->error;
  (void)end(running);
  *running->error = first;
  return code;
}

// Runs the sample inside a memory group of its own where its cache state needs one.
static json_t *run_grouped(struct running *running, const struct plan_cell *cell, struct sample_order *order) {
  const struct schedule *schedule = running->schedule;
  bool grouped = cache_limited(cell->settings.cache) && cell->data != PLAN_NO_DATA;
  struct error error;
  if (grouped && memory_group_make(schedule->memory, &order->memory, &error))
    return child_no_sample(order, "skipped", error.text);
  json_t *sample = schedule->run(order, kill_after(&cell->settings, order), schedule->interrupt);
  int code = grouped ? memory_group_remove(&order->memory) : 0;
  if (!code) return sample;
  json_decref(sample);
  error_set(&error, code, "%.300s: the group cannot be removed: %s", order->memory.path, strerror(-code));
  return child_no_sample(order, "failed", error.text);
}

// *sample is the caller's; NULL after a signal.
static int run_once(struct running *running, size_t number, const struct pass *pass, json_t **sample) {
  const struct schedule *schedule = running->schedule;
  const struct plan_cell *cell = &schedule->plan->cells[number];
  struct sample_order order;
  char reason[256];
  make_order(running, cell, pass, &order);
  const uint64_t start = clock_ns();
  int code = prepare(running, cell, &order), removed = wait_for_removal(running);
  const double prepared = seconds_since(start);
  snprintf(reason, sizeof reason, "its file could not be made: %s", strerror(-code));
  *sample = code ? child_no_sample(&order, "failed", reason) : run_grouped(running, cell, &order);
  if (cell->data != PLAN_SHARED) private_files_drop(&running->files, cell);
  if (schedule->interrupt->seen) {
    json_decref(*sample);
    *sample = NULL;
    return 0;
  }
  if (!*sample || spent_complete(*sample, prepared, seconds_since(start)))
    return error_set(running->error, -ENOMEM, "%s: memory is short", cell->id);
  return removed;
}

// Hands a sample on, and says whether it is to be taken again: one that was disturbed stays in the results, but does
// not count.
static int judge(struct running *running, size_t number, const struct pass *pass, unsigned tries, json_t *sample,
                 bool *again) {
  const char *id = running->schedule->plan->cells[number].id;
  const char *status = json_string_value(json_object_get(sample, "status"));
  struct pass as = *pass;
  bool skipped = strcmp(status, "skipped") == 0;
  // At a rate it may be chance that nothing was due in one sample's time: it is tried as often as what fails.
  if (skipped && !cell_rated(&running->schedule->plan->cells[number].settings))
    running->left[number] = 0;
  else if (skipped || strcmp(status, "failed") == 0)
    running->left[number]--;
  if (isolation_judge(&running->isolation, sample))
    return error_set(running->error, -ENOMEM, "%s: memory is short", id);
  *again = pass->counted && pass->kind != SAMPLE_COUNTERS && isolation_repeats(&running->isolation, sample, tries);
  as.counted = pass->counted && !*again;
  int code = record(running, number, &as, sample);
  if (running->schedule->plan->cells[number].is_peak) peak_add(&running->peaks[number], sample);
  return code;
}

static int run_sample(struct running *running, size_t number, const struct pass *pass) {
  bool again = true;
  int code = 0;
  for (unsigned tries = 1; again && !code; tries++) {
    json_t *sample = NULL;
    again = false;
    code = run_once(running, number, pass, &sample);
    int recorded = sample ? judge(running, number, pass, tries, sample, &again) : 0;
    json_decref(sample);
    if (!code) code = recorded;
  }
  return code;
}

static int run_cells(struct running *running, const struct pass *pass) {
  const struct schedule *schedule = running->schedule;
  const struct plan_experiment *experiment = &schedule->plan->experiments[running->experiment];
  size_t *order = calloc(experiment->cell_count, sizeof *order);
  if (!order) return error_set(running->error, -ENOMEM, "memory is short; run fewer experiments");
  schedule_shuffle(schedule->plan->options.seed, running->experiment, 2 * pass->repetition + !pass->counted, order,
                   experiment->cell_count);
  int code = 0;
  for (size_t i = 0; i < experiment->cell_count && !code && !interrupt_seen(schedule->interrupt); i++) {
    size_t number = experiment->first_cell + order[i];
    const struct plan_cell *cell = &schedule->plan->cells[number];
    if (cell->dropped || cell->is_peak != pass->peaks) continue;
    // At a given rate only latencies are worth knowing.
    if (cell_rated(&cell->settings) && pass->kind != SAMPLE_LATENCY) continue;
    if (cell->contender && pass->last) continue;  // it takes no latencies and counts no calls
    progress_step(schedule->progress, 0, cell->id);
    if (running->left[number]) code = run_sample(running, number, pass);
    progress_step(schedule->progress, plan_sample_cost(schedule->plan, cell, length_of(pass)), cell->id);
  }
  free(order);
  return end_with(running, code, wait_for_removal);
}

// What counters count by is held for as long as the pass lasts, which saves each sample the time to let go of it.
static int run_pass(struct running *running, const struct pass *pass) {
  struct tracepoints *held = NULL;
  if (pass->kind == SAMPLE_COUNTERS && tracepoints_hold(running->schedule->folder->path, &held))
    return error_set(running->error, -ENOMEM, "memory is short; run fewer experiments");
  int code = run_cells(running, pass);
  tracepoints_close(held);
  return code;
}

// The cells that wanted this data set get its reason.
static int give_up_set(struct running *running, size_t set, const char *status, const char *why) {
  const struct plan *plan = running->schedule->plan;
  const struct pass none = {.kind = SAMPLE_THROUGHPUT};
  char reason[1024];
  int code = 0;
  snprintf(reason, sizeof reason, "its data set could not be built: %s", why);
  for (size_t i = 0; i < plan->cell_count && !code; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    struct sample_order order;
    if (cell->dropped || cell->set != set || (cell->data != PLAN_SHARED && cell->data != PLAN_COPY)) continue;
    make_order(running, cell, &none, &order);
    json_t *sample = child_no_sample(&order, status, reason);
    code = sample ? record(running, i, &none, sample) : error_set(running->error, -ENOMEM, "memory is short");
    json_decref(sample);
    running->left[i] = 0;
  }
  return code;
}

static bool set_is_used(const struct plan *plan, size_t set) {
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (!cell->dropped && cell->set == set && (cell->data == PLAN_SHARED || cell->data == PLAN_COPY)) return true;
  }
  return false;
}

static int build_set(struct running *running, size_t number) {
  const struct schedule *schedule = running->schedule;
  const struct plan_set *set = &schedule->plan->sets[number];
  struct sample_order order = {.kind = SAMPLE_FILL, .settings = set->settings, .fresh = true};
  uint64_t start = clock_ns();
  char name[32];
  schedule_set_name(number, name);
  progress_step(schedule->progress, 0, "filling a data set");
  int code = dataset_make(schedule->folder, name);
  if (code) return give_up_set(running, number, "failed", strerror(-code));
  dataset_path(schedule->folder, name, order.path);
  json_t *sample = schedule->run(&order, kill_after(&set->settings, &order), schedule->interrupt);
  running->outcome->shares.filling += seconds_since(start);
  progress_step(schedule->progress, plan_set_cost(set), "filling a data set");
  if (!sample) return schedule->interrupt->seen ? 0 : error_set(running->error, -ENOMEM, "memory is short");
  const char *status = json_string_value(json_object_get(sample, "status"));
  const char *reason = json_string_value(json_object_get(sample, "reason"));
  if (strcmp(status, "ok") != 0) code = give_up_set(running, number, status, reason ? reason : "no reason given");
  running->spaces[number] = json_incref(json_object_get(sample, "space"));
  json_decref(sample);
  return code;
}

static int build_sets(struct running *running) {
  const struct plan *plan = running->schedule->plan;
  int code = 0;
  for (size_t i = 0; i < plan->set_count && !code && !running->schedule->interrupt->seen; i++)
    if (plan->sets[i].first == running->experiment && set_is_used(plan, i)) code = build_set(running, i);
  return code;
}

static int remove_sets(struct running *running) {
  const struct plan *plan = running->schedule->plan;
  for (size_t i = 0; i < plan->set_count; i++) {
    char name[32];
    schedule_set_name(i, name);
    int code = plan->sets[i].last == running->experiment ? dataset_remove(running->schedule->folder, name) : 0;
    if (code)
      return error_set(running->error, code, "%s/%s: cannot be removed: %s; remove it by hand",
                       running->schedule->folder->path, name, strerror(-code));
  }
  return 0;
}

// When this experiment should be over: its share of the time that is left, by the plan's estimates. Drawing comes out
// of each experiment's own estimate.
static double time_share(const struct running *running) {
  const struct plan *plan = running->schedule->plan;
  double left = plan->budget - plan_limits_cost(plan) - seconds_since(running->started), cost = 0;
  for (size_t i = running->experiment; i < plan->experiment_count; i++) cost += plan_experiment_cost(plan, i);
  return left * plan_experiment_cost(plan, running->experiment) / cost;
}

// One pass of each kind that the repetitions did not have.
static int run_last_passes(struct running *running, enum sample_kind repeated, unsigned counted) {
  static const enum sample_kind kinds[] = {SAMPLE_LATENCY, SAMPLE_COUNTERS};
  int code = 0;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !code && !running->schedule->interrupt->seen; i++) {
    const struct pass pass = {.kind = kinds[i],
                              .repetition = ++counted,
                              .counted = true,
                              .beside = kinds[i] == SAMPLE_COUNTERS,
                              .last = true};
    if (kinds[i] != repeated) code = run_pass(running, &pass);
  }
  return code;
}

// What earlier experiments did not need is there for this one.
static int hold_duels(struct running *running) {
  const struct schedule *schedule = running->schedule;
  running->duels += schedule->plan->experiments[running->experiment].duels;
  json_t *judged = ledger_take(&running->ledger, schedule->plan, running->experiment);
  if (!judged) return error_set(running->error, -ENOMEM, "memory is short; run fewer experiments");
  int code = schedule->pair ? schedule_duels(schedule, judged, &running->duels, running->outcome, running->error) : 0;
  json_decref(judged);
  return code;
}

// The cells at a share of a peak that is not known get its reason.
static int give_up_rated(struct running *running) {
  const struct plan *plan = running->schedule->plan;
  const struct pass none = {.kind = SAMPLE_LATENCY};
  int code = 0;
  for (size_t i = 0; i < plan->cell_count && !code; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (cell->experiment != running->experiment || cell->is_peak || cell->dropped) continue;
    if (!(cell->settings.rate.of_peak > 0) || running->left[i] == 0) continue;
    const struct peak *peak = &running->peaks[cell->peak];
    if (peak_rate(peak) > 0) continue;
    char reason[sizeof peak->reason + 64];
    struct sample_order order = {.kind = none.kind, .settings = cell->settings};
    snprintf(reason, sizeof reason, "its peak could not be measured: %s", peak->reason);
    json_t *sample = child_no_sample(&order, *peak->status ? peak->status : "failed", reason);
    code = sample ? record(running, i, &none, sample) : error_set(running->error, -ENOMEM, "memory is short");
    json_decref(sample);
    running->left[i] = 0;
  }
  return code;
}

// Cells whose engine is not there, or could not be described, get its reason.
static int give_up_unavailable(struct running *running) {
  const struct plan *plan = running->schedule->plan;
  const struct pass none = {.kind = SAMPLE_THROUGHPUT};
  int code = 0;
  for (size_t i = 0; i < plan->cell_count && !code; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (cell->experiment != running->experiment || cell->dropped || !*cell->described->unavailable) continue;
    struct sample_order order = {.kind = none.kind, .settings = cell->settings};
    json_t *sample =
        child_no_sample(&order, cell->described->failed ? "failed" : "skipped", cell->described->unavailable);
    code = sample ? record(running, i, &none, sample) : error_set(running->error, -ENOMEM, "memory is short");
    json_decref(sample);
    running->left[i] = 0;
  }
  return code;
}

// Peaks come first, in passes of their own: the cells that refer to them all go by the same one.
static int run_peaks(struct running *running) {
  struct pass pass = {.kind = SAMPLE_THROUGHPUT, .peaks = true};
  int code = 0;
  for (; !code && pass.repetition <= PLAN_PEAK_REPETITIONS; pass.repetition++) {
    if (running->schedule->interrupt->seen) return 0;
    pass.counted = pass.repetition > 0;
    code = run_pass(running, &pass);
  }
  return code || running->schedule->interrupt->seen ? code : give_up_rated(running);
}

static int run_passes(struct running *running, unsigned *counted) {
  const struct plan *plan = running->schedule->plan;
  double share = time_share(running);
  uint64_t start = clock_ns();
  struct pass pass = {.kind = plan->experiments[running->experiment].metric->kind};
  int code = give_up_unavailable(running);
  if (!code) code = build_sets(running);
  if (!code && !running->schedule->interrupt->seen) code = run_peaks(running);
  for (*counted = 0; !code && !running->schedule->interrupt->seen; pass.repetition++) {
    uint64_t begun = clock_ns();
    pass.counted = pass.repetition > 0;
    code = run_pass(running, &pass);
    *counted = pass.repetition;
    if (*counted >= plan->repetitions) break;
    // This repetition's time once more for the next one, and once each for latencies and counters; then duels.
    bool late = seconds_since(start) + 3 * seconds_since(begun) + plan->experiments[running->experiment].duels > share;
    if (late && *counted >= COUNTED_MIN && !plan->options.repetitions) break;
  }
  if (!code) code = run_last_passes(running, pass.kind, *counted);
  if (!code && !running->schedule->interrupt->seen) code = hold_duels(running);
  return end_with(running, code, remove_sets);
}

static const char *name_of(const struct running *running, size_t experiment) {
  return experiment_name(running->schedule->plan->experiments[experiment].experiment);
}

static void tell_end(const struct running *running, unsigned counted, double seconds) {
  const char *name = name_of(running, running->experiment);
  const unsigned planned = running->schedule->plan->repetitions;
  if (counted >= planned)
    progress_line(running->schedule->progress, "%s: %.0f s", name, seconds);
  else
    progress_line(running->schedule->progress, "%s: %.0f s, %u of %u repetitions (time budget)", name, seconds, counted,
                  planned);
}

// Fewer repetitions than planned are told in the results, since intervals are wider for it: in one note, which lists
// the experiments. A run that was stopped tells of those that it came to the end of.
static int note_repetitions(struct running *running) {
  const struct plan *plan = running->schedule->plan;
  const char *between = "fewer repetitions, to stay within their shares of the time: ";
  char *note = NULL;
  size_t length;
  FILE *text = open_memstream(&note, &length);
  if (!text) return error_set(running->error, -ENOMEM, "memory is short");
  for (size_t i = 0; i < plan->experiment_count; i++) {
    const unsigned counted = running->counted[i];
    if (counted == 0 || counted >= plan->repetitions) continue;
    fprintf(text, "%s%s (%u of %u)", between, name_of(running, i), counted, plan->repetitions);
    between = ", ";
  }
  int code = fclose(text) ? error_set(running->error, -ENOMEM, "memory is short") : 0;
  if (!code && length > 0) code = results_append_note(running->schedule->results, note, running->error);
  free(note);
  return code;
}

static int run_experiment(struct running *running) {
  const struct plan *plan = running->schedule->plan;
  uint64_t start = clock_ns();
  unsigned counted;
  double before = running->schedule->progress->done;
  int code = run_passes(running, &counted);
  // Repetitions that were not needed are done too.
  double planned = plan_experiment_cost(plan, running->experiment) - plan_drawing_cost();
  double rest = before + planned - running->schedule->progress->done;
  progress_step(running->schedule->progress, fmax(0, rest), "");
  if (code || running->schedule->interrupt->seen) return code;
  running->counted[running->experiment] = counted;
  tell_end(running, counted, seconds_since(start));
  return 0;
}

int schedule_run(const struct schedule *schedule, struct schedule_outcome *outcome, struct error *error) {
  struct running running = {.schedule = schedule, .outcome = outcome, .error = error, .started = clock_ns()};
  int code = 0;
  running.files.folder = schedule->folder;
  *outcome = (struct schedule_outcome){0};
  running.left = calloc(schedule->plan->cell_count, sizeof *running.left);
  running.peaks = calloc(schedule->plan->cell_count, sizeof *running.peaks);
  running.spaces = calloc(schedule->plan->set_count + 1, sizeof *running.spaces);
  running.counted = calloc(schedule->plan->experiment_count + 1, sizeof *running.counted);
  if (!running.left || !running.peaks || !running.spaces || !running.counted ||
      ledger_open(&running.ledger, schedule->plan)) {
    code = error_set(error, -ENOMEM, "memory is short; run fewer experiments");
    goto out;
  }
  for (size_t i = 0; i < schedule->plan->cell_count; i++) running.left[i] = FAILURES_MAX;
  for (; running.experiment < schedule->plan->experiment_count && !code; running.experiment++)
    if (!interrupt_seen(schedule->interrupt)) code = run_experiment(&running);
  if (!code) code = note_repetitions(&running);
  outcome->interrupted = schedule->interrupt->seen;
out:
  free(running.left);
  free(running.peaks);
  free(running.counted);
  for (size_t i = 0; running.spaces && i < schedule->plan->set_count; i++) json_decref(running.spaces[i]);
  free(running.spaces);
  ledger_close(&running.ledger);
  return code;
}
