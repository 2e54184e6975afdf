// SPDX-License-Identifier: MIT
// What an experiment file may not say: points that cannot run or mean nothing, charts that do not show what is swept.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "workloads/experiment_internal.h"
#include "workloads/ycsb.h"

static const char *const shapes[] = {"bars", "lines", "ladder", "steps", "spectrum", "timeline", "heatmap"};
static const char *const yes_no[] = {"no", "yes"};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static bool writes(const struct workload *workload) {
  switch (workload->operation) {
    case OPERATION_GET:
    case OPERATION_PEEK:
    case OPERATION_SCAN:
    case OPERATION_OPEN:
      return false;
    case OPERATION_MIXED:
      return workload->mix.get + workload->mix.scan < 100;
    default:
      return true;
  }
}

struct checking {
  const struct experiment *experiment;
  const struct point *point;
  const struct cell_settings *settings;
  struct error *error;
};

static int line_of(const struct checking *checking, enum key key) {
  return checking->point->texts[key] ? checking->point->texts[key]->line : 0;
}

// Refuses `key`, when it is given, because of another one.
static int refuse(const struct checking *checking, enum key key, const char *why) {
  if (!checking->point->texts[key]) return 0;
  return experiment_error(checking->experiment, line_of(checking, key), checking->error, "%s = %s %s", key_names[key],
                          checking->point->texts[key]->text, why);
}

static int check_required(const struct checking *checking) {
  const struct setting *const *texts = checking->point->texts;
  const struct experiment *experiment = checking->experiment;
  if (!texts[KEY_ENGINE])
    return experiment_error(experiment, 0, checking->error, "no engine; name some in [sweep], or one in [hold]");
  if (!texts[KEY_OPERATION])
    return experiment_error(experiment, 0, checking->error, "no operation; say in [hold] what is measured");
  if (!texts[KEY_DATA] && !texts[KEY_RECORDS])
    return experiment_error(experiment, 0, checking->error, "no size; give data or records in [hold]");
  if (texts[KEY_DATA] && texts[KEY_RECORDS])
    return experiment_error(experiment, line_of(checking, KEY_RECORDS), checking->error,
                            "both data and records; give one, the other follows from record_size");
  return 0;
}

static int check_keys(const struct checking *checking) {
  const struct workload *workload = &checking->settings->workload;
  bool skewed = workload->keys == KEYS_ZIPFIAN || workload->keys == KEYS_LATEST;
  bool once = workload->operation == OPERATION_FILL || workload->operation == OPERATION_DELETE;
  if (workload->operation == OPERATION_SCAN && refuse(checking, KEY_KEYS, "has no effect on a scan; remove it"))
    return -EINVAL;
  if (once && skewed &&
      refuse(checking, KEY_KEYS, "would repeat keys, but each is filled or deleted once; use sequential or uniform"))
    return -EINVAL;
  if (!skewed && refuse(checking, KEY_THETA, "has no effect; it belongs to keys = zipfian or latest")) return -EINVAL;
  if (workload->operation != OPERATION_MIXED)
    return refuse(checking, KEY_MIX, "has no effect; it belongs to operation = mixed");
  const struct setting *mix = checking->point->texts[KEY_MIX];
  if (mix && ycsb_named(mix->text) &&
      refuse(checking, KEY_KEYS, "cannot be: a workload of YCSB has an order of keys of its own; remove it"))
    return -EINVAL;
  if (!mix)
    return experiment_error(checking->experiment, line_of(checking, KEY_OPERATION), checking->error,
                            "operation = mixed without a mix; add one such as mix = get:95/update:5");
  return 0;
}

static int check_memory(const struct checking *checking) {
  const struct setting *const *texts = checking->point->texts;
  if (!cache_limited(checking->settings->cache)) {
    static const char why[] = "has no effect; it belongs to cache = pressure or filling";
    return refuse(checking, KEY_MEMORY, why) || refuse(checking, KEY_PRESSURE, why) ? -EINVAL : 0;
  }
  if (texts[KEY_MEMORY] && texts[KEY_PRESSURE])
    return experiment_error(checking->experiment, line_of(checking, KEY_PRESSURE), checking->error,
                            "both memory and pressure; give one, the other follows from data");
  if (texts[KEY_MEMORY] || texts[KEY_PRESSURE]) return 0;
  return experiment_error(checking->experiment, line_of(checking, KEY_CACHE), checking->error,
                          "cache = %s without a limit; add one such as memory = 128M, or pressure = 2",
                          texts[KEY_CACHE]->text);
}

