// SPDX-License-Identifier: MIT
// Charts as SVG that people can point at. gnuplot's own way of showing values is a script with the texts in its
// handlers; the scripts in plots/ put row numbers there instead, which are replaced here.
#include "harness/report/svg.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/tsv.h"
#include "harness/report/values.h"

void svg_text(FILE *out, const char *text) {
  for (; *text; text++) {
    switch (*text) {
      case '&':
        fputs("&amp;", out);
        break;
      case '<':
        fputs("&lt;", out);
        break;
      case '>':
        fputs("&gt;", out);
        break;
      case '"':
        fputs("&quot;", out);
        break;
      case '\'':
        fputs("&#39;", out);
        break;
      default:
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, out);
    }
  }
}

static const char handler[] = "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'";
static const char handler_end[] = "')\" onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>";
static const char series_head[] = "<g id=\"gnuplot_plot_";

// "none (sync)": a place on an axis, or nothing where the chart has no such axis.
static void put_place(FILE *out, const struct tsv *data, size_t row, const char *column, const char *label) {
  const char *value = tsv_field(data, row, column), *name = tsv_key(data, label);
  if (!*value || strcmp(value, "-") == 0) return;
  fputs(", ", out);
  if (*name && strcmp(name, "-") != 0) {
    svg_text(out, name);
    fputc(' ', out);
  }
  svg_text(out, value);
}

static void put_value(FILE *out, const struct tsv *data, size_t row, const char *column) {
  char text[96];
  if (*column)
    value_format(tsv_number(data, row, column), "ns", text, sizeof text);
  else
    value_format_interval(tsv_number(data, row, "y"), tsv_number(data, row, "low"), tsv_number(data, row, "high"),
                          tsv_field(data, row, "unit"), text, sizeof text);
  fputs(": ", out);
  svg_text(out, text);
}

// "p99_ns" is the 99th percentile.
static void put_percentile(FILE *out, const char *column) {
  char name[16];
  if (!*column) return;
  snprintf(name, sizeof name, "%.*s", (int)strcspn(column, "_"), column);
  fprintf(out, ", %s", strcmp(name, "p999") == 0 ? "p99.9" : name);
}

// A mark: the number of a row, counted from 1, and the name of a percentile's column where it is not the value itself.
static int put_mark(FILE *out, const struct tsv *data, const char *mark) {
  char *end;
  unsigned long row = strtoul(mark, &end, 10);
  char column[32] = "";
  size_t length = strcspn(end, "'");
  if (end == mark || row < 1 || row > data->row_count || length >= sizeof column) return -EINVAL;
  memcpy(column, end, length);
  if (*column && !tsv_has(data, column)) return -EINVAL;
  fputs("<g class=\"value\"><title>", out);
  svg_text(out, tsv_field(data, row - 1, "series"));
  put_place(out, data, row - 1, "x", "x_label");
  put_place(out, data, row - 1, "panel", "panel");
  put_percentile(out, column);
  put_value(out, data, row - 1, column);
  fputs("</title>", out);
  return 0;
}

// Plots come series by series, a multiple of their number in each panel, and the first of each is its place in the
// legend: docs/charts.md asks this of every script.
static void put_series(FILE *out, const struct tsv *data, const char *id, const char *rest) {
  unsigned long number = strtoul(id, NULL, 10);
  const char *name = data->series_count ? data->series[(number - 1) % data->series_count] : "";
  const char *title_end = strstr(rest, "</title>");
  fprintf(out, "%s%.*s\" class=\"%s\" data-series=\"", series_head, (int)strcspn(id, "\""), id,
          number <= data->series_count ? "legend" : "series");
  svg_text(out, name);
  fputs("\">", out);
  fputs(title_end ? title_end + strlen("</title>") : "\n", out);
}

