// SPDX-License-Identifier: MIT
// Counts by the cores of a machine: in lists, in ranges, held, and in comparisons.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/processors.h"
#include "workloads/experiment.h"

static int parse(const char *held, const char *threads, const char *tail, unsigned cores,
                 struct experiment **experiment, struct error *error) {
  char text[2048];
  snprintf(text, sizeof text,
           "[experiment]\ntitle = T\nquestion = Q\n[hold]\noperation = get\ndata = 1M\n%s\n[sweep]\n%s\n"
           "engine = pread\n[chart]\nshape = %s\nx = %s\nseries = engine\ny = ops_per_s\n%s\n",
           held, threads, *threads ? "lines" : "bars", *threads ? "threads" : "engine", tail);
  if (!*threads) *strstr(text, "series = engine") = ';';
  return experiment_parse("mine.ini", text, (struct experiment_machine){1 << 30, cores}, experiment, error);
}

static void assert_threads(const char *list, unsigned cores, const char *expected) {
  struct experiment *experiment = NULL;
  struct error error = {0};
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  char line[256], found[256] = "";
  size_t count;
  snprintf(line, sizeof line, "threads = %s", list);
  if (parse("", line, "", cores, &experiment, &error)) fail_msg("%s", error.text);
  assert_int_equal(experiment_axes(experiment, "full", NULL, axes, &count, &error), 0);
  for (size_t i = 0; i < axes[0].count; i++)
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", i ? " " : "", axes[0].values[i]);
  assert_string_equal(found, expected);
  experiment_free(experiment);
}

static void test_lists(void **state) {
  (void)state;
  assert_threads("1, cores, 2x cores", 1, "1 2");
  assert_threads("1, cores, 2x cores", 2, "1 2 4");
  assert_threads("1, 2, cores", 2, "1 2");
  assert_threads("1, 0.5xcores, cores", 12, "1 6 12");
  assert_threads("0.1x cores", 2, "1");
}

// No more clients than a plain number may ask for, whatever the machine; and a factor is a decimal number.
static void test_bad_factors(void **state) {
  (void)state;
  static const char *const lists[] = {"1024x cores",     "0x1x cores", "1 to 1024x cores",
                                      "1 to 0x1x cores", "infx cores", "nanx cores"};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    struct experiment *experiment = NULL;
    struct error error = {0};
    struct experiment_axis axes[EXPERIMENT_AXES_MAX];
    char line[256];
    size_t count;
    snprintf(line, sizeof line, "threads = %s", lists[i]);
    int code = parse("", line, "", 128, &experiment, &error);
    if (!code) code = experiment_axes(experiment, "full", NULL, axes, &count, &error);
    if (!code) fail_msg("%s is taken as %s", lists[i], axes[0].values[axes[0].count - 1]);
    assert_non_null(strstr(error.text, "mine.ini:"));
    experiment_free(experiment);
  }
  assert_threads("512x cores", 128, "65536");
}

static void test_ranges(void **state) {
  (void)state;
  assert_threads("1 to 2x cores", 1, "1 2");
  assert_threads("1 to 2x cores", 2, "1 2 4");
  assert_threads("1 to 2x cores", 6, "1 2 4 6 8 12");
  assert_threads("1 to 2x cores", 64, "1 2 4 8 16 32 64 128");
  assert_threads("1 to cores", 5, "1 2 4 5");
  assert_threads("3 to 8", 4, "3 4 6 8");
}

static void test_held(void **state) {
  (void)state;
  struct experiment *experiment = NULL;
  struct error error = {0};
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings cell;
  size_t count, index[EXPERIMENT_AXES_MAX] = {0};
  if (parse("threads = 2x cores", "", "", 3, &experiment, &error)) fail_msg("%s", error.text);
  assert_int_equal(experiment_axes(experiment, "full", NULL, axes, &count, &error), 0);
  assert_int_equal(experiment_cell(experiment, "full", axes, count, index, &cell, &error), 0);
  assert_int_equal(cell.threads, 6);
  experiment_free(experiment);
}

static void assert_sides(unsigned cores, const char *over, const char *under) {
  struct experiment *experiment = NULL;
  struct error error = {0};
  const char *tail = "[verdict]\ncompare = threads=2xcores / threads=1 > 1\ncompare = threads=cores / threads=1 > 1\n";
  if (parse("", "threads = 1 to 2x cores", tail, cores, &experiment, &error)) fail_msg("%s", error.text);
  assert_string_equal(experiment_verdict(experiment)->tests[0].over, over);
  assert_string_equal(experiment_verdict(experiment)->tests[1].over, under);
  experiment_free(experiment);
}

// On one core a comparison may have the same cell on both sides: no mistake of the file's.
static void test_comparisons(void **state) {
  (void)state;
  assert_sides(4, "threads=8", "threads=4");
  assert_sides(1, "threads=2", "threads=1");
}

static void test_mistakes(void **state) {
  (void)state;
  static const struct {
    const char *threads, *tail, *message;
  } cases[] = {
      {"threads = 1 to", "", "mine.ini:12: lines run along numbers, but x takes \"1 to\"; use bars or ladder"},
      {"threads = 1 to many", "",
       "mine.ini:9: bad range \"1 to many\"; write two counts such as 1 to 8, or 1 to 2x cores"},
      {"threads = 8 to cores", "", "mine.ini:9: the range \"8 to cores\" ends before it begins here; turn it round"},
      {"threads = 1, 1", "", "mine.ini:9: 1 stands twice in the list; keep one"},
      {"threads = 1, 2", "[verdict]\ncompare = threads=1 / threads=1 > 1",
       "mine.ini:17: \"threads=1\" is compared with itself; name another cell"},
      {"threads = 1, 2", "[verdict]\ncompare = threads=2xcores / threads=1 > 1",
       "mine.ini:17: 4 is not a value of threads in profile quick; compare cells that are swept"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct experiment *experiment = NULL;
    struct error error = {0};
    assert_int_equal(parse("", cases[i].threads, cases[i].tail, 2, &experiment, &error), -EINVAL);
    assert_string_equal(error.text, cases[i].message);
  }
}

static void test_this_machine(void **state) {
  (void)state;
  assert_true(processors_count() >= 1);
  assert_int_equal(experiment_machine_here().processors, processors_count());
  assert_true(experiment_machine_here().memory > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lists),       cmocka_unit_test(test_ranges),   cmocka_unit_test(test_held),
      cmocka_unit_test(test_comparisons), cmocka_unit_test(test_mistakes), cmocka_unit_test(test_this_machine),
      cmocka_unit_test(test_bad_factors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
