// SPDX-License-Identifier: MIT
// Pages as one HTML file that needs no other: charts are SVG inside it, as data URLs, since an image runs no script and
// its ids cannot meet those of the next chart.
#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "harness/report/page.h"

static void put_text(FILE *out, const char *text) {
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

static void put_block(FILE *out, const char *before, const char *text, const char *after) {
  fputs(before, out);
  put_text(out, text);
  fputs(after, out);
}

static void begin(FILE *out, const char *title) {
  fputs(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\">\n",
      out);
  put_block(out, "<title>", title, "</title>\n");
  fputs(
      "<style>\n"
      ":root { color-scheme: light dark; }\n"
      "body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }\n"
      "h2 { margin-top: 2.5em; border-top: 1px solid #8888; padding-top: 1em; }\n"
      "img { max-width: 100%; width: 38em; background: #fff; display: block; margin: 1em 0; }\n"
      "table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1em 0; }\n"
      "th, td { text-align: left; vertical-align: top; padding: 0.2em 0.8em 0.2em 0; border-bottom: 1px solid #8886; "
      "}\n"
      "td { font-variant-numeric: tabular-nums; }\n"
      ".note { border-left: 0.3em solid #d55e00; padding-left: 0.8em; }\n"
      "pre { overflow-x: auto; padding: 0.5em; border: 1px solid #8886; }\n"
      "</style>\n</head>\n<body>\n",
      out);
  put_block(out, "<h1>", title, "</h1>\n");
}

static void heading(FILE *out, const char *text) { put_block(out, "<h2>", text, "</h2>\n"); }
static void paragraph(FILE *out, const char *text) { put_block(out, "<p>", text, "</p>\n"); }
static void warning(FILE *out, const char *text) { put_block(out, "<p class=\"note\">", text, "</p>\n"); }
static void item(FILE *out, const char *text) { put_block(out, "<p>&bull; ", text, "</p>\n"); }
static void command(FILE *out, const char *text) { put_block(out, "<pre>", text, "</pre>\n"); }
static void after_rows(FILE *out) { fputs("</table>\n", out); }
static void end(FILE *out) { fputs("</body>\n</html>\n", out); }

static void row(FILE *out, const char *const *cells, size_t count, bool head) {
  fputs(head ? "<table>\n<tr>" : "<tr>", out);
  for (size_t i = 0; i < count; i++) put_block(out, head ? "<th>" : "<td>", cells[i], head ? "</th>" : "</td>");
  fputs("</tr>\n", out);
}

static void put_base64(FILE *out, FILE *in) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned char three[3];
  for (size_t n; (n = fread(three, 1, sizeof three, in)) > 0;) {
    uint32_t bits = (uint32_t)three[0] << 16 | (n > 1 ? (uint32_t)three[1] << 8 : 0) | (n > 2 ? three[2] : 0);
    fputc(digits[bits >> 18], out);
    fputc(digits[bits >> 12 & 63], out);
    fputc(n > 1 ? digits[bits >> 6 & 63] : '=', out);
    fputc(n > 2 ? digits[bits & 63] : '=', out);
  }
}

static int chart(FILE *out, const char *folder, const char *name, const char *alt) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/charts/%s.svg", folder, name) >= (int)sizeof path) return -ENAMETOOLONG;
  FILE *in = fopen(path, "re");
  if (!in) return -errno;
  fputs("<img src=\"data:image/svg+xml;base64,", out);
  put_base64(out, in);
  int code = ferror(in) ? -EIO : 0;
  fclose(in);
  put_block(out, "\" alt=\"", alt, "\">\n");
  return code;
}

const struct page_format html_format = {
    .begin = begin,
    .heading = heading,
    .paragraph = paragraph,
    .warning = warning,
    .item = item,
    .command = command,
    .row = row,
    .after_rows = after_rows,
    .chart = chart,
    .end = end,
};
