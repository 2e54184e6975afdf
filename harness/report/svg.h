// SPDX-License-Identifier: MIT
// Charts as SVG that people can point at: gnuplot's output with the values behind its marks.
#ifndef STOREBENCH_REPORT_SVG_H
#define STOREBENCH_REPORT_SVG_H

#include <stdio.h>

// Copies the SVG that gnuplot wrote from `in` to `out`, and writes into it what the rows of the data file `data` say:
// each place that a plot script marked (docs/charts.md) gets the row's value as its title, which browsers show on
// hover; each series' marks get class and name, so that a page can hide them; the picture gets the finding as its title
// and the question as its description. No script, no handler and no style is left in it. 0, -ENOMEM, -EIO, or -EINVAL
// where a mark names no row.
int svg_annotate(FILE *in, FILE *data, FILE *out);

// Copies an annotated SVG into a page: without its XML head, its ids made unlike those of other charts by `prefix`
// (letters, digits and '-'), and `alt` as its label. 0, -ENOMEM or -EIO.
int svg_inline(FILE *in, const char *prefix, const char *alt, FILE *out);

// Writes text as it may stand in XML, also within quotes. Control characters become spaces.
void svg_text(FILE *out, const char *text);

#endif
