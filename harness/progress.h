// SPDX-License-Identifier: MIT
// How far a run is: a bar with the time left on a terminal, else one line an experiment. On standard error.
#ifndef STOREBENCH_PROGRESS_H
#define STOREBENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
  bool terminal, colour;
  uint64_t start, shown;  // clock_ns
  double total, done;     // seconds of the plan's estimate
};

// `total`: seconds that the whole is expected to take.
void progress_start(struct progress *progress, double total);
// `seconds` more of that estimate are done; `text` says what comes next. Draws a few times a second.
void progress_step(struct progress *progress, double seconds, const char *text);
// A line that stays, on a terminal too.
void progress_line(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Takes the bar away.
void progress_end(struct progress *progress);

#endif
