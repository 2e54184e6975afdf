// SPDX-License-Identifier: MIT
// Makes a plan: experiments to cells, cells to data sets.
#include "harness/plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/words.h"
#include "harness/catalogue.h"
#include "harness/contenders/contenders.h"
#include "harness/limits/measure.h"

// One engine builds the data sets that several share: how a file was filled decides its folios in the page cache, and
// with them what a later read or write costs.
static const char set_builder[] = "pread";

static const struct profile profiles[] = {
    {"quick", 0.1, 3, 150, true, 1, 6, 1},
    {"standard", 0.25, 9, 870, false, 3, 10, 3},
    {"full", 0.5, 15, INFINITY, false, 6, 20, 10},
};

int plan_profile(const char *name, const struct profile **profile, struct error *error) {
  const char *words[sizeof profiles / sizeof profiles[0]];
  size_t count = sizeof profiles / sizeof profiles[0];
  for (size_t i = 0; i < count; i++) {
    words[i] = profiles[i].name;
    if (strcmp(name, words[i]) != 0) continue;
    *profile = &profiles[i];
    return 0;
  }
  const char *nearest = nearest_word(name, words, count);
  return nearest ? error_set(error, -EINVAL, "unknown profile \"%s\"; did you mean \"%s\"?", name, nearest)
                 : error_set(error, -EINVAL, "unknown profile \"%s\"; one of quick, standard, full", name);
}

void *plan_grow(void *array, size_t count, size_t size) {
  return count & (count - 1) ? array : reallocarray(array, count ? 2 * count : 1, size);
}

bool plan_reads_only(const struct workload *workload) {
  switch (workload->operation) {
    case OPERATION_GET:
    case OPERATION_PEEK:
    case OPERATION_SCAN:
      return true;
    case OPERATION_MIXED:
      return workload->mix.get + workload->mix.scan == 100;
    default:
      return false;
  }
}

struct cell_settings plan_set_settings(const struct cell_settings *cell, const struct engine *engine) {
  struct cell_settings settings = *cell;
  settings.workload = (struct workload){.operation = OPERATION_FILL,
                                        .keys = KEYS_SEQUENTIAL,
                                        .records = cell->filled,
                                        .value_size = cell->workload.value_size,
                                        .batch = 64,
                                        .depth = 64,
                                        .threads = 1};
  settings.sync = (struct sync_policy){.kind = SYNC_NONE};
  settings.cache = CACHE_ASIS;
  settings.background.kind = BACKGROUND_NONE;
  memset(&settings.rate, 0, sizeof settings.rate);
  settings.threads = settings.processes = 1;
  settings.stores = 0;
  if (engine->caps & CAP_SHARED_FORMAT) {
    snprintf(settings.spec, sizeof settings.spec, "%s", set_builder);
    snprintf(settings.engine, sizeof settings.engine, "%s", set_builder);
  }
  return settings;
}

bool plan_same_set(const struct cell_settings *a, const struct cell_settings *b) {
  return a->record_size == b->record_size && a->workload.value_size == b->workload.value_size &&
         a->workload.records == b->workload.records && strcmp(a->spec, b->spec) == 0 &&
         phases_same(&a->before, &b->before);
}

// A file grows by doubling, and its index snapshot takes up to 16 bytes a record.
uint64_t plan_file_bytes(const struct cell_settings *settings) {
  // Who inserts in the background may do so at a million a second for as long as a sample.
  double inserts = settings->background.per_s > 0 ? settings->background.per_s : 1e6;
  double seconds = settings->duration > 0 ? settings->duration : 1;
  uint64_t grown = settings->background.kind == BACKGROUND_INSERT
                       ? (uint64_t)(2 * inserts * seconds * (settings->record_size + 16))
                       : 0;
  return cell_stores(settings) * (grown + 2 * settings->data_bytes + 16 * settings->filled + 8192);
}

