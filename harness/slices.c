// SPDX-License-Identifier: MIT
// The child of a pair: answers the parent's lines until it says `end`.
#include "harness/slices.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "engines/registry.h"
#include "harness/cache.h"

struct talk {
  FILE *in, *out;
  bool joins;  // the other side has the file open and in its cache state
};

static double residency_or_nan(const struct sample *sample) {
  double share;
  if (!(sample->engine->caps & CAP_PERSISTENT)) return NAN;
  return cache_residency(sample->order->path, &share) == 0 ? share : NAN;
}

static int say_json(FILE *out, const char *word, json_t *json) {
  bool said = json && fprintf(out, "%s ", word) > 0 && json_dumpf(json, out, JSON_COMPACT) == 0 &&
              fputc('\n', out) != EOF && fflush(out) == 0;
  json_decref(json);
  return said ? 0 : -EIO;
}

static int get_ready(struct sample *sample, struct talk *talk, struct error *error) {
  const struct sample_order *order = sample->order;
  int (*set)(enum cache_state, const struct engine *, struct store *, const char *, struct error *) =
      talk->joins ? cache_join : cache_set;
  int code = set(order->settings.cache, sample->engine, sample->store, order->path, error);
  if (code) {
    sample->out_of_reach = code == -EBUSY;
    return code;
  }
  sample->residency_before = residency_or_nan(sample);
  if (cache_bytes(order->path, &sample->cached_before) != 0) sample->cached_before = 0;
  code = sample->engine->stat(sample->store, &sample->stat_before);
  if (code) return error_set(error, code, "stat: %s", strerror(-code));
  code = say_json(talk->out, "ready", sample_order_to_json(order));
  return code ? error_set(error, code, "the parent does not listen") : 0;
}

static int answer(struct crew *crew, struct talk *talk, const char *line, bool *over, struct error *error) {
  uint64_t ns, operations, took;
  char end;
  *over = strcmp(line, "end\n") == 0;
  if (*over) return 0;
  if (sscanf(line, "run %" SCNu64 "%c", &ns, &end) != 2 || end != '\n')
    return error_set(error, -EPROTO, "the parent said something else than run NS or end");
  int code = crew_run(crew, ns, &operations, &took, error);
  if (code) return code;
  if (fprintf(talk->out, "ran %" PRIu64 " %" PRIu64 "\n", operations, took) > 0 && fflush(talk->out) == 0) return 0;
  return error_set(error, -EIO, "the parent does not listen");
}

static int answer_all(struct crew *crew, struct talk *talk, struct error *error) {
  char *line = NULL;
  size_t room = 0;
  bool over = false;
  int code = 0;
  while (!code && !over) {
    if (getline(&line, &room, talk->in) > 0)
      code = answer(crew, talk, line, &over, error);
    else
      code = error_set(error, -EPIPE, "the parent left");
  }
  free(line);
  return code;
}

// What the policy still owes is paid outside the slices: it is the same for both sides of a pair, and a slice ends
// where the clock says.
static int settle(struct sample *sample, struct error *error) {
  int code = sample->order->read_only ? 0 : sample->engine->sync(sample->store);
  if (!code) code = sample->engine->stat(sample->store, &sample->stat_after);
  if (code) return error_set(error, code, "sync and stat at the end: %s", strerror(-code));
  return sample_count_records(sample, error);
}

// Numbers of data that left the page cache meanwhile are of another cache state.
static int check_stayed(struct sample *sample, struct error *error) {
  if (!sample->cache_lost) return 0;
  sample->out_of_reach = true;
  return error_set(error, -EBUSY, "only %.1f%% of its data stayed in the page cache; use less data or more memory",
                   sample->residency_after * 100);
}

static int timed_in_slices(struct sample *sample, void *user, struct error *error) {
  struct talk *talk = user;
  struct crew *crew;
  struct error closing;
  int code = crew_open(sample, &crew, error);
  if (code) return code;
  code = get_ready(sample, talk, error);
  if (!code) code = answer_all(crew, talk, error);
  sample_cache_after(sample);
  int closed = crew_close(crew, &closing);
  if (closed && !code) {
    *error = closing;
    code = closed;
  }
  if (!code) code = settle(sample, error);
  return code ? code : check_stayed(sample, error);
}

static json_t *share(double residency) { return isfinite(residency) ? json_real(residency) : json_null(); }

static json_t *say_how(const struct sample *sample, enum sample_outcome outcome, const char *reason) {
  json_t *why = outcome == OUTCOME_OK ? json_null() : json_string(reason);
  if (!why) why = json_string("its reason is not UTF-8");
  return json_pack("{s:s, s:o, s:I, s:f, s:I, s:{s:o, s:o}}", "status", sample_outcome_name(outcome), "reason", why,
                   "operations", (json_int_t)sample->result.operations, "seconds", sample->result.seconds, "verified",
                   (json_int_t)sample->verified, "residency", "before", share(sample->residency_before), "after",
                   share(sample->residency_after));
}

int slices_serve(const struct sample_order *order, const struct engine *engine, const struct engine_options *options,
                 bool joins, FILE *in, FILE *out) {
  struct sample sample = {.order = order,
                          .engine = engine,
                          .config = {.options = *options},
                          .residency_before = NAN,
                          .residency_after = NAN};
  struct talk talk = {in, out, joins};
  struct error error = {0};
  enum sample_outcome outcome = sample_steps(&sample, timed_in_slices, &talk, &error);
  free(sample.work);
  return say_json(out, "sample", say_how(&sample, outcome, error.text));
}

static int read_order(FILE *in, struct sample_order *order, bool *joins, struct error *error) {
  char *line = NULL;
  size_t room = 0;
  json_error_t where = {.text = "not lead ORDER or join ORDER"};
  bool read = getline(&line, &room, in) > 0;
  *joins = read && strncmp(line, "join ", 5) == 0;
  bool known = *joins || (read && strncmp(line, "lead ", 5) == 0);
  json_t *json = known ? json_loads(line + 5, 0, &where) : NULL;
  int code = json ? sample_order_from_json(json, order, error) : error_set(error, -EINVAL, "order: %s", where.text);
  if (!code && order->kind != SAMPLE_THROUGHPUT) code = error_set(error, -EINVAL, "order: no sample in slices");
  json_decref(json);
  free(line);
  return code;
}

int slices_command(void) {
  struct sample_order order = {0};
  bool joins;
  const struct engine *engine;
  struct store_config config = {0};
  struct error error = {0};
  printf("%s %d %s %s\n", SLICES_GREETING, SLICES_PROTOCOL, STOREBENCH_VERSION, STOREBENCH_COMMIT);
  if (fflush(stdout)) return 1;
  int code = read_order(stdin, &order, &joins, &error);
  if (!code) code = registry_parse(order.settings.spec, &engine, &config, &error);
  if (code) {
    const struct sample none = {.residency_before = NAN, .residency_after = NAN};
    return say_json(stdout, "sample", say_how(&none, OUTCOME_FAILED, error.text)) ? 1 : 0;
  }
  return slices_serve(&order, engine, &config.options, joins, stdin, stdout) ? 1 : 0;
}
