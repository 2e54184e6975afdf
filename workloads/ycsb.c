// SPDX-License-Identifier: MIT
#include "workloads/ycsb.h"

#include <errno.h>
#include <string.h>

// Shares and distributions as in the workload files that YCSB ships (workloada to workloadf).
static const struct {
  const char *name;
  enum key_order keys;
  unsigned get, update, insert, scan, read_modify_write;
} core[] = {
    {.name = "ycsb-a", .keys = KEYS_ZIPFIAN, .get = 50, .update = 50},
    {.name = "ycsb-b", .keys = KEYS_ZIPFIAN, .get = 95, .update = 5},
    {.name = "ycsb-c", .keys = KEYS_ZIPFIAN, .get = 100},
    {.name = "ycsb-d", .keys = KEYS_LATEST, .get = 95, .insert = 5},
    {.name = "ycsb-e", .keys = KEYS_ZIPFIAN, .scan = 95, .insert = 5},
    {.name = "ycsb-f", .keys = KEYS_ZIPFIAN, .get = 50, .read_modify_write = 50},
};

bool ycsb_named(const char *text) { return strncmp(text, "ycsb-", 5) == 0; }

int ycsb_set(const char *name, struct workload *workload) {
  for (size_t i = 0; i < sizeof core / sizeof *core; i++) {
    if (strcmp(core[i].name, name) != 0) continue;
    workload->keys = core[i].keys;
    workload->mix.get = core[i].get;
    workload->mix.update = core[i].update;
    workload->mix.insert = core[i].insert;
    workload->mix.scan = core[i].scan;
    workload->mix.read_modify_write = core[i].read_modify_write;
    return 0;
  }
  return -EINVAL;
}
