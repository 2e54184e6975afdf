// SPDX-License-Identifier: MIT
// storebench report RUN: assembles a run from its samples, draws it and writes its report again.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/report/view.h"
#include "harness/results.h"

enum { KEY_TITLE = 0x100, KEY_LOGO, KEY_ONLY, KEY_FORMAT };

static const char *const formats[] = {"charts", "md", "html", "claims"};
enum {
  FORMATS = sizeof formats / sizeof formats[0],
  FORMAT_CHARTS = 1,
  FORMAT_MARKDOWN = 2,
  FORMAT_HTML = 4,
  FORMAT_CLAIMS = 8,
};

struct request {
  const char *folder;
  struct report_view view;
  unsigned formats;  // FORMAT_*; 0: all but FORMAT_CLAIMS
};

// "md,html": bits of `formats`.
static int set_formats(struct request *request, char *text) {
  for (char *word; (word = strsep(&text, ","));) {
    size_t i = 0;
    while (i < FORMATS && strcmp(word, formats[i]) != 0) i++;
    if (i == FORMATS) {
      const char *nearest = nearest_word(word, formats, FORMATS);
      if (nearest) return usage_error("report: unknown --format \"%s\"; did you mean \"%s\"?", word, nearest);
      return usage_error("report: unknown --format \"%s\"; charts, md, html or claims, with commas between", word);
    }
    request->formats |= 1u << i;
  }
  return 0;
}

static error_t parse(int key, char *text, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_TITLE:
      request->view.title = text;
      return *text ? 0 : usage_error("report: --title is empty; write one, or leave it out");
    case KEY_LOGO:
      request->view.logo = text;
      return 0;
    case KEY_ONLY:
      request->view.only = text;
      return 0;
    case KEY_FORMAT:
      return set_formats(request, text);
    case ARGP_KEY_ARG:
      if (request->folder)
        return usage_error("report takes one RUN, not also \"%s\"; see storebench report --help", text);
      request->folder = text;
      return 0;
    case ARGP_KEY_END:
      return request->folder ? 0 : usage_error("report needs a RUN; give the folder of a run, such as results/latest");
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"title", KEY_TITLE, "TEXT", 0, "Head the pages with it", 0},
    {"logo", KEY_LOGO, "FILE", 0, "Put this picture (.svg or .png, up to 1 MiB) at their top", 0},
    {"only", KEY_ONLY, "LIST", 0, "Draw and tell of these experiments alone, with commas between", 0},
    {"format", KEY_FORMAT, "LIST", 0,
     "Write these alone: charts, md, html (default: these three), claims (claims.md: their table)", 0},
    {0}};

const struct argp report_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "RUN",
    .doc =
        "Reads samples.jsonl in the folder RUN, and writes everything else there again: run.json and its kin, charts, "
        "report.md and report.html. Prints the path of the report.\v"
        "Examples:\n\n  storebench report results/latest\n"
        "  storebench report results/latest --only mixed --title \"For the ledger\"",
};

// A report without charts is better than none: the pages are written whatever gnuplot said.
static int draw_and_write(const struct request *request, const json_t *view) {
  const char *folder = request->folder;
  unsigned wanted = request->formats ? request->formats : FORMAT_CHARTS | FORMAT_MARKDOWN | FORMAT_HTML;
  struct error error = {0};
  int drawn = wanted & FORMAT_CHARTS ? report_charts(folder, view, &error) : 0;
  if (drawn) command_complain(NULL, error.text);
  int code = wanted & FORMAT_MARKDOWN ? report_markdown(folder, view, &error) : 0;
  if (!code && wanted & FORMAT_HTML) code = report_html(folder, view, &error);
  if (!code && wanted & FORMAT_CLAIMS) code = report_claims(folder, view, &error);
  if (code)
    command_complain(NULL, error.text);
  else if (wanted & (FORMAT_HTML | FORMAT_MARKDOWN))
    printf("%s/report.%s\n", folder, wanted & FORMAT_HTML ? "html" : "md");
  else
    printf("%s/%s\n", folder, wanted & FORMAT_CLAIMS ? "claims.md" : "charts");
  return drawn ? drawn : code;
}

int command_report(int argc, char **argv) {
  struct request request = {0};
  json_t *run = NULL, *view = NULL;
  struct error error = {0};
  int status;
  if (!command_parse(&report_argp, argc, argv, &request, &status)) return status;
  int code = results_read(request.folder, &run, &error);
  if (!code) code = results_summarise(run, &error);
  if (!code) code = report_view(run, request.folder, &request.view, &view, &error);
  if (!code) code = results_write(request.folder, run, &error);
  if (code)
    command_complain(NULL, error.text);
  else
    code = draw_and_write(&request, view);
  json_decref(view);
  json_decref(run);
  return code ? EXIT_CELL_FAILED : EXIT_DONE;
}
