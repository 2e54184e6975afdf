// SPDX-License-Identifier: MIT
// Which cells can be measured in slices, and how.
#include <errno.h>
#include <string.h>

#include "engines/registry.h"
#include "harness/cache.h"
#include "harness/contenders/contenders.h"
#include "harness/duel.h"
#include "harness/pair.h"
#include "harness/plan.h"

// Long enough that refilling the processor's caches after the other side's turn stays about a percent of it; short
// enough that the machine is the same over a block of four. A durable write takes up to milliseconds.
enum { READ_SLICE_NS = 5000000, DURABLE_SLICE_NS = 20000000 };

int pair_possible(const struct cell_settings *settings, struct error *error) {
  enum operation operation = settings->workload.operation;
  enum cache_state cache = settings->cache;
  if (operation == OPERATION_FILL || operation == OPERATION_DELETE)
    return error_set(error, -EOPNOTSUPP,
                     "operation = %s takes each record once, so it cannot go on slice after slice; use run and compare",
                     operation_name(operation));
  if (operation_of_stores(operation))
    return error_set(error, -EOPNOTSUPP, "operation = %s is not on records of an open store; use run and compare",
                     operation_name(operation));
  if (cache != CACHE_ASIS && cache != CACHE_WARM && cache != CACHE_MAPPED)
    return error_set(error, -EOPNOTSUPP,
                     "cache = %s does not last: what one slice reads in, the next one finds; use warm or mapped here, "
                     "or run and compare",
                     cache_state_name(cache));
  if (settings->sync.kind == SYNC_INTERVAL)
    return error_set(error, -EOPNOTSUPP,
                     "sync = interval syncs by a timer, also while the other side has its turn; use run and compare");
  if (settings->background.kind != BACKGROUND_NONE)
    return error_set(error, -EOPNOTSUPP, "a background of one side disturbs the other; use run and compare");
  if (contender_find(settings->spec))
    return error_set(error, -EOPNOTSUPP, "%s is no store and takes no turns in slices; use run", settings->spec);
  if (cell_rated(settings))
    return error_set(error, -EOPNOTSUPP, "a rate says how much is asked for, whatever the side could do; use run");
  if (settings->processes > 1)
    return error_set(error, -EOPNOTSUPP, "processes = %u: each side of a pair is one process; use run and compare",
                     settings->processes);
  return 0;
}

uint64_t pair_slice_ns(const struct cell_settings *settings) {
  bool durable = settings->sync.kind == SYNC_EVERY || settings->sync.kind == SYNC_ALWAYS;
  return durable ? DURABLE_SLICE_NS : READ_SLICE_NS;
}

static bool kernel_polls(const char *spec) {
  struct engine_place place;
  struct store_config config = {0};
  struct error ignored;
  if (registry_locate(spec, &place, &ignored) || !place.engine) return false;
  if (registry_parse_options(spec, place.engine, &config, &ignored)) return false;
  for (const struct engine_option *option = place.engine->options; option && option->name; option++)
    if (strcmp(option->name, "sqpoll") == 0) return registry_option(place.engine, &config.options, option->name);
  return false;
}

bool pair_pinned(const struct cell_settings *settings) {
  return settings->threads == 1 && !kernel_polls(settings->spec);
}

double duel_floor(const struct cell_settings *settings) {
  if (pair_slice_ns(settings) == DURABLE_SLICE_NS) return 0.05;
  return plan_reads_only(&settings->workload) ? 0.02 : 0.03;
}