// What is on a whole store has one client in one process, and nothing of a workload.
static int check_stores(const struct checking *checking) {
  const struct cell_settings *settings = checking->settings;
  static const enum key none[] = {KEY_THREADS, KEY_PROCESSES, KEY_RATE, KEY_BATCH, KEY_DEPTH, KEY_OPERATIONS};
  enum operation operation = settings->workload.operation;
  if (operation != OPERATION_OPEN && refuse(checking, KEY_STORES, "has no effect; it belongs to operation = open"))
    return -EINVAL;
  if (!operation_of_stores(operation)) return 0;
  for (size_t i = 0; i < LENGTH(none); i++)
    if (refuse(checking, none[i], "has no effect on operation = open, create or compact; remove it")) return -EINVAL;
  if (operation == OPERATION_OPEN && refuse(checking, KEY_DURATION, "has no effect: a store is opened once a sample"))
    return -EINVAL;
  if (operation == OPERATION_COMPACT &&
      (refuse(checking, KEY_DURATION, "has no effect: a store is compacted once a sample") ||
       refuse(checking, KEY_KEYS, "has no effect on operation = compact; remove it") ||
       refuse(checking, KEY_SYNC, "has no effect on operation = compact, which always ends with a sync; remove it")))
    return -EINVAL;
  if (operation == OPERATION_CREATE &&
      (refuse(checking, KEY_CACHE, "cannot be: create begins with a new file; remove it") ||
       refuse(checking, KEY_BEFORE, "cannot be: create begins with a new file; remove it") ||
       refuse(checking, KEY_KEYS, "has no effect on operation = create; remove it")))
    return -EINVAL;
  if (settings->cache == CACHE_MAPPED || cache_limited(settings->cache))
    return refuse(checking, KEY_CACHE, "cannot be: nothing maps a store before it is open; use cold or warm");
  return 0;
}

static int check_background(const struct checking *checking) {
  const struct cell_settings *settings = checking->settings;
  const struct workload *workload = &settings->workload;
  enum operation operation = workload->operation;
  if (settings->background.kind == BACKGROUND_NONE)
    return checking->experiment->sweep[0][KEY_BACKGROUND].line
               ? 0
               : refuse(checking, KEY_BACKGROUND_RATE, "has no effect; it belongs to a background");
  if (operation == OPERATION_FILL || operation == OPERATION_DELETE || operation_of_stores(operation) ||
      workload->mix.insert || workload->mix.remove)
    return refuse(checking, KEY_BACKGROUND, "cannot be beside what adds or removes records itself; use get or update");
  if (settings->processes > 1) return refuse(checking, KEY_BACKGROUND, "cannot be beside several processes; use one");
  return 0;
}