static int use_set(struct plan *plan, struct plan_cell *cell) {
  const struct cell_settings settings = plan_set_settings(&cell->settings, cell->engine);
  for (cell->set = 0; cell->set < plan->set_count; cell->set++)
    if (plan_same_set(&plan->sets[cell->set].settings, &settings)) {
      plan->sets[cell->set].last = cell->experiment;
      return 0;
    }
  struct plan_set *sets = plan_grow(plan->sets, plan->set_count, sizeof *sets);
  if (!sets) return -ENOMEM;
  plan->sets = sets;
  sets[plan->set_count++] = (struct plan_set){settings, cell->experiment, cell->experiment, plan_file_bytes(&settings)};
  return 0;
}

static int choose_data(struct plan *plan, struct plan_cell *cell) {
  const struct workload *workload = &cell->settings.workload;
  if (!(cell->engine->caps & CAP_PERSISTENT))
    cell->data = PLAN_NO_DATA;
  else if (workload->operation == OPERATION_FILL || workload->operation == OPERATION_CREATE)
    cell->data = PLAN_FRESH;
  else
    cell->data =
        plan_reads_only(workload) && !background_writes(cell->settings.background.kind) ? PLAN_SHARED : PLAN_COPY;
  return cell->data == PLAN_SHARED || cell->data == PLAN_COPY ? use_set(plan, cell) : 0;
}

static int check_engine(struct plan *plan, struct plan_cell *cell, const char *path, struct error *error) {
  struct error why;
  int code = described_find(&plan->engines, cell->settings.spec, &cell->described, &why);
  if (code) return error_set(error, code, "%s: %s", plan->options.engines ? "--engines" : path, why.text);
  cell->engine = cell->described->engine;
  cell->contender = contender_find(cell->settings.spec);
  cell->config.options = cell->described->options;
  cell->config.record_size = cell->settings.record_size;
  cell->config.sync = cell->settings.sync;
  return 0;
}

static int name_cell(const struct plan *plan, struct plan_cell *cell, struct error *error) {
  const struct plan_experiment *experiment = &plan->experiments[cell->experiment];
  size_t length = (size_t)snprintf(cell->id, sizeof cell->id, "%s", experiment_name(experiment->experiment));
  for (size_t i = 0; i < experiment->axis_count; i++) {
    const char *value = experiment->axes[i].values[cell->index[i]];
    if (length + strlen(value) + 2 > sizeof cell->id)
      return error_set(error, -ENAMETOOLONG, "%.100s...: the cell's name is too long; shorten its values", cell->id);
    length += (size_t)snprintf(cell->id + length, sizeof cell->id - length, "/%s", value);
  }
  for (size_t i = experiment->first_cell; i < plan->cell_count; i++)
    if (strcmp(plan->cells[i].id, cell->id) == 0)
      return error_set(error, -EINVAL, "%s: this point is in the sweep twice; name each value once", cell->id);
  return 0;
}

static int add_cell(struct plan *plan, const char *path, const size_t *index, struct error *error) {
  size_t number = plan->experiment_count - 1;
  struct plan_experiment *experiment = &plan->experiments[number];
  struct plan_cell *cells = plan_grow(plan->cells, plan->cell_count, sizeof *cells);
  if (!cells) return error_set(error, -ENOMEM, "memory is short; run fewer experiments");
  plan->cells = cells;
  struct plan_cell *cell = &cells[plan->cell_count];
  *cell = (struct plan_cell){.experiment = number};
  memcpy(cell->index, index, sizeof cell->index);
  int code = experiment_cell(experiment->experiment, plan->options.profile->name, experiment->axes,
                             experiment->axis_count, index, &cell->settings, error);
  if (!code) code = name_cell(plan, cell, error);
  if (!code) code = check_engine(plan, cell, path, error);
  if (code) return code;
  cell->settings.workload.seed = plan->options.seed;
  if (choose_data(plan, cell)) return error_set(error, -ENOMEM, "memory is short; run fewer experiments");
  plan->cell_count++;
  experiment->cell_count++;
  return 0;
}

// The next point of the sweep, the last axis running fastest. False after the last one.
static bool next_point(const struct plan_experiment *experiment, size_t *index) {
  for (size_t i = experiment->axis_count; i-- > 0;) {
    if (++index[i] < experiment->axes[i].count) return true;
    index[i] = 0;
  }
  return false;
}

