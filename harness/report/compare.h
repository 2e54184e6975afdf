// SPDX-License-Identifier: MIT
// What `compare --out` leaves behind: a chart an experiment, and a page that begins with what is worse.
#ifndef STOREBENCH_REPORT_COMPARE_H
#define STOREBENCH_REPORT_COMPARE_H

#include "base/error.h"
#include "harness/compare_merge.h"

// Makes the folder, which must not be there yet, and in it data/, charts/, compare.html and compare.md. Without gnuplot
// the pages come without charts, say so, and *drawn has the message; it is empty when all was drawn. 0 or -errno with a
// message.
int compare_report(const char *folder, const struct compared_runs *all, struct error *drawn, struct error *error);

// The pages alone: writes FOLDER/compare.html and compare.md. `merged` is of compare_merge; `missing` says why charts
// are missing, or is empty. 0 or -errno with a message.
int compare_pages(const char *folder, const struct compared_runs *all, const json_t *merged, const char *missing,
                  struct error *error);

// The chart of all cells that were compared, in charts/ and data/ by this name: each one's ratio to the first run with
// its interval, turned so that right is better. Writes and draws it. 0 or -errno with a message; *drawn has one where
// it was written and could not be drawn.
#define COMPARE_RATIOS "all-ratios"
int compare_ratios(const char *folder, const struct compared_runs *all, const json_t *merged, struct error *drawn,
                   struct error *error);

#endif
