// SPDX-License-Identifier: MIT
// list: engines, contenders, experiments, policies and charts, one item a line, the name first.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "engines/registry.h"
#include "harness/catalogue.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/contenders/contenders.h"
#include "harness/data_dir.h"
#include "harness/dataset.h"
#include "harness/described.h"
#include "harness/metrics.h"
#include "workloads/experiment.h"

struct request {
  const char *what;    // NULL: everything
  const char *folder;  // where engines are tried out
};

static void print_engine(const char *name, const struct engine *engine, const char *unavailable) {
  printf("%-8s %s%s\n", name, unavailable ? "unavailable: " : "", unavailable ? unavailable : engine->summary);
  for (const struct engine_option *o = engine->options; o && o->name; o++)
    printf("  :%s=%s  %s%s%s%s\n", o->name, o->initial, o->help, o->choices ? " (" : "", o->choices ? o->choices : "",
           o->choices ? ")" : "");
}

static int list_peer(struct described_list *list, const char *name, const char *folder, struct error *error) {
  const struct described *described;
  struct error why;
  int code = described_find(list, name, &described, error);
  if (code) return code;
  const char *unavailable = *described->unavailable ? described->unavailable : NULL;
  if (!unavailable && described_probe(name, folder, &why)) unavailable = why.text;
  print_engine(name, described->engine, unavailable);
  return 0;
}

static int list_engines(const struct request *request, struct error *error) {
  size_t count;
  const struct engine *const *engines = registry_engines(&count);
  struct described_list described = {NULL};
  struct dataset_folder folder;
  int code = dataset_folder_make(request->folder, &folder, error);
  if (code) return code;
  for (size_t i = 0; i < count; i++) {
    struct store_config config = {0};
    struct error why;
    registry_defaults(engines[i], &config.options);
    print_engine(engines[i]->name, engines[i], engines[i]->probe(folder.path, &config, &why) ? why.text : NULL);
  }
  const char *const *peers = engine_group(ENGINE_PEERS, &count);
  int failed = 0;
  for (size_t i = 0; i < count && !failed; i++) failed = list_peer(&described, peers[i], folder.path, error);
  described_free(&described);
  code = dataset_folder_remove(&folder);
  if (failed) return failed;
  return code ? error_set(error, code, "%s: cannot be removed: %s", folder.path, strerror(-code)) : 0;
}

static int list_contenders(const struct request *request, struct error *error) {
  size_t count;
  const struct contender *const *contenders = contenders_all(&count);
  (void)request, (void)error;
  for (size_t i = 0; i < count; i++) {
    const struct engine *engine = contender_engine(contenders[i]);
    struct error why;
    print_engine(engine->name, engine, contender_probe(contenders[i], &why) ? why.text : NULL);
  }
  return 0;
}

static int list_experiments(const struct request *request, struct error *error) {
  struct catalogue catalogue;
  (void)request;
  int code = catalogue_read(EXPERIMENTS_FOLDER, ".ini", &catalogue, error);
  for (size_t i = 0; i < catalogue.count && !code; i++) {
    char path[4096];
    struct experiment *experiment;
    code = catalogue_experiment(&catalogue, catalogue.names[i], path, sizeof path, error);
    if (!code) code = experiment_load(path, experiment_machine_here(), &experiment, error);
    if (code) break;
    const char *claim = experiment_claim(experiment);
    printf("%-22s %s\n", catalogue.names[i], experiment_question(experiment));
    if (*claim) printf("  claim: %s\n", claim);
    experiment_free(experiment);
  }
  catalogue_free(&catalogue);
  return code;
}

static int list_policies(const struct request *request, struct error *error) {
  (void)request, (void)error;
  puts("none         promises nothing after power loss");
  puts("async        the same: writing back is asked for, never awaited");
  puts("every=N      power loss costs at most the last N-1 acknowledged operations");
  puts("interval=MS  power loss costs what was acknowledged since the last sync began, MS milliseconds apart");
  puts("always       power loss costs nothing that was acknowledged");
  return 0;
}

