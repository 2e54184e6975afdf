// SPDX-License-Identifier: MIT
// storebench compare A B: two runs, cell by cell.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/compare.h"
#include "harness/results.h"

enum { KEY_THRESHOLD = 0x100, KEY_JSON, KEY_MARKDOWN };

struct request {
  const char *paths[2];
  size_t count;
  double threshold;  // a fraction; NAN: from the runs
  bool json, markdown;
};

static int set_threshold(struct request *request, const char *text) {
  char *end;
  double percent = strtod(text, &end);
  if (*end == '%') end++;
  if (end == text || *end || !(percent >= 0) || !isfinite(percent))
    return usage_error("compare: bad --threshold \"%s\"; a percentage from 0, such as 5", text);
  request->threshold = percent / 100;
  return 0;
}

static error_t parse(int key, char *text, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_THRESHOLD:
      return set_threshold(request, text);
    case KEY_JSON:
      request->json = true;
      return 0;
    case KEY_MARKDOWN:
      request->markdown = true;
      return 0;
    case ARGP_KEY_ARG:
      if (request->count == 2) return usage_error("compare takes two runs, not also \"%s\"", text);
      request->paths[request->count++] = text;
      return 0;
    case ARGP_KEY_END:
      if (request->count < 2)
        return usage_error("compare needs two runs, the older one first; give their folders, or their run.json");
      return request->json && request->markdown ? usage_error("compare: --json or --markdown, not both") : 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"threshold", KEY_THRESHOLD, "PERCENT", 0,
     "The smallest difference that counts (default: how far the machine moved, by controls that both runs have)", 0},
    {"json", KEY_JSON, NULL, 0, "Print the comparison as JSON", 0},
    {"markdown", KEY_MARKDOWN, NULL, 0, "Print it as Markdown", 0},
    {0}};

const struct argp compare_argp = {.options = options,
                                  .parser = parse,
                                  .args_doc = "A B",
                                  .doc =
                                      "Compares the run B with the older run A, cell by cell: better, worse, or no "
                                      "difference (~). A run is its folder "
                                      "or its run.json. Exits 1 if a cell is worse, 2 if nothing can be compared.\v"
                                      "Examples:\n\n  storebench compare results/before results/latest\n"
                                      "  storebench compare a/run.json b/run.json --threshold 5 --markdown"};

static int print_comparison(const struct request *request, const json_t *comparison) {
  if (request->json) {
    json_dumpf(comparison, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    putchar('\n');
  } else if (request->markdown) {
    compare_print_markdown(comparison, request->paths[0], request->paths[1], stdout);
  } else {
    compare_print(comparison, request->paths[0], request->paths[1], stdout);
  }
  return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}

int command_compare(int argc, char **argv) {
  struct request request = {.threshold = NAN};
  json_t *runs[2] = {NULL, NULL}, *comparison = NULL;
  struct error error = {0};
  int status, code = 0;
  if (!command_parse(&compare_argp, argc, argv, &request, &status)) return status;
  for (size_t i = 0; i < 2 && !code; i++) code = results_load(request.paths[i], &runs[i], &error);
  if (!code) code = compare_runs(runs[0], runs[1], request.threshold, &comparison, &error);
  if (comparison && print_comparison(&request, comparison))
    code = error_set(&error, -EIO, "the comparison cannot be written: check where standard output goes");
  if (code) command_complain(NULL, error.text);
  bool worse = json_integer_value(json_object_get(json_object_get(comparison, "counts"), "worse")) > 0;
  for (size_t i = 0; i < 2; i++) json_decref(runs[i]);
  json_decref(comparison);
  if (code) return EXIT_USAGE;
  return worse ? EXIT_CELL_FAILED : EXIT_DONE;
}