static int unknown_metric(const char *path, int line, const char *y, struct error *error) {
  const char *nearest = metric_nearest(y);
  if (nearest)
    return error_set(error, -EINVAL, "%s:%d: unknown metric \"%s\"; did you mean \"%s\"?", path, line, y, nearest);
  return error_set(error, -EINVAL, "%s:%d: unknown metric \"%s\"; docs/experiments.md lists them", path, line, y);
}

// "bound NAME" in [verdict]: whether there is such a bound.
static int check_bounds(const char *path, const struct experiment *experiment, struct error *error) {
  const struct experiment_verdict *verdict = experiment_verdict(experiment);
  for (size_t i = 0; i < verdict->count; i++) {
    const char *under = verdict->tests[i].under, *names[LIMIT_KINDS];
    enum limit_kind kind;
    if (!experiment_side_is_bound(under) || limit_by_name(under + strlen("bound "), &kind) == 0) continue;
    for (int k = 0; k < LIMIT_KINDS; k++) names[k] = limit_name((enum limit_kind)k);
    const char *nearest = nearest_word(under + strlen("bound "), names, LIMIT_KINDS);
    return error_set(error, -EINVAL, "%s: unknown bound \"%s\" in [verdict]; did you mean \"%s\"?", path,
                     under + strlen("bound "), nearest ? nearest : names[0]);
  }
  return 0;
}

// y, and what is drawn beside it.
static int find_metrics(const char *path, struct plan_experiment *experiment, struct error *error) {
  const struct experiment_chart *chart = experiment_chart(experiment->experiment);
  experiment->metric = metric_find(chart->y);
  if (!experiment->metric) return unknown_metric(path, experiment_y_line(experiment->experiment), chart->y, error);
  for (size_t i = 0; i < EXPERIMENT_BESIDE_MAX && *chart->beside[i]; i++)
    if (!metric_find(chart->beside[i]))
      return unknown_metric(path, experiment_beside_line(experiment->experiment), chart->beside[i], error);
  return 0;
}

static int add_cells(struct plan *plan, const char *path, struct error *error) {
  struct plan_experiment *experiment = &plan->experiments[plan->experiment_count - 1];
  size_t index[EXPERIMENT_AXES_MAX] = {0};
  int code = experiment_axes(experiment->experiment, plan->options.profile->name, plan->options.engines,
                             experiment->axes, &experiment->axis_count, error);
  if (code) return code;
  code = find_metrics(path, experiment, error);
  if (!code) code = check_bounds(path, experiment->experiment, error);
  if (code) return code;
  experiment->first_cell = plan->cell_count;
  do {
    bool omitted = experiment_omits(experiment->experiment, experiment->axes, experiment->axis_count, index);
    code = omitted ? 0 : add_cell(plan, path, index, error);
  } while (!code && next_point(experiment, index));
  if (!code && !experiment->cell_count)
    code = plan->options.engines
               ? error_set(error, -EINVAL, "%s: omit leaves nothing of the sweep with --engines %s; name others", path,
                           plan->options.engines)
               : error_set(error, -EINVAL, "%s: omit leaves nothing of the sweep; omit less", path);
  return code ? code : plan_add_peaks(plan, error);
}

static int check_name(const struct plan *plan, const char *path, struct error *error) {
  size_t last = plan->experiment_count - 1;
  const char *name = experiment_name(plan->experiments[last].experiment);
  for (size_t i = 0; i < last; i++)
    if (strcmp(name, experiment_name(plan->experiments[i].experiment)) == 0)
      return error_set(error, -EINVAL,
                       "%s: another experiment of this run is called \"%s\"; name it once, or rename the file", path,
                       name);
  return 0;
}

// `named`: asked for by name, so it runs in every profile.
static int add_experiment(struct plan *plan, const char *path, bool named, struct error *error) {
  struct experiment *experiment;
  int code = experiment_load(path, experiment_machine_here(), &experiment, error);
  if (code) return code;
  struct plan_experiment *experiments = NULL;
  bool wanted = named || experiment_in_profile(experiment, plan->options.profile->name);
  if (wanted) experiments = plan_grow(plan->experiments, plan->experiment_count, sizeof *experiments);
  if (!experiments) {
    experiment_free(experiment);
    return wanted ? error_set(error, -ENOMEM, "memory is short; run fewer experiments") : 0;
  }
  plan->experiments = experiments;
  experiments[plan->experiment_count++] = (struct plan_experiment){.experiment = experiment};
  code = check_name(plan, path, error);
  return code ? code : add_cells(plan, path, error);
}

