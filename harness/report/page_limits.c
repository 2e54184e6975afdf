// SPDX-License-Identifier: MIT
// The bounds of a run as a table.
#include <math.h>
#include <string.h>

#include "harness/limits/limits.h"
#include "harness/report/pages.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

static void row(const struct page *page, const json_t *limit) {
  struct limit_spec spec;
  struct error error;
  char over[128] = "-", value[96], each[32] = "-";
  const char *unit = json_text(limit, "unit"), *reason = json_text(limit, "reason");
  double rate = json_real_or_nan(limit, "value");
  if (limit_spec_from_json(limit, &spec, &error) == 0) limit_describe(&spec, over, sizeof over);
  value_format_interval(rate, json_real_or_nan(limit, "low"), json_real_or_nan(limit, "high"), unit, value,
                        sizeof value);
  if (rate > 0)
    value_format(1e9 / rate * (strcmp(unit, "B/s") == 0 ? json_real_or_nan(limit, "bytes") : 1), "ns", each,
                 sizeof each);
  const char *const cells[] = {json_text(limit, "name"), *over ? over : "-", *reason ? reason : value, each};
  page->format->row(page->out, cells, 4, false);
}

void page_limits(const struct page *page) {
  static const char *const head[] = {"bound", "measured over", "median (95% interval)", "each"};
  const json_t *limits = json_object_get(page->run, "limits"), *limit;
  size_t i;
  if (json_array_size(limits) == 0) return;
  page->format->heading(page->out, "Bounds", NULL);
  page_say(page,
           "What this machine cannot beat, by loops that do nothing else: measured before the cells, and again after "
           "them where a cell was better; the better of both stands here.");
  page->format->row(page->out, head, 4, true);
  json_array_foreach(limits, i, limit) { row(page, limit); }
  page->format->after_rows(page->out);
}
