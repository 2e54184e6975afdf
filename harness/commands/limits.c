// SPDX-License-Identifier: MIT
// storebench limits: what this machine cannot beat.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/limits/measure.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { KEY_DIR = 0x100, KEY_DATA, KEY_JSON, REPETITIONS = 9 };
static const double slice_seconds = 0.03;

struct request {
  const char *dir;
  uint64_t data;  // bytes
  bool json;
};

struct taken {
  const struct request *request;
  json_t *limits;
  size_t measured, failed;
};

static int set_data(struct request *request, const char *text) {
  if (parse_size(text, &request->data) || request->data < LIMIT_PIECE || request->data > INT64_MAX)
    return usage_error("limits: bad --data \"%s\"; a size from 1M, such as 128M or 2G", text);
  request->data -= request->data % LIMIT_BLOCK;
  return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_DIR:
      request->dir = argument;
      return *argument ? 0 : usage_error("limits: --dir is empty; name a folder");
    case KEY_DATA:
      return set_data(request, argument);
    case KEY_JSON:
      request->json = true;
      return 0;
    case ARGP_KEY_ARG:
      return usage_error("limits takes no argument, not \"%s\"; name the folder with --dir", argument);
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"dir", KEY_DIR, "DIR", 0, "Measure files and device there, in a folder that is removed (default: the current one)",
     0},
    {"data", KEY_DATA, "SIZE", 0, "Bytes of memory and of the file to measure over (default: 128M)", 0},
    {"json", KEY_JSON, NULL, 0, "Print one JSON object", 0},
    {0}};

const struct argp limits_argp = {
    .options = options,
    .parser = parse,
    .doc =
        "Measures what no store can beat on this machine: copies in memory, bare system calls, and the bare device. "
        "Prints for each bound its name, what it was measured over, and its median with the 95% interval.\v"
        "Example:\n\n  storebench limits --dir /mnt/nvme --data 1G"};

static void print_line(const struct limit_spec *spec, const json_t *limit) {
  char over[128], value[80], each[32] = "-";
  double rate = json_real_or_nan(limit, "value"), low = json_real_or_nan(limit, "low");
  limit_describe(spec, over, sizeof over);
  if (strcmp(json_text(limit, "status"), "ok") != 0) {
    printf("%-24s %-52s %s: %s\n", limit_name(spec->kind), over, json_text(limit, "status"),
           json_text(limit, "reason"));
    return;
  }
  value_format_interval(rate, low, json_real_or_nan(limit, "high"), limit_unit(spec->kind), value, sizeof value);
  bool bytes = strcmp(limit_unit(spec->kind), "B/s") == 0;
  value_format(1e9 / rate * (bytes ? spec->bytes : 1), "ns", each, sizeof each);
  printf("%-24s %-52s %s, %s each\n", limit_name(spec->kind), over, value, each);
}

static int take(void *user, const struct limit_spec *spec, json_t *limit, struct error *error) {
  struct taken *taken = user;
  taken->measured += strcmp(json_text(limit, "status"), "ok") == 0;
  taken->failed += strcmp(json_text(limit, "status"), "failed") == 0;
  if (!taken->request->json) print_line(spec, limit);
  fflush(stdout);
  return json_array_append(taken->limits, limit) ? error_set(error, -ENOMEM, "memory is short") : 0;
}

static int print_json(json_t *limits, struct error *error) {
  json_t *all = json_pack("{s:O}", "limits", limits);
  int bad = !all || json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) || putchar('\n') == EOF;
  json_decref(all);
  return bad ? error_set(error, -EIO, "standard output: cannot be written") : 0;
}

static int measure(const struct request *request, const struct dataset_folder *folder, struct interrupt *interrupt,
                   struct taken *taken, struct error *error) {
  struct limit_list list = {0};
  int code = limit_list_add_all(&list, request->data);
  const struct limits_measure measure = {.list = &list,
                                         .folder = folder,
                                         .slice = slice_seconds,
                                         .repetitions = REPETITIONS,
                                         .interrupt = interrupt,
                                         .take = take,
                                         .user = taken};
  code = code ? error_set(error, code, "memory is short") : limits_run(&measure, error);
  limit_list_free(&list);
  return code;
}

static int run(const struct request *request, struct interrupt *interrupt, struct taken *taken) {
  struct dataset_folder folder;
  struct error error = {0};
  if (dataset_folder_make(request->dir, &folder, &error)) {
    command_complain(request->dir, error.text);
    return EXIT_CELL_FAILED;
  }
  int code = measure(request, &folder, interrupt, taken, &error);
  int removed = dataset_folder_remove(&folder);
  if (removed && !code) code = error_set(&error, removed, "%s: cannot be removed: %m; remove it by hand", folder.path);
  if (!code && request->json && !interrupt->seen) code = print_json(taken->limits, &error);
  if (code) command_complain(NULL, error.text);
  if (interrupt->seen) return EXIT_INTERRUPTED;
  if (code || taken->failed) return EXIT_CELL_FAILED;
  return taken->measured ? EXIT_DONE : EXIT_NOTHING_RAN;
}

int command_limits(int argc, char **argv) {
  struct request request = {.dir = ".", .data = 128 << 20};
  struct taken taken = {.request = &request, .limits = json_array()};
  struct interrupt interrupt;
  int exit_code;
  if (!command_parse(&limits_argp, argc, argv, &request, &exit_code)) {
    json_decref(taken.limits);
    return exit_code;
  }
  int code = interrupt_open(&interrupt);
  if (code) {
    fprintf(stderr, "storebench: signals cannot be watched: %s\n", strerror(-code));
    exit_code = EXIT_CELL_FAILED;
  } else {
    exit_code = run(&request, &interrupt, &taken);
    interrupt_close(&interrupt);
  }
  json_decref(taken.limits);
  return exit_code;
}
