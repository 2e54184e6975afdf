// SPDX-License-Identifier: MIT
// The folder of a run: samples appended as they come, run.json and its kin assembled at the end. docs/results.md has
// the fields. All JSON objects that cross this interface are described there.
#ifndef STOREBENCH_RESULTS_H
#define STOREBENCH_RESULTS_H

#include <jansson.h>

#include "base/error.h"

enum { RESULTS_SCHEMA = 1 };  // grows when a reader of older runs would be misled

struct results;  // a run being written

// Makes the folder (and its parents) `folder`, which must not exist yet, and writes the header line of samples.jsonl.
// `run` is borrowed: the {"run": ...} object. 0 or -errno with a message. *results is the caller's.
int results_create(const char *folder, json_t *run, struct results **results, struct error *error);
// Appends {"cell": id, "sample": sample} and syncs it.
int results_append(struct results *results, const char *cell, json_t *sample, struct error *error);
// Appends {"limit": limit}, a bound as it was measured, and syncs it.
int results_append_limit(struct results *results, json_t *limit, struct error *error);
// Appends {"duel": duel}, as it was fought, and syncs it.
int results_append_duel(struct results *results, json_t *duel, struct error *error);
// Appends {"note": note}, a sentence that joins the run's notes, and syncs it.
int results_append_note(struct results *results, const char *note, struct error *error);
// Appends {"end": end}, the last line of a run that was not killed: finished, complete, bookkeeping. Borrowed.
int results_finish(struct results *results, json_t *end, struct error *error);
void results_close(struct results *results);

// Reads samples.jsonl back into the object that run.json holds (without summaries): a new reference in *run. A last
// line cut short by a stop is dropped, anything else that is damaged is an error naming the line.
int results_read(const char *folder, json_t **run, struct error *error);

// Reads a run from the run.json at `path`, which may be a pipe and is waited for then, or from a folder: its run.json
// or, where there is none, its samples.jsonl; what is no file there is refused.
// What it holds has been looked over (results_run_fault, results_sample_fault). A new reference in *run; NULL and
// -errno with a message that names the file.
int results_load(const char *path, json_t **run, struct error *error);

// What is wrong with the head of a run, or with a sample, so that the file cannot be trusted; NULL: nothing.
#define RESULTS_OTHER_SCHEMA "written by another version of storebench"
const char *results_run_fault(const json_t *run);
const char *results_sample_fault(const json_t *sample);
// Sets the error of such a fault at `where` (a path, or a path and a line). -EINVAL.
int results_damaged(struct error *error, const char *where, const char *fault);

// Sets status and reason of a cell from its samples. 0 or -ENOMEM.
int results_settle_cell(json_t *cell);

// Adds to every cell its summary (medians and intervals), to every experiment its winners and finding, from the
// samples. Changes `run` in place.
int results_summarise(json_t *run, struct error *error);

// Write run.json, gbench.json, samples.csv, data/<experiment>.tsv and latency/<experiment>/<cell>.hgrm from a
// summarised run, each by temporary file and rename. Nothing half-written stands under a final name.
int results_write(const char *folder, const json_t *run, struct error *error);

// Writes data/ alone, what charts are drawn from.
int results_write_data(const char *folder, const json_t *run, struct error *error);

// Draws charts/ from data/*.tsv with gnuplot, then writes report.md and report.html. `run` is summarised. A missing
// gnuplot is an error with the remedy; the reports are then written without charts.
int report_charts(const char *folder, const json_t *run, struct error *error);
int report_pages(const char *folder, const json_t *run, struct error *error);
// report_pages writes both of these.
int report_markdown(const char *folder, const json_t *run, struct error *error);
int report_html(const char *folder, const json_t *run, struct error *error);
// claims.md: the machine and the table of claims, to stand in other pages.
int report_claims(const char *folder, const json_t *run, struct error *error);

#endif
