// SPDX-License-Identifier: MIT
// The data file of a chart.
#include "harness/report/tsv.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int read_text(FILE *in, char **text) {
  size_t room = 0;
  errno = 0;
  ssize_t length = getdelim(text, &room, '\0', in);
  if (length < 0) return ferror(in) ? -EIO : errno ? -errno : -EINVAL;
  return 0;
}

static int add(char ***array, size_t *count, char *element) {
  char **grown = reallocarray(*array, *count + 1, sizeof *grown);
  if (!grown) return -ENOMEM;
  grown[(*count)++] = element;
  *array = grown;
  return 0;
}

static int add_key(struct tsv *tsv, char *line) {
  char *colon = strstr(line, ": ");
  size_t values = tsv->key_count;
  if (colon) *colon = '\0';
  int code = add(&tsv->values, &values, colon ? colon + 2 : line + strlen(line));
  return code ? code : add(&tsv->keys, &tsv->key_count, line + 2);
}

static int add_row(struct tsv *tsv, char *line) {
  bool head = tsv->column_count == 0;
  size_t count = 0, fields = tsv->row_count * tsv->column_count;
  int code = 0;
  for (char *field; !code && (field = strsep(&line, "\t")); count++)
    code = head ? add(&tsv->columns, &tsv->column_count, field) : add(&tsv->fields, &fields, field);
  if (!code && !head && count != tsv->column_count) code = -EINVAL;
  if (!code && !head) tsv->row_count++;
  return code;
}

// The name whose index is the least above `below`; sets *index to it. NULL: there is none.
static const char *next_series(const struct tsv *tsv, double below, double *index) {
  const char *name = NULL;
  for (size_t i = 0; i < tsv->row_count; i++) {
    double own = tsv_number(tsv, i, "series_index");
    if (!(own > below) || (name && own >= *index)) continue;
    name = tsv_field(tsv, i, "series");
    *index = own;
  }
  return name;
}

static int order_series(struct tsv *tsv) {
  double index = -INFINITY;
  tsv->series = calloc(tsv->row_count + 1, sizeof *tsv->series);
  if (!tsv->series) return -ENOMEM;
  for (const char *name; (name = next_series(tsv, index, &index));) tsv->series[tsv->series_count++] = name;
  return 0;
}

int tsv_read(FILE *in, struct tsv *tsv) {
  *tsv = (struct tsv){0};
  int code = read_text(in, &tsv->text);
  char *rest = tsv->text;
  for (char *line; !code && (line = strsep(&rest, "\n"));) {
    if (!*line) continue;
    code = strncmp(line, "# ", 2) == 0 && !tsv->column_count ? add_key(tsv, line) : add_row(tsv, line);
  }
  if (!code && !tsv->row_count) code = -EINVAL;
  return code ? code : order_series(tsv);
}

void tsv_free(struct tsv *tsv) {
  free(tsv->series);
  free(tsv->fields);
  free(tsv->columns);
  free(tsv->keys);
  free(tsv->values);
  free(tsv->text);
  *tsv = (struct tsv){0};
}

const char *tsv_key(const struct tsv *tsv, const char *key) {
  for (size_t i = 0; i < tsv->key_count; i++)
    if (strcmp(tsv->keys[i], key) == 0) return tsv->values[i];
  return "";
}

static size_t column_of(const struct tsv *tsv, const char *column) {
  for (size_t i = 0; i < tsv->column_count; i++)
    if (strcmp(tsv->columns[i], column) == 0) return i;
  return SIZE_MAX;
}

bool tsv_has(const struct tsv *tsv, const char *column) { return column_of(tsv, column) != SIZE_MAX; }

const char *tsv_field(const struct tsv *tsv, size_t row, const char *column) {
  size_t at = column_of(tsv, column);
  return row < tsv->row_count && at != SIZE_MAX ? tsv->fields[row * tsv->column_count + at] : "";
}

double tsv_number(const struct tsv *tsv, size_t row, const char *column) {
  const char *text = tsv_field(tsv, row, column);
  char *end;
  double value = strtod(text, &end);
  return end == text || *end ? NAN : value;
}
