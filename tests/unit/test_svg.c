// SPDX-License-Identifier: MIT
// Charts that can be pointed at: what gnuplot left in the SVG becomes the values of the rows, escaped, and nothing else
// that acts is left.
#include "harness/report/svg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char data[] =
    "# finding: mmap <wins>\n# question: Who & why?\n# series: engine\n# x_label: batch\n# panel: sync\n"
    "panel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp99_ns\tunit\n"
    "none\t64\t1\tpread\t1\t1000\t900\t1100\t9\tok\t2000\tops/s\n"
    "none\t64\t1\t\"m'm<ap>\t0\t2000\t1900\t2100\t9\tok\t1000\tops/s\n";

static FILE *memory(const char *text) {
  FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
  assert_non_null(file);
  return file;
}

// The annotated SVG; free() it. `expected` is what svg_annotate must return.
static char *annotate(const char *svg, const char *rows, int expected) {
  char *text = NULL;
  size_t length;
  FILE *in = memory(svg), *table = memory(rows), *out = open_memstream(&text, &length);
  assert_non_null(out);
  assert_int_equal(svg_annotate(in, table, out), expected);
  fclose(in);
  fclose(table);
  fclose(out);
  return text;
}

static void must_become(const char *svg, const char *wanted) {
  char *text = annotate(svg, data, 0);
  assert_string_equal(text, wanted);
  free(text);
}

#define HANDLER(mark)                                     \
  "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'" mark \
  "')\" onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>\n"

static void test_marks_become_values(void **state) {
  (void)state;
  must_become("\t" HANDLER("1"),
              "\t<g class=\"value\"><title>pread, batch 64, sync none: 1.00 k ops/s (0.90-1.10)</title>\n");
  must_become(HANDLER("2p99_ns"),
              "<g class=\"value\"><title>&quot;m&#39;m&lt;ap&gt;, batch 64, sync none, p99: 1.00 us</title>\n");
}

static void test_a_mark_of_no_row_is_an_error(void **state) {
  static const char *const wrong[] = {HANDLER("0"), HANDLER("3"), HANDLER("x"), HANDLER("1no_such"), HANDLER("-1")};
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) free(annotate(wrong[i], data, -EINVAL));
}

// The first plot of each series is its place in the legend; series stand in the order of their index.
static void test_plots_name_their_series(void **state) {
  (void)state;
  must_become("<g id=\"gnuplot_plot_1a\" ><title>x</title>\n",
              "<g id=\"gnuplot_plot_1a\" class=\"legend\" data-series=\"&quot;m&#39;m&lt;ap&gt;\">\n");
  must_become("<g id=\"gnuplot_plot_4b\" ><title>gnuplot_plot_4b</title>\n",
              "<g id=\"gnuplot_plot_4b\" class=\"series\" data-series=\"pread\">\n");
}

static void test_texts_of_the_picture(void **state) {
  (void)state;
  must_become("<title>Gnuplot</title>\n<desc>Produced</desc>\n",
              "<title>mmap &lt;wins&gt;</title>\n<desc>Who &amp; why?</desc>\n");
  must_become("<svg \n", "<svg data-axis=\"engine\" \n");
}

static void test_styles_become_attributes(void **state) {
  (void)state;
  must_become("<path style='fill:none; stroke:rgb(1,2,3)' d='M0,0'/>\n",
              "<path fill='none' stroke='rgb(1,2,3)'  d='M0,0'/>\n");
}

static void test_data_that_is_none(void **state) {
  (void)state;
  free(annotate("", "# finding: x\n", -EINVAL));
  free(annotate("", "panel\tx\n1\n", -EINVAL));
}

static void test_ids_are_the_charts_own(void **state) {
  static const char svg[] =
      "<?xml version=\"1.0\"?>\n<svg data-axis=\"engine\" \n>\n<g id=\"a\"><use xlink:href='#gpDot'/>"
      "<path id='b' fill='url(#c)'/></g>\n</svg>\n";
  (void)state;
  char *text = NULL;
  size_t length;
  FILE *in = memory(svg), *out = open_memstream(&text, &length);
  assert_int_equal(svg_inline(in, "one", "say \"it\"", out), 0);
  fclose(in);
  fclose(out);
  assert_string_equal(
      text,
      "<svg role=\"img\" aria-label=\"say &quot;it&quot;\" data-axis=\"engine\" \n>\n"
      "<g id=\"one-a\"><use xlink:href='#one-gpDot'/><path id='one-b' fill='url(#one-c)'/></g>\n</svg>\n");
  free(text);
  in = memory("no picture\n");
  out = open_memstream(&text, &length);
  assert_int_equal(svg_inline(in, "one", "", out), -EIO);
  fclose(in);
  fclose(out);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_marks_become_values),      cmocka_unit_test(test_a_mark_of_no_row_is_an_error),
      cmocka_unit_test(test_plots_name_their_series),  cmocka_unit_test(test_texts_of_the_picture),
      cmocka_unit_test(test_styles_become_attributes), cmocka_unit_test(test_data_that_is_none),
      cmocka_unit_test(test_ids_are_the_charts_own),
  };
  return cmocka_run_group_tests_name("svg", tests, NULL, NULL);
}
