// SPDX-License-Identifier: MIT
// Pages as one HTML file that needs no other: charts are SVG inside it, whose values show on hover and whose series can
// be hidden.
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "harness/report/page.h"
#include "harness/report/svg.h"
#include "page_assets.h"

static void put_block(FILE *out, const char *before, const char *text, const char *after) {
  fputs(before, out);
  svg_text(out, text);
  fputs(after, out);
}

// The page asks for nothing: its style and its script stand in it, and are all that may act, by their hashes.
static void begin(FILE *out, const char *title) {
  fputs(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      out);
  fprintf(out,
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src '%s'; "
          "script-src '%s'; base-uri 'none'; form-action 'none'\">\n",
          page_css_hash, page_js_hash);
  put_block(out, "<title>", title, "</title>\n");
  fprintf(out, "<style>%s</style>\n</head>\n<body>\n", page_css);
  put_block(out, "<h1>", title, "</h1>\n");
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

// As an image, in which no script runs.
static int logo(FILE *out, const char *folder, const char *name) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return -ENAMETOOLONG;
  FILE *in;
  int code = input_stream(path, &in);
  if (code) return code;
  bool svg = strstr(name, ".svg") != NULL;
  fprintf(out, "<img class=\"logo\" alt=\"\" src=\"data:image/%s;base64,", svg ? "svg+xml" : "png");
  put_base64(out, in);
  fputs("\">\n", out);
  code = ferror(in) ? -EIO : 0;
  fclose(in);
  return code;
}

// "What was found" -> what-was-found, for links to the heading.
static void put_slug(FILE *out, const char *text) {
  bool dash = false;
  for (; *text; text++) {
    bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');
    if (plain && dash) fputc('-', out);
    if (plain) fputc(*text | 0x20, out);  // digits have that bit set
    dash = !plain;
  }
}

static void first_screen(FILE *out, bool begins) {
  fputs(begins ? "<section class=\"first\" aria-label=\"summary\">\n" : "</section>\n", out);
}

static void heading(FILE *out, const char *text, const char *name) {
  fputs("<h2 id=\"", out);
  if (name)
    page_link(out, name);
  else
    put_slug(out, text);
  put_block(out, "\">", text, "</h2>\n");
}

static void headline(FILE *out, const char *text) { put_block(out, "<p class=\"headline\">", text, "</p>\n"); }
static void paragraph(FILE *out, const char *text) { put_block(out, "<p>", text, "</p>\n"); }
static void warning(FILE *out, const char *text) { put_block(out, "<p class=\"note\">", text, "</p>\n"); }
static void item(FILE *out, const char *text) { put_block(out, "<p>&bull; ", text, "</p>\n"); }

static void file(FILE *out, const char *name, const char *text) {
  fprintf(out, "<p>&bull; <a href=\"%s\">%s</a>: ", name, name);
  put_block(out, "", text, "</p>\n");
}

static void command(FILE *out, const char *text) { put_block(out, "<pre>", text, "</pre>\n"); }
static void after_rows(FILE *out) { fputs("</tbody></table></div>\n", out); }

// The script stands last: by then the page is there.
static void end(FILE *out) { fprintf(out, "<script>%s</script>\n</body>\n</html>\n", page_js); }

static void row(FILE *out, const char *const *cells, size_t count, bool head) {
  fputs(head ? "<div class=\"table\"><table>\n<thead><tr>" : "<tr>", out);
  for (size_t i = 0; i < count; i++)
    put_block(out, head ? "<th scope=\"col\">" : "<td>", cells[i], head ? "</th>" : "</td>");
  fputs(head ? "</tr></thead>\n<tbody>\n" : "</tr>\n", out);
}

static void linked_row(FILE *out, const char *const *cells, size_t count, const char *name) {
  // In blocks of their own, which the first screen cuts to two lines: what they say stands behind the link as well.
  fputs("<tr><td><div><a href=\"#", out);
  page_link(out, name);
  put_block(out, "\">", cells[0], "</a></div></td>");
  for (size_t i = 1; i < count; i++) put_block(out, "<td><div>", cells[i], "</div></td>");
  fputs("</tr>\n", out);
}

static int chart(FILE *out, const char *folder, const char *name, const char *alt) {
  char path[PATH_MAX], *prefix = NULL;
  size_t length;
  if (snprintf(path, sizeof path, "%s/charts/%s.svg", folder, name) >= (int)sizeof path) return -ENAMETOOLONG;
  FILE *in;
  int code = input_stream(path, &in);
  if (code) return code;
  FILE *slug = open_memstream(&prefix, &length);
  code = slug ? 0 : -ENOMEM;
  if (slug) {
    put_slug(slug, name);
    if (fclose(slug)) code = -ENOMEM;
  }
  if (!code) {
    fputs("<figure>\n", out);
    code = svg_inline(in, prefix, alt, out);
    fputs("</figure>\n", out);
  }
  free(prefix);
  fclose(in);
  return code;
}

const struct page_format html_format = {
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
    .after_rows = after_rows,
    .chart = chart,
    .end = end,
};
