// SPDX-License-Identifier: MIT
// A page as headings, paragraphs, tables and charts, written as Markdown or as HTML. Whoever writes the content knows
// neither; whoever writes a format escapes every text it is given.
#ifndef STOREBENCH_REPORT_PAGE_H
#define STOREBENCH_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct page_format {
  void (*begin)(FILE *out, const char *title);  // the title is the first heading, too
  // The picture FOLDER/NAME, of the reader's own. 0 or -errno.
  int (*logo)(FILE *out, const char *folder, const char *name);
  // Before and after what a reader must see at once, without a scroll: made as small as can still be read.
  void (*first_screen)(FILE *out, bool begins);
  void (*heading)(FILE *out, const char *text, const char *name);  // name: what links lead to, or NULL
  void (*headline)(FILE *out, const char *text);                   // what a section found, below its heading
  void (*paragraph)(FILE *out, const char *text);
  void (*warning)(FILE *out, const char *text);
  void (*item)(FILE *out, const char *text);  // of a list
  // A file of the folder that the page is in, and what it holds.
  void (*file)(FILE *out, const char *name, const char *text);
  void (*command)(FILE *out, const char *text);                               // one line to type
  void (*row)(FILE *out, const char *const *cells, size_t count, bool head);  // a head row begins a table
  // A row whose first cell leads to the heading of that name.
  void (*linked_row)(FILE *out, const char *const *cells, size_t count, const char *name);
  void (*after_rows)(FILE *out);  // after the last row of a table
  // The chart FOLDER/charts/NAME.*; `alt` says what it shows. 0 or -errno.
  int (*chart)(FILE *out, const char *folder, const char *name, const char *alt);
  void (*end)(FILE *out);
};

extern const struct page_format markdown_format, html_format;

// Writes a file name as part of a relative link: bytes that mean something in a URL as %XX.
void page_link(FILE *out, const char *name);

#endif