// With what the shape is for: the line of its script that begins with "#: ". A script without one is no shape of an
// experiment's chart.
static int list_shape(const char *shape, struct error *error) {
  char file[300], path[4096], *line = NULL;
  size_t room = 0;
  bool found = false;
  snprintf(file, sizeof file, PLOTS_FOLDER "/%.255s.gp", shape);
  int code = data_path(file, path, sizeof path, error);
  if (code) return code;
  FILE *script = fopen(path, "re");
  if (!script) return error_set(error, -errno, "%s: cannot be read: %m; check the folder", path);
  while (!found && getline(&line, &room, script) > 0) {
    found = strncmp(line, "#: ", 3) == 0;
    if (found) printf("%-10s %s", shape, line + 3);
  }
  free(line);
  fclose(script);
  return 0;
}

static int list_charts(const struct request *request, struct error *error) {
  struct catalogue catalogue;
  (void)request;
  int code = catalogue_read(PLOTS_FOLDER, ".gp", &catalogue, error);
  for (size_t i = 0; i < catalogue.count && !code; i++)
    if (strcmp(catalogue.names[i], "style") != 0) code = list_shape(catalogue.names[i], error);
  catalogue_free(&catalogue);
  if (code) return code;
  puts(
      "  shape=NAME, x=KEY, series=KEY, panel=KEY: each swept key has one place; panel is a small chart for each "
      "value");
  puts("  log_y=yes: a logarithmic axis; read=TEXT: how to read it, below the chart in the report");
  puts("  beside=METRIC, METRIC: other metrics of the same cells, a chart each below the first");
  puts("  y=METRIC, one of:");
  size_t count;
  const struct metric *metrics = metrics_all(&count);
  for (size_t i = 0; i < count; i++)
    printf("    %-19s %s (%s is better)\n", metrics[i].name, metrics[i].label,
           metrics[i].higher_is_better ? "higher" : "lower");
  return 0;
}

static const struct {
  const char *name;
  int (*list)(const struct request *request, struct error *error);
} lists[] = {{"engines", list_engines},
             {"contenders", list_contenders},
             {"experiments", list_experiments},
             {"policies", list_policies},
             {"charts", list_charts}};

enum { LISTS = sizeof lists / sizeof lists[0] };

static int take_word(struct request *request, const char *word) {
  const char *words[LISTS];
  for (size_t i = 0; i < LISTS; i++) words[i] = lists[i].name;
  if (request->what) return usage_error("list: \"%s\" is one word too many; name one list", word);
  for (size_t i = 0; i < LISTS; i++)
    if (strcmp(word, words[i]) == 0) request->what = words[i];
  if (request->what) return 0;
  const char *nearest = nearest_word(word, words, LISTS);
  return nearest ? usage_error("list: unknown list \"%s\"; did you mean \"%s\"?", word, nearest)
                 : usage_error("list: unknown list \"%s\"; one of engines, contenders, experiments, policies, charts",
                               word);
}

enum { KEY_DIR = 0x100, KEY_ENGINE_PATH };

static error_t parse_list(int key, char *argument, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_DIR:
      request->folder = argument;
      return 0;
    case KEY_ENGINE_PATH:
      return engine_path_add("list", argument);
    case ARGP_KEY_ARG:
      return take_word(request, argument);
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"dir", KEY_DIR, "DIR", 0, "Try the engines on files in DIR (default: the current folder)", 0},
    {"engine-path", KEY_ENGINE_PATH, "DIR", 0, "Look for plug-ins in DIR first", 0},
    {0}};

const struct argp list_argp = {
    .options = options,
    .parser = parse_list,
    .args_doc = "[engines|contenders|experiments|policies|charts]",
    .doc =
        "Lists what there is, one item a line, its name first.\v"
        "Example:\n\n  storebench list engines",
};

int command_list(int argc, char **argv) {
  struct request request = {.folder = "."};
  struct error error = {0};
  int exit_code, code = 0;
  if (!command_parse(&list_argp, argc, argv, &request, &exit_code)) return exit_code;
  for (size_t i = 0; i < LISTS && !code; i++) {
    if (request.what && request.what != lists[i].name) continue;
    if (!request.what) printf("%s%s\n", i ? "\n" : "", lists[i].name);
    code = lists[i].list(&request, &error);
  }
  if (code) command_complain(NULL, error.text);
  return code ? EXIT_CELL_FAILED : EXIT_DONE;
}
