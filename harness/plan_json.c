// SPDX-License-Identifier: MIT
// A plan as the head of a run: experiments, cells and what was dropped (docs/results.md).
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cache.h"
#include "harness/contenders/contenders.h"
#include "harness/plan.h"

static json_t *axes_to_json(const struct plan_experiment *experiment) {
  json_t *axes = json_array();
  for (size_t i = 0; axes && i < experiment->axis_count; i++) {
    json_t *values = json_array();
    for (size_t v = 0; v < experiment->axes[i].count; v++)
      if (json_array_append_new(values, json_string(experiment->axes[i].values[v]))) return json_decref(axes), NULL;
    if (json_array_append_new(axes, json_pack("{s:s, s:o}", "key", experiment->axes[i].key, "values", values)))
      return json_decref(axes), NULL;
  }
  return axes;
}

// Null for an experiment that claims nothing. A lack of memory makes the array NULL, which json_pack refuses.
static json_t *verdict_to_json(const struct experiment *experiment) {
  const struct experiment_verdict *verdict = experiment_verdict(experiment);
  json_t *tests = json_array();
  for (size_t i = 0; tests && i < verdict->count; i++) {
    const struct experiment_test *test = &verdict->tests[i];
    if (json_array_append_new(
            tests, json_pack("{s:s, s:s, s:s}", "over", test->over, "under", test->under, "holds", test->holds)))
      return json_decref(tests), NULL;
  }
  if (tests && verdict->count) return json_pack("{s:o}", "tests", tests);
  json_decref(tests);
  return tests ? json_null() : NULL;
}

static json_t *beside_to_json(const struct experiment_chart *chart) {
  json_t *beside = json_array();
  for (size_t i = 0; beside && i < EXPERIMENT_BESIDE_MAX && *chart->beside[i]; i++)
    if (json_array_append_new(beside, json_string(chart->beside[i]))) return json_decref(beside), NULL;
  return beside;
}

static json_t *experiment_to_json(const struct plan_experiment *planned) {
  const struct experiment *experiment = planned->experiment;
  const struct experiment_chart *chart = experiment_chart(experiment);
  json_t *shown = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:s}", "shape", chart->shape, "x", chart->x, "series",
                            chart->series, "panel", chart->panel, "y", chart->y, "beside", beside_to_json(chart),
                            "log_y", (int)chart->log_y, "read", chart->read);
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:n, s:[]}", "name", experiment_name(experiment), "title",
                   experiment_title(experiment), "question", experiment_question(experiment), "claim",
                   experiment_claim(experiment), "source", experiment_source(experiment), "chart", shown, "verdict",
                   verdict_to_json(experiment), "axes", axes_to_json(planned), "finding", "winners");
}

// Of a peak: all but rate and arrivals, which it has none of.
static bool has_axis(const struct plan_cell *cell, const struct experiment_axis *axis) {
  return !cell->is_peak || (strcmp(axis->key, "rate") != 0 && strcmp(axis->key, "arrivals") != 0);
}

static json_t *point_to_json(const struct plan *plan, const struct plan_cell *cell) {
  const struct plan_experiment *experiment = &plan->experiments[cell->experiment];
  json_t *point = json_object();
  for (size_t i = 0; point && i < experiment->axis_count; i++) {
    const struct experiment_axis *axis = &experiment->axes[i];
    if (!has_axis(cell, axis)) continue;
    if (json_object_set_new(point, axis->key, json_string(axis->values[cell->index[i]])))
      return json_decref(point), NULL;
  }
  return point;
}

static json_t *option_to_json(const struct engine_option *option, uint64_t value) {
  const char *word = option->choices;
  switch (option->type) {
    case OPTION_BOOL:
      return json_boolean(value != 0);
    case OPTION_CHOICE:
      for (; value > 0; value--) word = strchr(word, '/') + 1;
      return json_stringn(word, strcspn(word, "/"));
    default:
      return json_integer((json_int_t)value);
  }
}

static json_t *options_to_json(const struct plan_cell *cell) {
  json_t *options = json_object();
  const struct engine_option *option = cell->engine->options;
  for (size_t i = 0; options && option && option[i].name; i++)
    if (json_object_set_new(options, option[i].name, option_to_json(&option[i], cell->config.options.values[i])))
      return json_decref(options), NULL;
  return options;
}

// The rate of an open loop as it was asked for; null for closed loops. `peak` names the cell that measures the peak.
static json_t *rate_to_json(const struct plan *plan, const struct plan_cell *cell) {
  const struct cell_settings *settings = &cell->settings;
  bool of_peak = settings->rate.of_peak > 0;
  return json_pack("{s:o, s:o, s:s?, s:s?}", "rate",
                   settings->rate.per_s > 0 ? json_real(settings->rate.per_s) : json_null(), "rate_of_peak",
                   of_peak ? json_real(settings->rate.of_peak) : json_null(), "arrivals",
                   cell_rated(settings) ? arrival_kind_name(settings->rate.arrivals) : NULL, "peak",
                   of_peak || cell->is_peak ? plan->cells[cell->peak].id : NULL);
}