static int add_experiments(struct plan *plan, const struct catalogue *shipped, struct error *error) {
  const struct plan_options *options = &plan->options;
  bool named = options->experiment_count > 0;
  size_t count = named ? options->experiment_count : shipped->count;
  for (size_t i = 0; i < count; i++) {
    char path[4096];
    const char *word = named ? options->experiments[i] : shipped->names[i];
    int code = catalogue_experiment(shipped, word, path, sizeof path, error);
    if (!code) code = add_experiment(plan, path, named, error);
    if (code) return code;
  }
  if (plan->cell_count) return 0;
  return error_set(error, -EINVAL, "no experiment is in profile %s; `storebench list experiments` names them",
                   options->profile->name);
}

// The most that data sets in use take at a time, with a new file or a copy beside them, and a copy once more: the next
// one is made while the last is being removed, and a duel has one for each side.
static uint64_t peak_bytes(const struct plan *plan) {
  uint64_t peak = limit_list_bytes(&plan->limits.list);  // gone before the first data set is made
  for (size_t e = 0; e < plan->experiment_count; e++) {
    uint64_t sets = 0, file = 0, copy = 0;
    for (size_t s = 0; s < plan->set_count; s++)
      if (plan->sets[s].first <= e && e <= plan->sets[s].last) sets += plan->sets[s].bytes;
    for (size_t c = 0; c < plan->cell_count; c++) {
      const struct plan_cell *cell = &plan->cells[c];
      if (cell->experiment != e || cell->dropped) continue;
      uint64_t bytes = plan_file_bytes(&cell->settings);
      if ((cell->data == PLAN_COPY || cell->data == PLAN_FRESH) && bytes > file) file = bytes;
      if (cell->data == PLAN_COPY && bytes > copy) copy = bytes;
    }
    if (sets + file + copy > peak) peak = sets + file + copy;
  }
  return peak;
}

bool plan_limits_memory(const struct plan *plan) {
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (!cell->dropped && cache_limited(cell->settings.cache) && cell->data != PLAN_NO_DATA) return true;
  }
  return false;
}

int plan_make(const struct plan_options *options, struct plan *plan, struct error *error) {
  struct catalogue shipped;
  *plan = (struct plan){.options = *options};
  int code = catalogue_read(EXPERIMENTS_FOLDER, ".ini", &shipped, error);
  if (!code) code = add_experiments(plan, &shipped, error);
  catalogue_free(&shipped);
  if (code) return code;
  plan->seconds = options->profile->seconds;
  plan->repetitions = options->repetitions ? options->repetitions : options->profile->repetitions;
  plan->budget = options->budget > 0 ? options->budget : options->profile->budget;
  plan_drop_large(plan, plan_memory_available());
  if (plan_choose_limits(plan)) return error_set(error, -ENOMEM, "memory is short; run fewer experiments");
  plan_fit_limits(plan);
  plan_reserve_duels(plan);
  code = plan_fit_budget(plan, error);
  if (!code) plan->bytes = peak_bytes(plan);
  return code;
}

void plan_free(struct plan *plan) {
  for (size_t i = 0; i < plan->experiment_count; i++) experiment_free(plan->experiments[i].experiment);
  free(plan->experiments);
  free(plan->cells);
  free(plan->sets);
  described_free(&plan->engines);
  limit_list_free(&plan->limits.list);
  *plan = (struct plan){0};
}

int plan_check_space(const struct plan *plan, const char *folder, struct error *error) {
  struct statvfs file_system;
  char need[32], have[32];
  if (statvfs(folder, &file_system))
    return error_set(error, -errno, "cannot tell the free space: %m; choose another folder with --dir");
  uint64_t available = (uint64_t)file_system.f_bavail * file_system.f_frsize;
  if (available >= plan->bytes) return 0;
  format_size(plan->bytes, need, sizeof need);
  format_size(available, have, sizeof have);
  return error_set(error, -ENOSPC,
                   "the run needs %s and %s is free; make room, choose another folder with --dir, or run "
                   "fewer experiments",
                   need, have);
}