// "style='fill:none; stroke:red'" as attributes: a page whose policy lets no style in but its own shows them, too.
static void put_unstyled(FILE *out, const char *line) {
  static const char style[] = "style='";
  for (const char *found; (found = strstr(line, style));) {
    const char *part = found + strlen(style), *end = strchr(part, '\'');
    if (!end) break;
    fprintf(out, "%.*s", (int)(found - line), line);
    while (part < end) {
      size_t name = strcspn(part, ":"), whole = strcspn(part, ";'");
      if (name < whole) fprintf(out, "%.*s='%.*s' ", (int)name, part, (int)(whole - name - 1), part + name + 1);
      part += whole;
      part += strspn(part, "; ");
    }
    line = end + 1;
  }
  fputs(line, out);
}

// gnuplot hands on "sans-serif:Bold" as the name of a family. There is none, so that viewers take one of their own.
static void put_text(FILE *out, const char *line) {
  static const char bold[] = ":Bold\"";
  const char *found = strstr(line, bold);
  if (found) fprintf(out, "%.*s\" font-weight=\"bold\"", (int)(found - line), line);
  put_unstyled(out, found ? found + strlen(bold) : line);
}

static int put_line(FILE *out, const struct tsv *data, const char *line) {
  const char *found;
  if ((found = strstr(line, handler))) {
    const char *mark = found + strlen(handler), *end = strstr(mark, handler_end);
    if (!end) return -EINVAL;
    fprintf(out, "%.*s", (int)(found - line), line);
    int code = put_mark(out, data, mark);
    fputs(end + strlen(handler_end), out);
    return code;
  }
  if (strncmp(line, "<svg", 4) == 0) {
    fputs("<svg data-axis=\"", out);
    svg_text(out, tsv_key(data, "series"));
    fprintf(out, "\"%s", line + 4);
  } else if ((found = strstr(line, series_head))) {
    fprintf(out, "%.*s", (int)(found - line), line);
    put_series(out, data, found + strlen(series_head), found);
  } else if (strncmp(line, "<title>", 7) == 0) {
    fputs("<title>", out);
    svg_text(out, tsv_key(data, "finding"));
    fputs("</title>\n", out);
  } else if (strncmp(line, "<desc>", 6) == 0) {
    fputs("<desc>", out);
    svg_text(out, tsv_key(data, "question"));
    fputs("</desc>\n", out);
  } else {
    put_text(out, line);
  }
  return 0;
}

int svg_annotate(FILE *in, FILE *data_file, FILE *out) {
  struct tsv data;
  char *line = NULL;
  size_t room = 0;
  int code = tsv_read(data_file, &data);
  while (!code && getline(&line, &room, in) > 0) code = put_line(out, &data, line);
  if (!code && (ferror(in) || ferror(out))) code = -EIO;
  free(line);
  tsv_free(&data);
  return code;
}

// Writes the line with every id and every use of one prefixed.
static void put_prefixed(FILE *out, const char *line, const char *prefix) {
  static const char *const heads[] = {"id=\"", "id='", "href='#", "href=\"#", "url(#"};
  while (*line) {
    const char *next = NULL, *head = NULL;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
      const char *found = strstr(line, heads[i]);
      if (found && (!next || found < next)) next = found, head = heads[i];
    }
    if (!next) break;
    fprintf(out, "%.*s%s%s-", (int)(next - line), line, head, prefix);
    line = next + strlen(head);
  }
  fputs(line, out);
}

int svg_inline(FILE *in, const char *prefix, const char *alt, FILE *out) {
  char *line = NULL;
  size_t room = 0;
  bool begun = false;
  while (getline(&line, &room, in) > 0) {
    if (!begun && strncmp(line, "<svg", 4) != 0) continue;  // what XML needs and HTML refuses
    if (!begun) {
      fputs("<svg role=\"img\" aria-label=\"", out);
      svg_text(out, alt);
      fputc('"', out);
      fputs(line + 4, out);
      begun = true;
    } else {
      put_prefixed(out, line, prefix);
    }
  }
  int code = ferror(in) || ferror(out) || !begun ? -EIO : 0;
  free(line);
  return code;
}