static json_t *duration_to_json(const struct cell_settings *settings) {
  return settings->duration > 0 ? json_real(settings->duration) : json_null();
}

static json_t *operations_to_json(const struct cell_settings *settings) {
  return settings->operations ? json_integer((json_int_t)settings->operations) : json_null();
}

static json_t *before_to_json(const struct cell_settings *settings) {
  char text[PHASES_TEXT];
  phases_format(&settings->before, text, sizeof text);
  return settings->before.count ? json_string(text) : json_null();
}

static json_t *background_to_json(const struct cell_settings *settings) {
  const struct background_role *role = &settings->background;
  if (role->kind == BACKGROUND_NONE) return json_null();
  return json_pack("{s:s, s:o}", "operation", background_name(role->kind), "rate",
                   role->per_s > 0 ? json_real(role->per_s) : json_null());
}

static json_t *theta_to_json(const struct workload *workload) {
  bool skewed = workload->keys == KEYS_ZIPFIAN || workload->keys == KEYS_LATEST;
  return skewed ? json_real(workload->theta) : json_null();
}

static json_t *cell_to_json(const struct plan *plan, const struct plan_cell *cell) {
  const struct cell_settings *settings = &cell->settings;
  const struct workload *workload = &settings->workload;
  char sync[32];
  sync_policy_format(&settings->sync, sync, sizeof sync);
  json_t *json = json_pack(
      "{s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:n, "
      "s:o, "
      "s:o, "
      "s:o, "
      "s:o, "
      "s:o, s:s, "
      "s:n, s:s?}",
      "id", cell->id, "experiment", experiment_name(plan->experiments[cell->experiment].experiment), "point",
      point_to_json(plan, cell), "engine", settings->engine, "spec", settings->spec, "options", options_to_json(cell),
      "operation", operation_name(workload->operation), "keys", key_order_name(workload->keys), "sync", sync,
      "durability", cell->described->durability[settings->sync.kind], "cache", cache_state_name(settings->cache),
      "memory_bytes", settings->memory_bytes ? json_integer((json_int_t)settings->memory_bytes) : json_null(),
      "record_size", (json_int_t)settings->record_size, "fill_write",
      settings->fill_write ? json_integer((json_int_t)settings->fill_write) : json_null(), "value_size",
      (json_int_t)workload->value_size, "records", (json_int_t)workload->records, "threads",
      (json_int_t)settings->threads, "processes", (json_int_t)settings->processes, "stores",
      (json_int_t)cell_stores(settings), "batch", (json_int_t)workload->batch, "depth", (json_int_t)workload->depth,
      "rate", "theta", theta_to_json(workload), "duration", duration_to_json(settings), "operations",
      operations_to_json(settings), "before", before_to_json(settings), "background", background_to_json(settings),
      "status", "skipped", "reason", "contender", cell->contender ? contender_mark(cell->contender) : NULL);
  json_t *rate = json ? rate_to_json(plan, cell) : NULL;
  int bad = !rate || json_object_update(json, rate);
  json_decref(rate);
  if (!bad) return json;
  json_decref(json);
  return NULL;
}

static json_t *dropped_to_json(const struct plan *plan, const struct plan_cell *cell) {
  char reason[64];
  plan_dropped_reason(cell, reason, sizeof reason);
  return json_pack("{s:s, s:o, s:s}", "experiment", experiment_name(plan->experiments[cell->experiment].experiment),
                   "point", point_to_json(plan, cell), "reason", reason);
}

json_t *plan_to_json(const struct plan *plan) {
  json_t *experiments = json_array(), *cells = json_array(), *dropped = json_array(), *notes = json_array();
  int bad = 0;
  for (size_t i = 0; i < plan->experiment_count; i++)
    bad |= json_array_append_new(experiments, experiment_to_json(&plan->experiments[i]));
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (cell->dropped && cell->is_peak) continue;
    bad |= cell->dropped ? json_array_append_new(dropped, dropped_to_json(plan, cell))
                         : json_array_append_new(cells, cell_to_json(plan, cell));
  }
  for (size_t i = 0; i < plan->note_count; i++) bad |= json_array_append_new(notes, json_string(plan->notes[i]));
  json_t *all =
      json_pack("{s:o, s:o, s:o, s:o}", "experiments", experiments, "cells", cells, "dropped", dropped, "notes", notes);
  if (!bad) return all;
  json_decref(all);
  return NULL;
}
