// SPDX-License-Identifier: MIT
// storebench compare A B [C]...: runs cell by cell, each with the first.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/compare.h"
#include "harness/compare_merge.h"
#include "harness/report/compare.h"
#include "harness/results.h"

enum { KEY_THRESHOLD = 0x100, KEY_JSON, KEY_MARKDOWN, KEY_OUT };

struct request {
  const char *paths[COMPARE_RUNS_MAX];
  size_t count;
  double threshold;  // a fraction; NAN: from the runs
  bool json, markdown;
  const char *out;  // the folder for charts and page, or NULL
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
    case KEY_OUT:
      request->out = text;
      return *text ? 0 : usage_error("compare: --out is empty; name a folder to make");
    case ARGP_KEY_ARG:
      if (request->count == COMPARE_RUNS_MAX)
        return usage_error("compare takes %d runs at most, not also \"%s\"", COMPARE_RUNS_MAX, text);
      request->paths[request->count++] = text;
      return 0;
    case ARGP_KEY_END:
      if (request->count < 2)
        return usage_error("compare needs two runs or more, the oldest first; give their folders, or their run.json");
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
    {"out", KEY_OUT, "DIR", 0, "Make this folder, and draw a chart an experiment and a page there", 0},
    {0}};

const struct argp compare_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "A B [C]...",
    .doc =
        "Compares the run B, and each further one, with the older run A, cell by cell: better, worse, or no difference "
        "(~). A run is its folder or its run.json. Exits 1 if a cell is worse, 2 if nothing can be compared.\v"
        "Examples:\n\n  storebench compare results/before results/latest\n"
        "  storebench compare a/run.json b/run.json --threshold 5 --markdown\n"
        "  storebench compare results/laptop results/server results/cloud --out machines"};

struct comparing {
  const struct request *request;
  json_t *runs[COMPARE_RUNS_MAX], *comparisons[COMPARE_RUNS_MAX - 1];
};

// One object for two runs; for more of them an array.
static void print_json(const struct comparing *comparing) {
  const size_t count = comparing->request->count - 1;
  const size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(9);
  if (count > 1) putchar('[');
  for (size_t i = 0; i < count; i++) {
    if (i) fputs(",\n", stdout);
    json_dumpf(comparing->comparisons[i], stdout, flags);
  }
  puts(count > 1 ? "]" : "");
}

static int print_comparisons(const struct comparing *comparing) {
  const struct request *request = comparing->request;
  if (request->json) print_json(comparing);
  for (size_t i = 1; i < request->count && !request->json && comparing->comparisons[i - 1]; i++) {
    if (i > 1) putchar('\n');
    (request->markdown ? compare_print_markdown : compare_print)(comparing->comparisons[i - 1], request->paths[0],
                                                                 request->paths[i], stdout);
  }
  if (request->out && !request->json) printf("%sPage: %s/compare.html\n", request->markdown ? "\n" : "", request->out);
  return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}

static int load(struct comparing *comparing, struct error *error) {
  int code = 0;
  for (size_t i = 0; i < comparing->request->count && !code; i++)
    code = results_load(comparing->request->paths[i], &comparing->runs[i], error);
  return code;
}

// Each run with the first. Where one cannot be compared, the others are all the same.
static int compare(struct comparing *comparing, struct error *error) {
  const struct request *request = comparing->request;
  int first = 0;
  for (size_t i = 1; i < request->count && first != -ENOMEM; i++) {
    const char name[] = {(char)('A' + i), '\0'};
    const struct compare_rules rules = {request->threshold, request->count - 1, name};
    struct error own = {0};
    int code = compare_runs(comparing->runs[0], comparing->runs[i], &rules, &comparing->comparisons[i - 1], &own);
    if (code && !first)
      first = request->count > 2 ? error_set(error, code, "%s: %s", request->paths[i], own.text)
                                 : error_set(error, code, "%s", own.text);
  }
  return first;
}

// Charts and page; a chart that is missing is a complaint, and the page says it too.
static int write_page(struct comparing *comparing, struct error *error) {
  const struct request *request = comparing->request;
  const struct compared_runs all = {request->count, request->paths, comparing->runs, comparing->comparisons};
  struct error drawn = {0};
  int code = 0;
  for (size_t i = 0; i < request->count && !code; i++) code = results_summarise(comparing->runs[i], error);
  if (!code) code = compare_report(request->out, &all, &drawn, error);
  if (drawn.code) command_complain(NULL, drawn.text);
  return code;
}

static bool any_worse(const struct comparing *comparing) {
  for (size_t i = 0; i + 1 < comparing->request->count; i++) {
    const json_t *counts = json_object_get(comparing->comparisons[i], "counts");
    if (json_integer_value(json_object_get(counts, "worse")) > 0) return true;
  }
  return false;
}

int command_compare(int argc, char **argv) {
  struct request request = {.threshold = NAN};
  struct comparing comparing = {.request = &request};
  struct error error = {0};
  int status;
  if (!command_parse(&compare_argp, argc, argv, &request, &status)) return status;
  int code = load(&comparing, &error);
  if (!code) code = compare(&comparing, &error);
  bool told = !code || code == -ENODATA;  // the reasons why nothing is comparable are in the comparison
  if (code) request.out = NULL;
  if (request.out) code = write_page(&comparing, &error);
  if (told && !(code && request.out) && print_comparisons(&comparing))
    code = error_set(&error, -EIO, "the comparison cannot be written: check where standard output goes");
  if (code) command_complain(NULL, error.text);
  bool worse = any_worse(&comparing);
  for (size_t i = 0; i < COMPARE_RUNS_MAX; i++) json_decref(comparing.runs[i]);
  for (size_t i = 0; i + 1 < COMPARE_RUNS_MAX; i++) json_decref(comparing.comparisons[i]);
  if (code) return EXIT_USAGE;
  return worse ? EXIT_CELL_FAILED : EXIT_DONE;
}
