// SPDX-License-Identifier: MIT
// The data file of a chart, as results_tsv.c writes it and plots/parts/data.gp reads it.
#ifndef STOREBENCH_REPORT_TSV_H
#define STOREBENCH_REPORT_TSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct tsv {
  char *text;  // what all pointers below point into
  size_t key_count, column_count, row_count, series_count;
  char **keys, **values;  // the "# key: value" lines
  char **columns;         // names
  char **fields;          // row by row
  const char **series;    // names, in the order of their series_index
};

// 0, -ENOMEM, -EIO, or -EINVAL where there is no row, or one has another number of fields than the head. Free with
// tsv_free, also after an error.
int tsv_read(FILE *in, struct tsv *tsv);
void tsv_free(struct tsv *tsv);

// The value of a key, a field of a row (from 0 on), and that as a number: "" and NAN for what is not there.
const char *tsv_key(const struct tsv *tsv, const char *key);
const char *tsv_field(const struct tsv *tsv, size_t row, const char *column);
double tsv_number(const struct tsv *tsv, size_t row, const char *column);
bool tsv_has(const struct tsv *tsv, const char *column);

#endif
