// SPDX-License-Identifier: MIT
// run: what is asked for, checked, planned and handed to the run.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/words.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/measure.h"
#include "harness/plan.h"
#include "harness/warnings.h"

enum {
  KEY_PROFILE = 0x100,
  KEY_DIR,
  KEY_OUT,
  KEY_ENGINES,
  KEY_REPETITIONS,
  KEY_SEED,
  KEY_BUDGET,
  KEY_DRY_RUN,
  KEY_REQUIRE_DURABLE,
  KEY_SILENCE,
  KEY_JSON,
  KEY_ENGINE_PATH,
};

struct request {
  struct plan_options plan;
  struct measure_options measure;
  const char **experiments;  // room for every argument
  bool dry_run;
};

// "90", "90s", "13min", "2h" to seconds.
static int parse_duration(const char *text, double *seconds) {
  static const struct {
    const char *unit;
    double seconds;
  } units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}};
  char *end;
  double number = strtod(text, &end);
  if (end == text || !isfinite(number) || !(number > 0)) return -EINVAL;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strcmp(end, units[i].unit) == 0) {
      *seconds = number * units[i].seconds;
      return 0;
    }
  return -EINVAL;
}

static int set_profile(struct request *request, const char *text) {
  struct error error;
  return plan_profile(text, &request->plan.profile, &error) ? usage_error("run: %s", error.text) : 0;
}

static int set_silence(struct request *request, const char *text) {
  struct error error;
  request->measure.silence = text;
  return warnings_check_names(text, &error) ? usage_error("run: --silence: %s", error.text) : 0;
}

static error_t parse_run(int key, char *argument, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_PROFILE:
      return set_profile(request, argument);
    case KEY_DIR:
      request->measure.dir = argument;
      return *argument ? 0 : usage_error("run: --dir is empty; name a folder");
    case KEY_OUT:
      request->measure.out = argument;
      return *argument ? 0 : usage_error("run: --out is empty; name a folder that does not exist yet");
    case KEY_ENGINES:
      request->plan.engines = argument;
      return *argument ? 0 : usage_error("run: --engines is empty; name engines with commas between");
    case KEY_REPETITIONS:
      return parse_repetitions("run", argument, &request->plan.repetitions);
    case KEY_SEED:
      return parse_seed("run", argument, &request->plan.seed);
    case KEY_BUDGET:
      if (parse_duration(argument, &request->plan.budget) == 0) return 0;
      return usage_error("run: bad --budget \"%s\"; a time such as 90s, 13min or 2h", argument);
    case KEY_DRY_RUN:
      request->dry_run = true;
      return 0;
    case KEY_SILENCE:
      return set_silence(request, argument);
    case KEY_REQUIRE_DURABLE:
      request->measure.require_durable = true;
      return 0;
    case KEY_ENGINE_PATH:
      return engine_path_add("run", argument);
    case KEY_JSON:
      request->measure.json = true;
      return 0;
    case ARGP_KEY_ARG:
      request->experiments[request->plan.experiment_count++] = argument;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"profile", KEY_PROFILE, "NAME", 0, "quick (under 3 minutes), standard (under 15, the default) or full", 0},
    {"dir", KEY_DIR, "DIR", 0, "Put the data files there, in a folder that is removed (default: beside the results)",
     0},
    {"out", KEY_OUT, "DIR", 0, "Make this folder for the results (default: results/<UTC time>-<host>)", 0},
    {"engines", KEY_ENGINES, "LIST", 0, "Measure these engines, with commas between, instead of each experiment's own",
     0},
    {"engine-path", KEY_ENGINE_PATH, "DIR", 0, "Look for plug-ins in DIR first", 0},
    {"repetitions", KEY_REPETITIONS, "N", 0, "Samples of each cell that count (default: the profile's)", 0},
    {"seed", KEY_SEED, "N", 0, "Seed of keys and order (default: from the clock; it is recorded)", 0},
    {"budget", KEY_BUDGET, "TIME", 0, "Time for the whole run, such as 90s or 13min (default: the profile's)", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the plan and stop", 0},
    {"require-durable", KEY_REQUIRE_DURABLE, NULL, 0, "Refuse a file system that does not outlive a power loss", 0},
    {"silence", KEY_SILENCE, "NAMES", 0, "Leave these warnings about the machine out (names with commas between)", 0},
    {"json", KEY_JSON, NULL, 0, "Print the outcome as JSON", 0},
    {0}};

const struct argp run_argp = {
    .options = options,
    .parser = parse_run,
    .args_doc = "[EXPERIMENT|FILE]...",
    .doc =
        "Runs experiments (all of the profile, unless some are named), draws them and says who won.\v"
        "Examples:\n\n  storebench run --profile quick\n  storebench run read-random-warm --engines mmap,pread\n"
        "  storebench run mine.ini --dir /mnt/nvme"};

static int run_plan(struct request *request) {
  struct plan plan;
  struct error error = {0};
  int exit_code = EXIT_USAGE;
  request->plan.experiments = request->experiments;
  if (plan_make(&request->plan, &plan, &error)) {
    command_complain(NULL, error.text);
  } else {
    exit_code = (request->dry_run ? measure_dry_run : measure_run)(&plan, &request->measure);
  }
  plan_free(&plan);
  return exit_code;
}

int command_run(int argc, char **argv) {
  struct request request = {.plan = {.seed = clock_ns() % 1000000007}};
  struct error error;
  int exit_code;
  request.measure.arguments = argv;
  if (plan_profile("standard", &request.plan.profile, &error)) return EXIT_USAGE;
  request.experiments = calloc((size_t)argc, sizeof *request.experiments);
  if (!request.experiments) {
    command_complain(NULL, "memory is short");
    return EXIT_CELL_FAILED;
  }
  if (command_parse(&run_argp, argc, argv, &request, &exit_code)) exit_code = run_plan(&request);
  free(request.experiments);
  return exit_code;
}
