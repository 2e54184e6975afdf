// SPDX-License-Identifier: MIT
// The parts of a report, each written to a page of either format.
#ifndef STOREBENCH_REPORT_PAGES_H
#define STOREBENCH_REPORT_PAGES_H

#include <jansson.h>
#include <stdio.h>

#include "harness/report/page.h"

struct page {
  FILE *out;
  const struct page_format *format;
  const char *folder;  // of the run
  const json_t *run;   // summarised
};

// What a reader must know before any number: a stopped run, no durability, few repetitions, failures. 0 or -errno.
int page_warnings(const struct page *page);
// The claims that the run tests: how many came out how, and one table; how that is told; and the claim of one
// experiment, with its points.
void page_claims(const struct page *page);
void page_claims_rule(const struct page *page);
void page_claim(const struct page *page, const json_t *experiment);
// One experiment: question, claim, charts, medians, durability, settings, what is missing, how to repeat. 0 or -errno.
int page_experiment(const struct page *page, const json_t *experiment);
// Its tables: medians with their intervals, and which call keeps each durability promise.
void page_medians(const struct page *page, const json_t *experiment);
// Cells with samples that others disturbed.
void page_flagged(const struct page *page, const json_t *experiment);
// What an operation costs beside time: CPU, system calls, syncs, device bytes.
void page_counters(const struct page *page, const json_t *experiment);
void page_durability(const struct page *page, const json_t *experiment);
// Where stores that others wrote were measured: what each gives that ours do not, and how it reads and writes.
void page_peers(const struct page *page, const json_t *experiment);
// There too: what the files of each took on the disk when they were loaded, and after the compaction that followed.
void page_space(const struct page *page, const json_t *experiment);
// What the kernel and libraries made of the engines' options, as the samples found it.
void page_effective(const struct page *page, const json_t *experiment);
// What must be known of the latencies: which operations were timed in batches; of open loops, which rates were kept up.
void page_latency(const struct page *page, const json_t *experiment);
// For who does not see the chart of percentiles: what it is of, and between which cells they lie. `room` bytes at
// `text`.
void page_latency_alt(const struct page *page, const json_t *experiment, char *text, size_t room);
// Of a timeline: which cells kept their rate.
void page_steady(const struct page *page, const json_t *experiment);
// The bounds, if the run has any.
void page_limits(const struct page *page);
// How the figures came about, and links to the files that hold them.
void page_method(const struct page *page);
void page_files(const struct page *page);
// Every field of the environment.
void page_environment(const struct page *page);

// The i-th cell of `experiment` from *position (start at 0) on, or NULL.
const json_t *page_next_cell(const json_t *run, const json_t *experiment, size_t *position);

// A paragraph, printf manner; cut at 2 KiB.
void page_say(const struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
