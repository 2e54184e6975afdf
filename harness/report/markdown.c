// SPDX-License-Identifier: MIT
// Pages as Markdown (GitHub's, for its tables).
#include <string.h>

#include "harness/report/page.h"

// A backslash makes any of these stand for itself. A text is one line: a new one could begin a heading or a list.
static void put_text(FILE *out, const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) {
      fputc(' ', out);
      continue;
    }
    if (strchr("\\`*_{}[]<>#|~!&$@", *text)) fputc('\\', out);
    fputc(*text, out);
  }
}

static void put_block(FILE *out, const char *before, const char *text) {
  fputs(before, out);
  put_text(out, text);
  fputs("\n\n", out);
}

static void begin(FILE *out, const char *title) { put_block(out, "# ", title); }

static int logo(FILE *out, const char *folder, const char *name) {
  (void)folder;
  fprintf(out, "![](%s)\n\n", name);
  return 0;
}

static void first_screen(FILE *out, bool begins) { (void)out, (void)begins; }

static void heading(FILE *out, const char *text, const char *name) {
  if (name) {
    fputs("<a id=\"", out);
    page_link(out, name);
    fputs("\"></a>\n\n", out);
  }
  put_block(out, "## ", text);
}

static void headline(FILE *out, const char *text) {
  fputs("**", out);
  put_text(out, text);
  fputs("**\n\n", out);
}

// A number and a point, or a sign, at the head of a line would begin a list: a space of no width stands before them.
static void paragraph(FILE *out, const char *text) {
  put_block(out, strchr("0123456789+-=", *text) && *text ? "\xe2\x80\x8b" : "", text);
}

static void warning(FILE *out, const char *text) { put_block(out, "> **Note:** ", text); }

static void item(FILE *out, const char *text) { put_block(out, "- ", text); }

static void file(FILE *out, const char *name, const char *text) {
  fprintf(out, "- [%s](%s): ", name, name);
  put_block(out, "", text);
}

static void blank_line(FILE *out) { fputc('\n', out); }

static void command(FILE *out, const char *text) {
  fputs("    ", out);
  for (; *text; text++) fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
  fputs("\n\n", out);
}

static void row(FILE *out, const char *const *cells, size_t count, bool head) {
  for (size_t i = 0; i < count; i++) {
    fputs("| ", out);
    put_text(out, cells[i]);
    fputc(' ', out);
  }
  fputs("|\n", out);
  if (!head) return;
  for (size_t i = 0; i < count; i++) fputs("| --- ", out);
  fputs("|\n", out);
}

static void linked_row(FILE *out, const char *const *cells, size_t count, const char *name) {
  fputs("| [", out);
  put_text(out, cells[0]);
  fputs("](#", out);
  page_link(out, name);
  fputs(") ", out);
  row(out, cells + 1, count - 1, false);
}

static int chart(FILE *out, const char *folder, const char *name, const char *alt) {
  (void)folder;
  fputs("![", out);
  put_text(out, alt);
  fputs("](charts/", out);
  page_link(out, name);
  fputs(".png)\n\n", out);
  return 0;
}

static void end(FILE *out) { (void)out; }

const struct page_format markdown_format = {
    .begin = begin,
    .logo = logo,
    .first_screen = first_screen,
    .heading = heading,
    .headline = headline,
    .paragraph = paragraph,
    .warning = warning,
    .item = item,
    .file = file,
    .command = command,
    .row = row,
    .linked_row = linked_row,
    .after_rows = blank_line,
    .chart = chart,
    .end = end,
};
