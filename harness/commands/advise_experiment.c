// SPDX-License-Identifier: MIT
// The experiment that measures a planned load.
#include "harness/commands/advise_experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "harness/plan.h"
#include "harness/results_file.h"

enum {
  DATA_LIMITED = 256 << 20,  // bytes beyond a limit on memory, and of all data in the quick profile
  MEMORY_LIMIT = 4 << 20,    // bytes of memory at least that an experiment may limit data to
};

static const double data_most = 1ull << 54;  // bytes; sums of as many data sets as there are choices overflow nowhere
static const double smaller = 0.8;           // a step down where there is no room

struct experiment_file {
  const struct advise_load *load;
  const struct advice *advice;
  uint64_t data;  // bytes
};

size_t advise_shown(const struct advice *advice) {
  return advice->count < ADVISE_SHOWN_MAX ? advice->count : ADVISE_SHOWN_MAX;
}

static void write_operation(FILE *out, const struct advise_load *load) {
  unsigned reads = (unsigned)lround(100 * load->reads);
  char policy[32];
  sync_policy_format(&load->sync, policy, sizeof policy);
  if (reads == 0 || reads == 100)
    fprintf(out, "operation   = %s\n", reads ? "get" : "update");
  else
    fprintf(out, "operation   = mixed\nmix         = get:%u/update:%u\n", reads, 100 - reads);
  fprintf(out, "keys        = uniform\nrecord_size = %u\nvalue_size  = %u\n", advise_record_size(load->value_size),
          load->value_size);
  if (reads < 100) fprintf(out, "sync        = %s\n", policy);
}

static void write_data(FILE *out, const struct experiment_file *file) {
  if (file->load->data > 1)
    fprintf(out, "cache       = pressure\npressure    = %.6g\n", file->load->data);
  else
    fputs("cache       = mapped\n", out);
  fprintf(out, "data        = %" PRIu64 "\n", file->data);
  // The quick profile has no time for gigabytes.
  if (file->load->data <= 1 && file->data > DATA_LIMITED) fprintf(out, "\n[hold quick]\ndata = %d\n", DATA_LIMITED);
}

// An alias for each spec, since ':' may not stand in a list's short names.
static int write_experiment(FILE *out, const void *user) {
  const struct experiment_file *file = user;
  const size_t count = advise_shown(file->advice);
  fprintf(
      out,
      "[experiment]\ntitle    = The planned load\nquestion = Which way serves the planned load best?\n\n[engines]\n");
  for (size_t i = 0; i < count; i++) fprintf(out, "choice-%zu = %s\n", i + 1, file->advice->choices[i].spec);
  fputs("\n[hold]\n", out);
  write_operation(out, file->load);
  write_data(out, file);
  fprintf(out, "\n[sweep]\nbatch  = %u\nengine = ", file->load->batch);
  for (size_t i = 0; i < count; i++) fprintf(out, "%schoice-%zu", i ? ", " : "", i + 1);
  fputs("\n\n[chart]\nshape  = bars\nx      = batch\nseries = engine\ny      = ops_per_s\n", out);
  return 0;
}

static int save(const char *path, const struct experiment_file *file, struct error *error) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
  if (!folder) return error_set(error, -ENOMEM, "memory is short");
  int code = results_file_write(folder, slash ? slash + 1 : path, write_experiment, file, error);
  free(folder);
  return code;
}

// Whether `run` takes the file with what it takes by default, its data files beside the results.
static int plan_file(const char *path, struct error *error) {
  struct plan plan;
  struct plan_options options = {.experiments = &path, .experiment_count = 1};
  int code = plan_profile("standard", &options.profile, error);
  if (code) return code;
  code = plan_make(&options, &plan, error);
  if (!code) code = plan_check_memory(&plan, plan_memory_available(), error);
  if (!code) code = plan_check_space(&plan, ".", error);
  plan_free(&plan);
  return code;
}

static int try_file(const char *path, struct error *error) {
  char *file;
  // A word without a slash may be the name of an experiment that is shipped.
  if (asprintf(&file, "%s%s", strchr(path, '/') ? "" : "./", path) < 0)
    return error_set(error, -ENOMEM, "memory is short");
  int code = plan_file(file, error);
  free(file);
  return code;
}

static bool is_room(int code) { return code == -ENOMEM || code == -ENOSPC || code == -ETIME; }

// The least data that an experiment of the load may have: a record, or as many times the least limit on memory as it
// asks for, and a little more, since both are rounded.
static double least_data(const struct advise_load *load) {
  const double record = advise_record_size(load->value_size);
  return load->data > 1 ? fmax(record, 1.01 * MEMORY_LIMIT * load->data + record) : record;
}

static void say_less(const char *path, double bytes, uint64_t data, const struct error *why) {
  char own[32], asked[32];
  format_size(data, own, sizeof own);
  format_size((uint64_t)bytes, asked, sizeof asked);
  fprintf(stderr, "storebench: %s loads %s, not %s: %s\n", path, own, asked, why->text);
}

static int written(const char *path, struct experiment_file *file, double data, struct error *error) {
  file->data = (uint64_t)data;
  return save(path, file, error);
}

int advise_experiment(const char *path, const struct advise_load *load, double bytes, const struct advice *advice,
                      struct error *error) {
  const double least = fmin(least_data(load), data_most), first = load->data > 1 ? DATA_LIMITED : bytes;
  double data = fmin(fmax(first, least), data_most);
  struct experiment_file file = {.load = load, .advice = advice};
  struct error refused = {0}, why = {0};
  for (;;) {
    int code = written(path, &file, data, error);
    if (code) return code;
    code = try_file(path, &refused);
    if (!code) break;
    if (!is_room(code) || data <= least)
      return error_set(error, code, "%s is written, but run refuses it: %s", path, refused.text);
    if (!why.code) why = refused;
    data = fmax(least, smaller * data);
  }
  if (!why.code) return 0;
  // One step more, since others may take of the room until it runs.
  int code = written(path, &file, fmax(least, smaller * data), error);
  if (!code && load->data <= 1) say_less(path, bytes, file.data, &why);
  return code;
}
