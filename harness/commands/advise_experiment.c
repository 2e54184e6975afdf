// SPDX-License-Identifier: MIT
// The experiment that measures a planned load.
#include "harness/commands/advise_experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const char *name_in(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool names_folder(const char *path) {
  const char *name = name_in(path);
  return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int save(const char *path, const struct experiment_file *file, struct error *error) {
  const char *name = name_in(path);
  char *folder = name == path ? strdup(".") : strndup(path, (size_t)(name - path) - 1);
  if (!folder) return error_set(error, -ENOMEM, "memory is short");
  int code = results_file_write(folder, name, write_experiment, file, error);
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

// A file of the same name in a folder of its own, so that nothing stands under the wanted one that `run` refuses.
struct draft {
  char *folder, *path;
};

static void draft_remove(struct draft *draft) {
  if (draft->path) unlink(draft->path);
  if (draft->folder) rmdir(draft->folder);
  free(draft->path);
  free(draft->folder);
}

static int draft_make(const char *path, struct draft *draft, struct error *error) {
  const char *parent = getenv("TMPDIR");
  *draft = (struct draft){0};
  if (asprintf(&draft->folder, "%s/storebench-advise-XXXXXX", parent && *parent ? parent : "/tmp") < 0) {
    draft->folder = NULL;
    return error_set(error, -ENOMEM, "memory is short");
  }
  if (!mkdtemp(draft->folder)) {
    int code = error_set(error, -errno, "%s: cannot be made: %m; name another folder as TMPDIR", draft->folder);
    free(draft->folder);
    draft->folder = NULL;
    return code;
  }
  if (asprintf(&draft->path, "%s/%s", draft->folder, name_in(path)) >= 0) return 0;
  draft->path = NULL;
  error_set(error, -ENOMEM, "memory is short");
  return -ENOMEM;
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

// Whether `run` takes the experiment with so much data. Its refusal is in `refused`; a draft that cannot be written is
// none, and in `error`.
static int try_data(const char *draft, struct experiment_file *file, double data, struct error *refused,
                    struct error *error) {
  struct error unsaved;
  file->data = (uint64_t)data;
  *refused = (struct error){0};
  int code = save(draft, file, &unsaved);
  if (code)
    return error_set(error, code, "%s: the draft cannot be written: %s; %s", draft, strerror(-code),
                     code == -ENAMETOOLONG ? "choose a shorter name" : "name another folder as TMPDIR");
  return plan_file(draft, refused);
}

// Finds what `run` takes: 0 with file->data set, and `why` it is less than `data` (why->code: 0 if it is not).
static int fit(const char *draft, struct experiment_file *file, double data, struct error *why, struct error *refused,
               struct error *error) {
  const double least = fmin(least_data(file->load), data_most);
  int code;
  data = fmin(fmax(data, least), data_most);
  while ((code = try_data(draft, file, data, refused, error))) {
    if (!refused->code || !is_room(code) || data <= least) return code;
    if (!why->code) *why = *refused;
    data = fmax(least, smaller * data);
  }
  // One step more, since others may take of the room until it runs.
  if (why->code) file->data = (uint64_t)fmax(least, smaller * data);
  return 0;
}

// Without the place of a file that nobody will see: "20: bad pressure ...".
static const char *why_refused(const struct draft *draft, const struct error *refused) {
  const size_t length = strlen(draft->path);
  bool placed = strncmp(refused->text, draft->path, length) == 0 && refused->text[length] == ':';
  const char *text = placed ? refused->text + length + 1 : refused->text;
  return text + (*text == ' ');
}

int advise_experiment(const char *path, const struct advise_load *load, double bytes, const struct advice *advice,
                      struct error *error) {
  struct experiment_file file = {.load = load, .advice = advice};
  struct error refused = {0}, why = {0};
  struct draft draft;
  if (names_folder(path)) return error_set(error, -EISDIR, "%s: names a folder; name a file to write", path);
  int code = draft_make(path, &draft, error);
  if (code) goto out;
  code = fit(draft.path, &file, load->data > 1 ? DATA_LIMITED : bytes, &why, &refused, error);
  if (!code)
    code = save(path, &file, error);
  else if (refused.code)
    code =
        error_set(error, code, "%s: not written, since run would refuse it: %s", path, why_refused(&draft, &refused));
  if (!code && why.code && load->data <= 1) say_less(path, bytes, file.data, &why);
out:
  draft_remove(&draft);
  return code;
}
