// SPDX-License-Identifier: MIT
// How far a run is, on standard error.
#include "harness/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/colour.h"

enum { BAR = 24, TEXT = 40 };
static const uint64_t redraw_ns = 200000000;
static const double settled = 0.05;  // share of the work after which its own pace is believed

void progress_start(struct progress *progress, double total) {
  const char *terminal = getenv("TERM");
  *progress = (struct progress){.total = total, .start = clock_ns()};
  progress->terminal = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
  progress->colour = colour_wanted(stderr);
}

// The estimate corrected by the pace so far.
static double seconds_left(const struct progress *progress) {
  double spent = (double)(clock_ns() - progress->start) / 1e9, left = progress->total - progress->done;
  if (progress->done > settled * progress->total) left *= spent / progress->done;
  return fmax(0, left);
}

void progress_step(struct progress *progress, double seconds, const char *text) {
  uint64_t now = clock_ns();
  progress->done = fmin(progress->done + seconds, progress->total);
  if (!progress->terminal || now - progress->shown < redraw_ns) return;
  progress->shown = now;
  double share = progress->total > 0 ? progress->done / progress->total : 1, left = seconds_left(progress);
  int full = (int)(share * BAR);
  fprintf(stderr, "\r[%s", progress->colour ? "\033[32m" : "");
  for (int i = 0; i < BAR; i++) fputc(i < full ? '#' : '.', stderr);
  fprintf(stderr, "%s] %3.0f%%  %d:%02d left  %-*.*s", progress->colour ? "\033[0m" : "", share * 100, (int)left / 60,
          (int)left % 60, TEXT, TEXT, text);
  fflush(stderr);
}

static void clear(struct progress *progress) {
  if (progress->terminal && progress->shown) fputs("\r\033[K", stderr);
}

void progress_line(struct progress *progress, const char *format, ...) {
  va_list arguments;
  clear(progress);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}

void progress_end(struct progress *progress) { clear(progress); }
