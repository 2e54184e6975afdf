// SPDX-License-Identifier: MIT
// storebench validate: known results measured again in small.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/words.h"
#include "harness/catalogue.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/data_dir.h"
#include "harness/measure.h"
#include "harness/plan.h"
#include "harness/results.h"
#include "harness/validate/known.h"

enum { KEY_DIR = 0x100, KEY_OUT, KEY_REPETITIONS, KEY_SEED, KEY_RUN, KEY_JSON };
enum { PATH_ROOM = 4096 };

// All of it in under three minutes: the planner shortens samples and takes repetitions away until it fits.
static const double budget_seconds = 165;

struct request {
  struct plan_options plan;
  struct measure_options measure;
  const char **names;  // of known results; room for every argument
  size_t name_count;
  const char *run;  // to judge instead of measuring, or NULL
};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_DIR:
      request->measure.dir = text;
      return *text ? 0 : usage_error("validate: --dir is empty; name a folder");
    case KEY_OUT:
      request->measure.out = text;
      return *text ? 0 : usage_error("validate: --out is empty; name a folder that does not exist yet");
    case KEY_REPETITIONS:
      return parse_repetitions("validate", text, &request->plan.repetitions);
    case KEY_SEED:
      return parse_seed("validate", text, &request->plan.seed);
    case KEY_RUN:
      request->run = text;
      return 0;
    case KEY_JSON:
      request->measure.json = true;
      return 0;
    case ARGP_KEY_ARG:
      request->names[request->name_count++] = text;
      return 0;
    case ARGP_KEY_END:
      if (request->run && request->name_count)
        return usage_error("validate: --run judges all that the run holds; leave \"%s\" out", request->names[0]);
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"dir", KEY_DIR, "DIR", 0, "Put the data files there, in a folder that is removed (default: beside the results)",
     0},
    {"out", KEY_OUT, "DIR", 0, "Make this folder for the results (default: results/<UTC time>-<host>)", 0},
    {"repetitions", KEY_REPETITIONS, "N", 0, "Samples of each cell that count (default: 9, or what there is time for)",
     0},
    {"seed", KEY_SEED, "N", 0, "Seed of keys and order (default: from the clock; it is recorded)", 0},
    {"run", KEY_RUN, "RUN", 0, "Measure nothing: judge a run that `validate` left behind", 0},
    {"json", KEY_JSON, NULL, 0, "Print the outcome as JSON", 0},
    {0}};

const struct argp validate_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[NAME]...",
    .doc =
        "Measures results again that are known from publications and earlier runs (all of them, unless some are "
        "named; under 3 minutes) and says of each whether it was reproduced. Exits 1 if one was not, or a "
        "measurement failed; 77 if none applies here.\v"
        "Examples:\n\n  storebench validate --dir /mnt/nvme\n  storebench validate warm-map --json"};

static int judge_run(const struct request *request, struct error *error) {
  json_t *run = NULL;
  int code = results_load(request->run, &run, error);
  if (!code) code = results_summarise(run, error);
  int exit_code = code ? EXIT_USAGE : known_print(run, request->run, request->measure.json);
  json_decref(run);
  return exit_code;
}

static int check_names(const struct request *request, const struct catalogue *known, struct error *error) {
  const char *const *names = (const char *const *)known->names;
  for (size_t i = 0; i < request->name_count; i++) {
    const char *name = request->names[i];
    size_t k = 0;
    while (k < known->count && strcmp(names[k], name) != 0) k++;
    if (k < known->count) continue;
    const char *nearest = nearest_word(name, names, known->count);
    if (nearest) return error_set(error, -ENOENT, "unknown result \"%s\"; did you mean \"%s\"?", name, nearest);
    return error_set(error, -ENOENT, "unknown result \"%s\"; name none to measure all of them", name);
  }
  return 0;
}

// The file of each result that was named, or of all. `paths` has room for them; the caller frees each.
static int find_files(const struct request *request, const struct catalogue *known, char **paths, struct error *error) {
  size_t count = request->name_count ? request->name_count : known->count;
  for (size_t i = 0; i < count; i++) {
    char name[512], path[PATH_ROOM];
    snprintf(name, sizeof name, KNOWN_FOLDER "/%s.ini", request->name_count ? request->names[i] : known->names[i]);
    int code = data_path(name, path, sizeof path, error);
    if (code) return code;
    paths[i] = strdup(path);
    if (!paths[i]) return error_set(error, -ENOMEM, "memory is short");
  }
  return 0;
}

static int measure(struct request *request, char *const *paths, size_t count, struct error *error) {
  struct plan plan;
  request->plan.experiments = (const char *const *)paths;
  request->plan.experiment_count = count;
  request->plan.budget = budget_seconds;
  request->measure.print = known_print;
  int code = plan_profile("standard", &request->plan.profile, error);
  if (code) return EXIT_USAGE;
  code = plan_make(&request->plan, &plan, error);
  int exit_code = code ? EXIT_USAGE : measure_run(&plan, &request->measure);
  plan_free(&plan);
  return exit_code;
}

static int measure_known(struct request *request, struct error *error) {
  struct catalogue known;
  char **paths = NULL;
  int exit_code = EXIT_USAGE, code = catalogue_read(KNOWN_FOLDER, ".ini", &known, error);
  size_t count = request->name_count ? request->name_count : known.count;
  if (!code) code = check_names(request, &known, error);
  if (code) goto out;
  paths = calloc(count + 1, sizeof *paths);
  code = paths ? find_files(request, &known, paths, error) : error_set(error, -ENOMEM, "memory is short");
  if (!code) exit_code = measure(request, paths, count, error);
out:
  for (size_t i = 0; paths && i < count; i++) free(paths[i]);
  free(paths);
  catalogue_free(&known);
  return exit_code;
}

int command_validate(int argc, char **argv) {
  struct request request = {.plan = {.seed = clock_ns() % 1000000007}};
  struct error error = {0};
  int exit_code;
  request.measure.arguments = argv;
  request.names = calloc((size_t)argc, sizeof *request.names);
  if (!request.names) {
    command_complain(NULL, "memory is short");
    return EXIT_CELL_FAILED;
  }
  if (command_parse(&validate_argp, argc, argv, &request, &exit_code))
    exit_code = request.run ? judge_run(&request, &error) : measure_known(&request, &error);
  if (error.code) command_complain(NULL, error.text);
  free(request.names);
  return exit_code;
}
