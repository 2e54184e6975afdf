// SPDX-License-Identifier: MIT
// Roles beside the one that is measured.
#include "workloads/background.h"

#include <errno.h>
#include <string.h>

#include "workloads/random.h"

static const char *const names[BACKGROUND_KINDS] = {
    [BACKGROUND_NONE] = "none", [BACKGROUND_INSERT] = "insert", [BACKGROUND_UPDATE] = "update",
    [BACKGROUND_GET] = "get",   [BACKGROUND_SCAN] = "scan",
};

const char *background_name(enum background_kind kind) { return names[kind]; }

int background_parse(const char *text, enum background_kind *kind) {
  for (int i = 0; i < BACKGROUND_KINDS; i++) {
    if (strcmp(names[i], text) != 0) continue;
    *kind = (enum background_kind)i;
    return 0;
  }
  return -EINVAL;
}

struct workload background_workload(enum background_kind kind, const struct workload *beside) {
  static const enum operation operations[BACKGROUND_KINDS] = {[BACKGROUND_INSERT] = OPERATION_MIXED,
                                                              [BACKGROUND_UPDATE] = OPERATION_UPDATE,
                                                              [BACKGROUND_GET] = OPERATION_GET,
                                                              [BACKGROUND_SCAN] = OPERATION_SCAN};
  return (struct workload){.operation = operations[kind],
                           .mix.insert = kind == BACKGROUND_INSERT ? 100 : 0,
                           .keys = KEYS_UNIFORM,
                           .records = beside->records,
                           .value_size = beside->value_size,
                           .batch = 1,
                           .depth = 1,
                           .threads = 1,
                           .seed = random_mix(~beside->seed)};
}
