// SPDX-License-Identifier: MIT
// run.json: the whole run (docs/results.md, results/schema.json).
#include <errno.h>

#include "harness/results_file.h"

int results_run_json(FILE *out, const void *run) {
  if (json_dumpf(run, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12))) return ferror(out) ? -EIO : -ENOMEM;
  return fputc('\n', out) == EOF ? -EIO : 0;
}
