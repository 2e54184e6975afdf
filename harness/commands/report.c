// SPDX-License-Identifier: MIT
// storebench report RUN: assembles a run from its samples, draws it and writes its report again.
#include <stdio.h>

#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/results.h"

static error_t parse(int key, char *text, struct argp_state *state) {
  const char **folder = state->input;
  switch (key) {
    case ARGP_KEY_ARG:
      if (*folder) return usage_error("report takes one RUN, not also \"%s\"; see storebench report --help", text);
      *folder = text;
      return 0;
    case ARGP_KEY_END:
      return *folder ? 0 : usage_error("report needs a RUN; give the folder of a run, such as results/latest");
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

const struct argp report_argp = {
    .parser = parse,
    .args_doc = "RUN",
    .doc =
        "Reads samples.jsonl in the folder RUN, and writes everything else there again: run.json and its kin, charts, "
        "report.md and report.html. Prints the path of the report.\n\n"
        "Example: storebench report results/latest",
};

// A report without charts is better than none: the pages are written whatever gnuplot said.
static int draw_and_write(const char *folder, const json_t *run) {
  struct error error = {0};
  int code = report_charts(folder, run, &error);
  if (code) command_complain(NULL, error.text);
  int written = report_pages(folder, run, &error);
  if (written)
    command_complain(NULL, error.text);
  else
    printf("%s/report.html\n", folder);
  return code ? code : written;
}

int command_report(int argc, char **argv) {
  const char *folder = NULL;
  json_t *run = NULL;
  struct error error = {0};
  int status;
  if (!command_parse(&report_argp, argc, argv, &folder, &status)) return status;
  int code = results_read(folder, &run, &error);
  if (!code) code = results_summarise(run, &error);
  if (!code) code = results_write(folder, run, &error);
  if (code)
    command_complain(NULL, error.text);
  else
    code = draw_and_write(folder, run);
  json_decref(run);
  return code ? EXIT_CELL_FAILED : EXIT_DONE;
}