static int check_effects(const struct checking *checking) {
  const struct cell_settings *settings = checking->settings;
  const struct workload *workload = &settings->workload;
  // Where operations are swept, what concerns some of them is held for all.
  bool several = checking->experiment->sweep[0][KEY_OPERATION].line != 0;
  bool written = writes(workload) || background_writes(settings->background.kind);
  if (!written && settings->sync.kind != SYNC_NONE && !several &&
      refuse(checking, KEY_SYNC, "has no effect on an operation that only reads; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_FILL && settings->cache != CACHE_ASIS && !several &&
      refuse(checking, KEY_CACHE, "cannot be: a fill begins with a new file; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_FILL && settings->before.count &&
      refuse(checking, KEY_BEFORE, "cannot be: a fill begins with a new file; remove it"))
    return -EINVAL;
  if (settings->cache != CACHE_ASIS &&
      refuse(checking, KEY_FILL_WRITE,
             "has no effect: every cache state but as-is drops the file and reads it in anew"))
    return -EINVAL;
  if ((workload->operation == OPERATION_FILL || workload->operation == OPERATION_CREATE || !written) &&
      refuse(checking, KEY_FILL_WRITE, "has no effect: it is of files that are there and get changed; remove it"))
    return -EINVAL;
  if (settings->processes > 1 && cache_limited(settings->cache) &&
      refuse(checking, KEY_PROCESSES, "cannot be: the memory of one process is limited; use another cache state"))
    return -EINVAL;
  if (settings->processes > 1 && writes(workload) &&
      refuse(checking, KEY_PROCESSES, "cannot be: a store takes one writing process; use threads"))
    return -EINVAL;
  return 0;
}

static int check_window(const struct checking *checking) {
  const struct workload *workload = &checking->settings->workload;
  if (workload->operation == OPERATION_SCAN && workload->batch > 1 &&
      refuse(checking, KEY_BATCH, "has no effect on a scan; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_SCAN && workload->depth > 1 &&
      refuse(checking, KEY_DEPTH, "has no effect on a scan; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_MIXED && workload->mix.scan && workload->batch > 1 &&
      refuse(checking, KEY_BATCH, "cannot be: a mix with scans runs one operation a call; use batch = 1"))
    return -EINVAL;
  if (workload->depth < workload->batch &&
      refuse(checking, KEY_DEPTH, "is below batch; a window holds a batch or more"))
    return -EINVAL;
  if (workload->operation == OPERATION_PEEK && workload->depth > workload->batch &&
      refuse(checking, KEY_DEPTH, "cannot be: a lent pointer lasts until the next call; use depth = batch"))
    return -EINVAL;
  return 0;
}

static bool is_latency(const char *metric) {
  static const char *const latencies[] = {"p50", "p90", "p99", "p999", "max", "mean"};
  for (size_t i = 0; i < LENGTH(latencies); i++)
    if (strcmp(latencies[i], metric) == 0) return true;
  return false;
}

static int check_rate(const struct checking *checking) {
  const struct workload *workload = &checking->settings->workload;
  if (!cell_rated(checking->settings)) return refuse(checking, KEY_ARRIVALS, "has no effect; it belongs to a rate");
  if ((workload->operation == OPERATION_SCAN || workload->mix.scan) &&
      refuse(checking, KEY_RATE, "cannot be: a scan is one long call; leave the rate or the scans out"))
    return -EINVAL;
  if (checking->settings->processes > 1 && refuse(checking, KEY_RATE, "is of one process; use threads")) return -EINVAL;
  if (refuse(checking, KEY_OPERATIONS, "cannot be beside a rate, which asks for as many as its time gives"))
    return -EINVAL;
  if (!is_latency(checking->experiment->chart.y) &&
      refuse(checking, KEY_RATE, "fixes how many operations a second there are; draw a latency such as y = p99"))
    return -EINVAL;
  return 0;
}

int experiment_check_point(const struct experiment *experiment, const struct point *point,
                           const struct cell_settings *settings, struct error *error) {
  const struct checking checking = {experiment, point, settings, error};
  int code = check_required(&checking);
  if (!code) code = check_keys(&checking);
  if (!code) code = check_memory(&checking);
  if (!code) code = check_effects(&checking);
  if (!code) code = check_stores(&checking);
  if (!code) code = check_background(&checking);
  if (!code) code = check_window(&checking);
  if (!code) code = check_rate(&checking);
  return code;
}

static int check_word(const struct experiment *experiment, const struct setting *setting, const char *what,
                      const char *const *words, size_t count, char *to, size_t room, struct error *error) {
  int found = experiment_word(experiment, setting->line, what, setting->text, words, count, error);
  if (found < 0) return found;
  snprintf(to, room, "%s", words[found]);
  return found;
}

static int require(const struct experiment *experiment, const struct setting *setting, const char *section,
                   const char *key, struct error *error) {
  if (setting->line) return 0;
  return experiment_error(experiment, 0, error, "[%s] has no %s; add it", section, key);
}

static int check_about(struct experiment *experiment, struct error *error) {
  int code = require(experiment, &experiment->title, "experiment", "title", error);
  if (!code) code = require(experiment, &experiment->question, "experiment", "question", error);
  if (code) return code;
  bool listed = experiment->profiles.line != 0;
  for (int i = 0; i < PROFILES; i++) experiment->in_profile[i] = !listed;
  char text[TEXT_MAX], *rest = text, *word;
  snprintf(text, sizeof text, "%s", experiment->profiles.text);
  while (listed && (word = strsep(&rest, " \t"))) {
    if (!*word) continue;
    int found = experiment_word(experiment, experiment->profiles.line, "profile", word, profile_names, PROFILES, error);
    if (found < 0) return found;
    experiment->in_profile[found] = true;
  }
  return 0;
}

// An override for a profile changes what is there: it neither sweeps what is held nor holds what is swept.
static int check_override(const struct experiment *experiment, int profile, enum key key, struct error *error) {
  const struct setting *hold = &experiment->hold[profile][key], *sweep = &experiment->sweep[profile][key];
  const struct setting *base_sweep = &experiment->sweep[0][key];
  const char *name = key_names[key];
  if (hold->line && base_sweep->line)
    return experiment_error(experiment, hold->line, error, "%s is held here and swept on line %d; keep one", name,
                            base_sweep->line);
  if (sweep->line && !base_sweep->line)
    return experiment_error(experiment, sweep->line, error, "%s is not swept in [sweep]; add it there first", name);
  return 0;
}

static int check_sections(const struct experiment *experiment, struct error *error) {
  if (experiment->sweep_count == 0)
    return experiment_error(experiment, 0, error, "nothing is swept; add [sweep] with an engine list");
  if (experiment->sweep_count > EXPERIMENT_AXES_MAX)
    return experiment_error(experiment, experiment->sweep[0][experiment->sweep_order[EXPERIMENT_AXES_MAX]].line, error,
                            "more than %d axes; hold some", EXPERIMENT_AXES_MAX);
  for (int profile = 0; profile <= PROFILES; profile++) {
    for (int key = 0; key < KEY_COUNT; key++) {
      int code = check_override(experiment, profile, (enum key)key, error);
      if (code) return code;
    }
  }
  return 0;
}

// Reads one of x, series and panel: an axis that no other of them shows. `shown` counts.
static int check_axis(const struct experiment *experiment, const struct setting *setting, const char *what, char *to,
                      bool *shown, struct error *error) {
  if (!setting->line) return 0;
  const char *swept[EXPERIMENT_AXES_MAX];
  for (size_t i = 0; i < experiment->sweep_count; i++) swept[i] = key_names[experiment->sweep_order[i]];
  int found =
      check_word(experiment, setting, what, swept, experiment->sweep_count, to, sizeof experiment->chart.x, error);
  if (found < 0) return found;
  if (shown[found])
    return experiment_error(experiment, setting->line, error, "%s is already drawn; give each axis one place", to);
  shown[found] = true;
  return 0;
}

static int check_axes_drawn(struct experiment *experiment, struct error *error) {
  struct experiment_chart *chart = &experiment->chart;
  bool shown[EXPERIMENT_AXES_MAX] = {false};
  int code = check_axis(experiment, &experiment->x, "swept axis for x", chart->x, shown, error);
  if (!code) code = check_axis(experiment, &experiment->series, "swept axis for series", chart->series, shown, error);
  if (!code) code = check_axis(experiment, &experiment->panel, "swept axis for panel", chart->panel, shown, error);
  for (size_t i = 0; i < experiment->sweep_count && !code; i++) {
    enum key key = experiment->sweep_order[i];
    if (!shown[i])
      code = experiment_error(experiment, experiment->sweep[0][key].line, error,
                              "%s is swept but the chart does not draw it; make it x, series or panel", key_names[key]);
  }
  return code;
}

// A list of metrics, which those who measure know.
static int check_beside(struct experiment *experiment, struct error *error) {
  struct experiment_chart *chart = &experiment->chart;
  const struct setting *beside = &experiment->beside;
  char text[TEXT_MAX], *rest = text, *word;
  size_t count = 0;
  snprintf(text, sizeof text, "%s", beside->text);
  while (beside->line && (word = strsep(&rest, ","))) {
    word += strspn(word, " \t");
    word[strcspn(word, " \t")] = '\0';
    if (!*word) return experiment_error(experiment, beside->line, error, "an empty metric in beside; remove a comma");
    if (count == EXPERIMENT_BESIDE_MAX)
      return experiment_error(experiment, beside->line, error, "more than %d metrics beside y; give fewer",
                              EXPERIMENT_BESIDE_MAX);
    bool twice = strcmp(word, chart->y) == 0;
    for (size_t i = 0; i < count; i++) twice = twice || strcmp(word, chart->beside[i]) == 0;
    if (twice) return experiment_error(experiment, beside->line, error, "%s is drawn already; name it once", word);
    snprintf(chart->beside[count++], sizeof chart->beside[0], "%.31s", word);
  }
  if (count && (strcmp(chart->shape, "timeline") == 0 || strcmp(chart->shape, "spectrum") == 0))
    return experiment_error(experiment, beside->line, error,
                            "%s has no other metric beside it; use bars, lines, ladder, steps or heatmap", chart->shape);
  return 0;
}

// It runs along seconds: operations, from 0 on, or the longest wait.
static int check_timeline(const struct experiment *experiment, struct error *error) {
  if (experiment->x.line)
    return experiment_error(experiment, experiment->x.line, error, "a timeline runs along seconds; leave x out");
  bool waits = strcmp(experiment->y.text, "stall") == 0;
  if (experiment->y.line && !waits && strcmp(experiment->y.text, "ops_per_s") != 0)
    return experiment_error(experiment, experiment->y.line, error,
                            "a timeline shows operations or the longest wait; write y = ops_per_s or y = stall");
  if (!waits && strcmp(experiment->log_y.text, "yes") == 0)
    return experiment_error(experiment, experiment->log_y.line, error,
                            "a timeline of operations begins at 0; leave log_y out");
  return 0;
}

// Its lines are one paragraph.
static void join_read(struct experiment *experiment) {
  char *text = experiment->chart.read;
  for (size_t i = 0; i < experiment->read_count; i++) {
    size_t length = strlen(text);
    snprintf(text + length, sizeof experiment->chart.read - length, "%s%s", i ? " " : "", experiment->read[i].text);
  }
}

static int check_chart(struct experiment *experiment, struct error *error) {
  struct experiment_chart *chart = &experiment->chart;
  bool timeline = strcmp(experiment->shape.text, "timeline") == 0;
  int code = require(experiment, &experiment->shape, "chart", "shape", error);
  if (!code)
    code = timeline ? check_timeline(experiment, error) : require(experiment, &experiment->x, "chart", "x", error);
  if (!code) code = require(experiment, &experiment->y, "chart", "y", error);
  if (code) return code;
  code = check_word(experiment, &experiment->shape, "shape", shapes, LENGTH(shapes), chart->shape, sizeof chart->shape,
                    error);
  if (code < 0) return code;
  snprintf(chart->y, sizeof chart->y, "%.31s", experiment->y.text);
  if (experiment->log_y.line) {
    code =
        experiment_word(experiment, experiment->log_y.line, "word for log_y", experiment->log_y.text, yes_no, 2, error);
    if (code < 0) return code;
    chart->log_y = code == 1;
  }
  join_read(experiment);
  code = check_beside(experiment, error);
  return code ? code : check_axes_drawn(experiment, error);
}

static const struct experiment_axis *find_axis(const struct experiment_axis *axes, size_t count, const char *key) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(axes[i].key, key) == 0) return &axes[i];
  return NULL;
}

static bool is_number(const char *text) {
  uint64_t size;
  char *end;
  if (parse_size(text, &size) == 0) return true;
  double number = strtod(text, &end);
  return end != text && !*end && isfinite(number);
}

// A line runs along numbers: counts, sizes, or ratios.
static int check_line_values(const struct experiment *experiment, const struct experiment_axis *axes, size_t count,
                             struct error *error) {
  const struct experiment_axis *axis = find_axis(axes, count, experiment->chart.x);
  if (strcmp(experiment->chart.shape, "lines") != 0) return 0;
  for (size_t i = 0; axis && i < axis->count; i++) {
    if (!is_number(axis->values[i]))
      return experiment_error(experiment, experiment->shape.line, error,
                              "lines run along numbers, but x takes \"%s\"; use bars or ladder", axis->values[i]);
  }
  return 0;
}

static size_t value_at(const struct experiment_axis *axes, size_t count, const size_t *index, const char *key) {
  for (size_t i = 0; *key && i < count; i++)
    if (strcmp(axes[i].key, key) == 0) return index[i];
  return 0;
}

// A step goes from one value to the next, so that there is one at each place of x.
struct steps {
  uint64_t seen[EXPERIMENT_VALUES_MAX];  // a bit a panel
};

static int check_step(const struct experiment *experiment, const struct experiment_axis *axes, size_t count,
                      const size_t *index, struct steps *steps, struct error *error) {
  if (strcmp(experiment->chart.shape, "steps") != 0) return 0;
  size_t x = value_at(axes, count, index, experiment->chart.x);
  uint64_t panel = 1ull << value_at(axes, count, index, experiment->chart.panel);
  const struct experiment_axis *axis = find_axis(axes, count, experiment->chart.x);
  bool twice = steps->seen[x] & panel;
  steps->seen[x] |= panel;
  if (!twice) return 0;
  return experiment_error(experiment, experiment->shape.line, error,
                          "steps go from one value to the next, but %s has several; omit all but one",
                          axis ? axis->values[x] : "x");
}

static int check_points(const struct experiment *experiment, const char *profile, const struct experiment_axis *axes,
                        size_t count, struct error *error) {
  size_t index[EXPERIMENT_AXES_MAX] = {0};
  struct steps steps = {0};
  bool left = false;
  for (;;) {
    struct cell_settings settings;
    bool omitted = experiment_omits(experiment, axes, count, index);
    int code = omitted ? 0 : experiment_cell(experiment, profile, axes, count, index, &settings, error);
    if (!code && !omitted) code = check_step(experiment, axes, count, index, &steps, error);
    if (code) return code;
    left = left || !omitted;
    size_t axis = 0;
    while (axis < count && ++index[axis] == axes[axis].count) index[axis++] = 0;
    if (axis == count) break;
  }
  if (left) return 0;
  return experiment_error(experiment, experiment->omit[0].line, error,
                          "nothing of the sweep is left in profile %s; omit less", profile);
}

static int check_profile(const struct experiment *experiment, const char *profile, struct experiment_axis *axes,
                         struct error *error) {
  size_t count;
  int code = experiment_axes(experiment, profile, NULL, axes, &count, error);
  if (!code) code = check_line_values(experiment, axes, count, error);
  if (!code) code = check_points(experiment, profile, axes, count, error);
  return code ? code : experiment_check_verdict(experiment, profile, axes, count, error);
}

// A word of an engine axis that is an alias marks it; one that nobody uses is a slip of the pen.
static int check_aliases(const struct experiment *experiment, struct experiment_axis *axis, struct error *error) {
  snprintf(axis->key, sizeof axis->key, "%s", key_names[KEY_ENGINE]);
  for (size_t i = 0; i < experiment->alias_count; i++) {
    const struct alias *alias = &experiment->aliases[i];
    bool used = false;
    for (int profile = 0; profile <= PROFILES && !used; profile++) {
      const struct setting *hold = &experiment->hold[profile][KEY_ENGINE];
      const struct setting *sweep = &experiment->sweep[profile][KEY_ENGINE];
      used = hold->line && strcmp(hold->text, alias->name) == 0;
      if (!sweep->line) continue;
      int code = experiment_split(experiment, sweep->line, sweep->text, axis, error);
      if (code) return code;
      for (size_t v = 0; v < axis->count; v++) used = used || strcmp(axis->values[v], alias->name) == 0;
    }
    if (!used)
      return experiment_error(experiment, alias->line, error, "%s is named but never used; sweep it or remove it",
                              alias->name);
  }
  return 0;
}

int experiment_check(struct experiment *experiment, struct error *error) {
  struct experiment_axis *axes = calloc(EXPERIMENT_AXES_MAX, sizeof *axes);  // 12 KiB: too much for a stack
  if (!axes) return error_set(error, -ENOMEM, "%s: no memory to read it", experiment->file);
  int code = check_about(experiment, error);
  if (!code) code = check_sections(experiment, error);
  if (!code) code = check_chart(experiment, error);
  if (!code) code = experiment_cut_verdict(experiment, error);
  if (!code) code = check_aliases(experiment, axes, error);
  if (!code) code = experiment_check_omit(experiment, axes, error);
  // Those that it is not in as well: whoever names it may run it in any.
  for (int profile = 0; profile < PROFILES && !code; profile++)
    code = check_profile(experiment, profile_names[profile], axes, error);
  free(axes);
  return code;
}
