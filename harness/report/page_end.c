// SPDX-License-Identifier: MIT
// What a report ends with: how its figures came about, and the files that hold them.
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

void page_method(const struct page *page) {
  page->format->heading(page->out, "Method", NULL);
  page_say(
      page,
      "Each sample is a process of its own, one at a time, in an order that lets engines take turns and follows from "
      "the seed. Cache states are brought about and proven before the clock starts; every value is summed inside the "
      "timed loop and read back after it; syncs, the last one too, are inside of the time. Throughput samples take "
      "no time stamps; latencies are of samples of their own. The first repetition does not count.");
  page_say(
      page,
      "A value is the median of the repetitions with its 95%% interval. One store is called faster than another only "
      "where the interval of their ratio excludes 1 and the ratio is beyond what an engine differs from itself. "
      "docs/method.md of storebench says which field of run.json shows that each rule was kept, docs/statistics.md "
      "how differences are judged, docs/results.md what each field means.");
}

void page_files(const struct page *page) {
  static const struct {
    const char *name, *text;
  } files[] = {
      {"samples.jsonl", "all that was measured, a line a sample; `storebench report` makes the rest from it"},
      {"run.json", "the same with summaries, winners and verdicts"},
      {"samples.csv", "a row a sample, for spreadsheets and R"},
      {"gbench.json", "in Google Benchmark's layout, for its compare.py"},
      {"data/", "what each chart was drawn from"},
      {"charts/", "the charts as SVG, PNG and PDF"},
      {"latency/", "latency percentiles of each cell, for HdrHistogram's plotter"},
      {"reproduce.sh", "runs all of it again"},
  };
  page->format->heading(page->out, "Raw data", NULL);
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", page->folder, files[i].name) >= (int)sizeof path) continue;
    if (access(path, F_OK) == 0) page->format->file(page->out, files[i].name, files[i].text);
  }
}
