// SPDX-License-Identifier: MIT
// Whole files, written under another name and renamed, and the writers of each file of a run.
#ifndef STOREBENCH_RESULTS_FILE_H
#define STOREBENCH_RESULTS_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct limit_spec;

// Writes the content for `user` to `out`. 0 or -errno; errors of the stream itself need not be looked at.
typedef int (*content_fn)(FILE *out, const void *user);

// Makes or replaces FOLDER/NAME: a temporary file beside it, synced and renamed. 0 or -errno with a message.
int results_file_write(const char *folder, const char *name, content_fn content, const void *user, struct error *error);

// Contents, each for a summarised run.
int results_run_json(FILE *out, const void *run);
int results_gbench_json(FILE *out, const void *run);
int results_csv(FILE *out, const void *run);
int results_reproduce(FILE *out, const void *run);

struct results_tsv {
  const json_t *run;
  const json_t *experiment;  // one of the run's
};
int results_tsv(FILE *out, const void *results_tsv);
// Of a chart's data: a text that stays on its line and in its column, whatever a file or a host put into it; a line
// "# key: text"; and a tab and a number, "nan" for what is none.
void results_put_text(FILE *out, const char *text);
void results_put_comment(FILE *out, const char *key, const char *text);
void results_put_number(FILE *out, double number);
int results_timeline_tsv(FILE *out, const void *results_tsv);
// Its lines about bounds. A cell that has an array `bounds` of its own brings them along. 0 or -errno.
int results_put_bounds(FILE *out, const json_t *run, const json_t *experiment);
// A bound of the run (`limits`), NULL if it was not measured. The run's.
const json_t *results_limit_of(const json_t *run, const struct limit_spec *spec);
// The bounds that apply to a measured cell of a chart, as such an array: label (with `before` in front of it), value in
// the chart's metric, ns (of one operation), reason (why it was not measured, else null). The caller's; NULL: memory.
json_t *results_bounds_of(const json_t *run, const json_t *chart, const json_t *cell, const char *before);

// latency/<experiment>/<cell>.hgrm: the percentiles of each cell's operations over all its counted samples, as
// HdrHistogram's plotter reads them; for mixes also <cell>.<operation>.hgrm. 0 or -errno with a message.
int results_hgrm_write(const char *folder, const json_t *run, struct error *error);

// The cells of an experiment whose operations were timed in batches, as "CELL (batch of 64), ..."; "" if there are
// none. Returns the clock's cost there, in ns, NAN if there are none.
double results_batches(const json_t *run, const char *experiment, char *text, size_t room);

// How the operations of all cells of an experiment went in, where that makes their latencies longer than the rate
// tells: many by one call, or into a queue. "" if one went in at a time, or if cells differ, which a chart shows.
// `room` bytes at `text`.
void results_calls(const json_t *run, const char *experiment, char *text, size_t room);

// Makes every folder above the last component of `path` that is not there. 0 or -errno.
int results_make_parents(const char *path);

// Members of JSON objects: "" or 0 where there is none of that type.
const char *json_text(const json_t *object, const char *key);
// Whether a cell only measures the peak that other cells are at a share of.
bool json_is_peak(const json_t *cell);
// Whether it is of a store, not of what only stands beside stores: null, which prices the harness, and contenders.
bool json_is_store(const json_t *cell);
// A cell's status, or "saturated": it ran, but its latencies grew for as long as it did.
const char *json_shown_status(const json_t *cell);
double json_real_or_nan(const json_t *object, const char *key);

#endif
