// SPDX-License-Identifier: MIT
// Measures a list of bounds, each in a child process of its own.
#include "harness/limits/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/child.h"
#include "harness/limits/loop.h"

static const char file_name[] = "limits";
// Rough costs of a small virtual machine, on the dear side, as those of a plan.
static const double start_seconds = 0.02, memory_bytes_per_s = 2e9, read_bytes_per_s = 1.5e9, write_bytes_per_s = 400e6;
// A child that is slower than its estimate by this much hangs.
static const double grace_seconds = 30, grace_bytes_per_s = 20e6;

static bool on_file(const struct limit_spec *spec) { return spec->kind >= LIMIT_PREAD; }

double limit_cost(const struct limit_spec *spec, double slice, unsigned repetitions) {
  double bytes_per_s = on_file(spec) ? read_bytes_per_s : memory_bytes_per_s;
  // A device's loops do not read the file in.
  double setup = spec->kind >= LIMIT_DEVICE_READ ? 0 : (double)spec->data / bytes_per_s;
  return start_seconds + setup + slice * (repetitions + 1);
}

double limit_list_cost(const struct limit_list *list, double slice, unsigned repetitions) {
  double cost = (double)limit_list_bytes(list) / write_bytes_per_s;
  for (size_t i = 0; i < list->count; i++) cost += limit_cost(&list->specs[i], slice, repetitions);
  return cost;
}

uint64_t limit_list_bytes(const struct limit_list *list) {
  uint64_t file = 0, map = 0;
  for (size_t i = 0; i < list->count; i++) {
    const struct limit_spec *spec = &list->specs[i];
    if (!on_file(spec)) continue;
    uint64_t *most = spec->kind == LIMIT_MSYNC ? &map : &file;
    if (spec->data > *most) *most = spec->data;
  }
  return file + map;
}

static json_t *ask(const struct limits_measure *measure, const struct limit_order *order) {
  char name[] = "storebench", command[] = "__limit", reason[CHILD_REASON_MAX];
  char *const arguments[] = {name, command, NULL};
  double limit = grace_seconds + limit_cost(&order->spec, order->slice, order->repetitions) +
                 (double)order->spec.data / grace_bytes_per_s;
  json_t *json = limit_order_to_json(order);
  json_t *answer = child_ask(measure->program ? measure->program : "/proc/self/exe", arguments, json, limit,
                             measure->interrupt, reason);
  json_decref(json);
  if (answer || measure->interrupt->seen) return answer;
  return limit_without_value(&order->spec, "failed", reason);
}

static int run_list(const struct limits_measure *measure, struct error *error) {
  struct limit_order order = {.slice = measure->slice, .repetitions = measure->repetitions, .seed = 1};
  int code = 0;
  dataset_path(measure->folder, file_name, order.path);
  for (size_t i = 0; i < measure->list->count && !code && !interrupt_seen(measure->interrupt); i++) {
    order.spec = measure->list->specs[i];
    json_t *limit = ask(measure, &order);
    if (measure->interrupt->seen) {
      json_decref(limit);
      return 0;
    }
    if (!limit) return error_set(error, -ENOMEM, "memory is short");
    code = measure->take(measure->user, &order.spec, limit, error);
    json_decref(limit);
  }
  return code;
}

int limits_run(const struct limits_measure *measure, struct error *error) {
  int code = dataset_make(measure->folder, file_name);
  if (code) return error_set(error, code, "%s: no file can be made here: %s", measure->folder->path, strerror(-code));
  code = run_list(measure, error);
  int removed = dataset_remove(measure->folder, file_name);
  if (code || !removed) return code;
  return error_set(error, removed, "%s/%s: cannot be removed: %s; remove it by hand", measure->folder->path, file_name,
                   strerror(-removed));
}
