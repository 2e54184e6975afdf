// SPDX-License-Identifier: MIT
// A role that somebody else has on a store while it is measured.
#ifndef STOREBENCH_BACKGROUND_H
#define STOREBENCH_BACKGROUND_H

#include <stdbool.h>

#include "workloads/client.h"

enum background_kind {
  BACKGROUND_NONE,
  BACKGROUND_INSERT,  // puts new records, so that the file grows
  BACKGROUND_UPDATE,
  BACKGROUND_GET,
  BACKGROUND_SCAN,
  BACKGROUND_KINDS
};

struct background_role {
  enum background_kind kind;
  double per_s;  // operations a second; 0: as fast as the store takes them
};

// "none", "insert", "update", "get", "scan".
const char *background_name(enum background_kind kind);
// 0 or -EINVAL.
int background_parse(const char *text, enum background_kind *kind);
static inline bool background_writes(enum background_kind kind) {
  return kind == BACKGROUND_INSERT || kind == BACKGROUND_UPDATE;
}
// What its one client does, one operation at a time on keys drawn at random, beside that workload.
struct workload background_workload(enum background_kind kind, const struct workload *beside);

#endif
