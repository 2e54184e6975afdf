// SPDX-License-Identifier: MIT
// Running gnuplot: one process a chart, without a shell.
#ifndef STOREBENCH_REPORT_GNUPLOT_H
#define STOREBENCH_REPORT_GNUPLOT_H

#include "base/error.h"

enum { GNUPLOT_SECONDS = 60 };  // after which a gnuplot is killed

// Draws FOLDER/data/NAME.tsv with plots/SHAPE.gp as FOLDER/charts/CHART.{svg,png,pdf}. Waits for it. Fails unless
// gnuplot exits 0 and writes nothing on standard error, since a file it cannot read is a mere warning to it. 0, -ENOENT
// (no gnuplot; the message says how to get it), -ETIMEDOUT, -EINVAL (gnuplot refused), or another -errno.
int gnuplot_draw(const char *folder, const char *shape, const char *name, const char *chart, struct error *error);

#endif
