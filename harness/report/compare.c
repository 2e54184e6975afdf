// SPDX-License-Identifier: MIT
// The folder of a comparison.
#include "harness/report/compare.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/results.h"
#include "harness/results_file.h"

static int make_folder(const char *folder, struct error *error) {
  int code = results_make_parents(folder);
  if (!code && mkdir(folder, 0777)) code = -errno;
  if (!code) return 0;
  if (code == -EEXIST) return error_set(error, code, "%s: is there already; choose a new folder with --out", folder);
  return error_set(error, code, "%s: cannot be made: %s; choose another folder with --out", folder, strerror(-code));
}

int compare_report(const char *folder, const struct compared_runs *all, struct error *drawn, struct error *error) {
  struct error ignored = {0};  // the first of them that could not be drawn is told
  int code = make_folder(folder, error);
  if (code) return code;
  json_t *merged = compare_merge(all);
  if (!merged) return error_set(error, -ENOMEM, "%s: memory is short; compare fewer runs", folder);
  code = results_write_data(folder, merged, error);
  if (!code) {
    (void)report_charts(folder, merged, drawn);
    code = compare_ratios(folder, all, merged, drawn->code ? &ignored : drawn, error);
  }
  if (!code) code = compare_pages(folder, all, merged, drawn->text, error);
  json_decref(merged);
  return code;
}
