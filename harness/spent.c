// SPDX-License-Identifier: MIT
// Where the time of a sample goes.
#include "harness/spent.h"

#include <errno.h>

#include "base/clock.h"

static const char *const names[] = {
    [SPENT_OPEN] = "open",   [SPENT_WARMUP] = "warmup", [SPENT_CACHE] = "cache",
    [SPENT_TIMED] = "timed", [SPENT_CHECK] = "check",   [SPENT_CLOSE] = "close",
};

const char *spent_phase_name(enum spent_phase phase) { return names[phase]; }

void spent_start(struct spent *spent) { *spent = (struct spent){.last = clock_ns()}; }

void spent_on(struct spent *spent, enum spent_phase phase) {
  uint64_t now = clock_ns();
  spent->ns[phase] += now - spent->last;
  spent->last = now;
}

json_t *spent_to_json(const struct spent *spent) {
  json_t *json = json_object();
  for (int phase = 0; json && phase < SPENT_PHASES; phase++)
    if (json_object_set_new(json, names[phase], json_real((double)spent->ns[phase] / 1e9)))
      return json_decref(json), NULL;
  return json;
}

int spent_complete(json_t *sample, double prepare, double total) {
  json_t *spent = json_object_get(sample, "spent");
  if (!json_is_object(spent)) {  // the child died
    spent = json_object();
    if (!spent || json_object_set_new(sample, "spent", spent)) return -ENOMEM;
  }
  return json_object_set_new(spent, "prepare", json_real(prepare)) ||
                 json_object_set_new(spent, "total", json_real(total))
             ? -ENOMEM
             : 0;
}
