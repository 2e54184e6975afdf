// SPDX-License-Identifier: MIT
// The list of contenders, and one sample of one: opened, warmed up, its cache in the wanted state, timed, counted.
#include "harness/contenders/contenders.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engines/registry.h"
#include "harness/cache.h"
#include "harness/contenders/internal.h"

static const struct contender *const contenders[] = {&contender_bare, &contender_fio};
enum { COUNT = sizeof contenders / sizeof contenders[0] };

const struct contender *const *contenders_all(size_t *count) {
  *count = COUNT;
  return contenders;
}

const struct contender *contender_find(const char *spec) {
  size_t length = strcspn(spec, ":");
  for (size_t i = 0; i < COUNT; i++) {
    const char *name = contenders[i]->engine.name;
    if (strlen(name) == length && memcmp(name, spec, length) == 0) return contenders[i];
  }
  return NULL;
}

const struct engine *contender_engine(const struct contender *contender) { return &contender->engine; }

const char *contender_mark(const struct contender *contender) { return contender->mark; }

int contender_probe(const struct contender *contender, struct error *error) { return contender->probe(error); }

// One loop on a store as it was filled, or on a file of its own.
static int check(const struct contender *contender, const struct contender_run *run, struct error *error) {
  const struct sample_order *order = run->sample->order;
  const struct cell_settings *settings = &order->settings;
  const char *name = contender->engine.name;
  bool killed = settings->workload.operation == OPERATION_OPEN;
  if (order->kind != SAMPLE_THROUGHPUT)
    return error_set(error, -EOPNOTSUPP, "%s takes no latencies and counts no calls; draw y = ops_per_s", name);
  if (settings->threads > 1 && !(contender->takes_threads && contender->takes_threads(run))) {
    bool instead = contender->for_threads && settings->workload.operation == OPERATION_UPDATE;
    return error_set(error, -EOPNOTSUPP, "%s is one loop; use threads = 1%s%s", name, instead ? ", or " : "",
                     instead ? contender->for_threads : "");
  }
  if (settings->operations)
    return error_set(error, -EOPNOTSUPP, "%s goes on until its time is up; leave operations out", name);
  if (settings->processes > 1) return error_set(error, -EOPNOTSUPP, "%s is one process; use processes = 1", name);
  if (cell_rated(settings) || settings->background.kind != BACKGROUND_NONE || cache_limited(settings->cache))
    return error_set(error, -EOPNOTSUPP, "%s knows no rate, no background and no memory pressure", name);
  if (cell_stores(settings) > 1) return error_set(error, -EOPNOTSUPP, "%s knows one file; use stores = 1", name);
  if (settings->before.count && !killed)
    return error_set(error, -EOPNOTSUPP, "%s finds records where a fill put them; leave `before` out", name);
  return 0;
}

static double residency_or_nan(const char *path) {
  double share;
  return cache_residency(path, &share) == 0 ? share : NAN;
}

static int set_cache(struct contender_run *run, const struct engine *engine, struct error *error) {
  struct sample *sample = run->sample;
  const struct sample_order *order = sample->order;
  // A file that the sample makes itself is as its writing leaves it, for stores too.
  enum cache_state wanted = order->fresh ? CACHE_ASIS : order->settings.cache;
  int code = cache_set(wanted, engine, &run->file, order->path, error);
  sample->out_of_reach |= code == -EBUSY;
  sample->residency_before = residency_or_nan(order->path);
  if (cache_bytes(order->path, &sample->cached_before) != 0) sample->cached_before = 0;
  spent_on(&sample->spent, SPENT_CACHE);
  return code;
}

// Counted as stores are.
static int time_here(struct contender_run *run, const struct contender *contender, struct error *error) {
  struct sample *sample = run->sample;
  struct counting counting;
  counting_open(&counting, sample);
  sample->work = calloc(1, sizeof *sample->work);
  int code = sample->work ? counting_start(&counting, error) : error_set(error, -ENOMEM, "no memory for a sample");
  if (!code) {
    code = contender->time(run, error);
    int stopped = counting_stop(&counting);
    if (!code && stopped) code = error_set(error, stopped, "reading counters: %s", strerror(-stopped));
  }
  counting_close(&counting);
  return code;
}

static int measure(struct contender_run *run, const struct contender *contender, struct error *error) {
  struct sample *sample = run->sample;
  const struct sample_order *order = sample->order;
  int code = contender->open(run, error);
  spent_on(&sample->spent, SPENT_OPEN);
  if (!code && order->warmup > 0) code = contender->warm_up(run, error);
  spent_on(&sample->spent, SPENT_WARMUP);
  if (!code) code = set_cache(run, &contender->engine, error);
  if (!code) code = contender->elsewhere ? contender->time(run, error) : time_here(run, contender, error);
  if (!code) sample_cache_after(sample);
  spent_on(&sample->spent, SPENT_TIMED);
  if (!code && sample->result.operations == 0) code = error_set(error, -EIO, "nothing was done");
  if (!code && contender->prove) code = contender->prove(run, error);
  spent_on(&sample->spent, SPENT_CHECK);
  contender->close(run);
  spent_on(&sample->spent, SPENT_CLOSE);
  return code;
}

json_t *contender_sample(const struct contender *contender, const struct sample_order *order) {
  struct error error = {0};
  struct sample sample = {
      .order = order, .engine = &contender->engine, .storeless = true, .residency_before = NAN, .residency_after = NAN};
  struct contender_run run = {.sample = &sample, .options = &sample.config.options, .file = {.fd = -1}};
  sample.store = &run.file;
  int code = registry_parse_options(order->settings.spec, &contender->engine, &sample.config, &error);
  if (!code) code = check(contender, &run, &error);
  spent_start(&sample.spent);
  if (!code) code = measure(&run, contender, &error);
  bool skipped = code == -EOPNOTSUPP || sample.out_of_reach;
  enum sample_outcome outcome = !code ? OUTCOME_OK : skipped ? OUTCOME_SKIPPED : OUTCOME_FAILED;
  json_t *json = sample_to_json(&sample, sample_outcome_name(outcome), code ? error.text : NULL);
  json_decref(sample.effective);
  free(sample.work);
  return json;
}
