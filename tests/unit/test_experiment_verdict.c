// SPDX-License-Identifier: MIT
// [verdict] and the paragraph of [chart]: several comparisons, bounds of their own, axes that are left out, long texts.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/experiment.h"

static const char head[] =
    "[experiment]\ntitle = Reads\nquestion = Which?\n[hold]\noperation = get\ndata = 1M\n"
    "[sweep]\nbatch = 1, 8\nthreads = 1, 2\nengine = mmap, pread\n"
    "[sweep quick]\nbatch = 8\n"
    "[chart]\nshape = lines\nx = batch\nseries = engine\npanel = threads\ny = ops_per_s\n";

static int parse(const char *tail, struct experiment **experiment, struct error *error) {
  char text[8192];
  assert_true(snprintf(text, sizeof text, "%s%s", head, tail) < (int)sizeof text);
  return experiment_parse("mine.ini", text, (struct experiment_machine){1 << 30, 2}, experiment, error);
}

static void must_parse(const char *tail, struct experiment **experiment) {
  struct error error = {0};
  if (parse(tail, experiment, &error)) fail_msg("%s", error.text);
}

static void must_refuse(const char *tail, const char *message) {
  struct experiment *experiment = NULL;
  struct error error = {0};
  assert_int_equal(parse(tail, &experiment, &error), -EINVAL);
  assert_string_equal(error.text, message);
}

static void test_none(void **state) {
  (void)state;
  struct experiment *experiment;
  must_parse("", &experiment);
  assert_int_equal(experiment_verdict(experiment)->count, 0);
  assert_string_equal(experiment_chart(experiment)->read, "");
  experiment_free(experiment);
}

// Axes may be left out, and a bound of its own goes before the common one.
static void test_comparisons(void **state) {
  (void)state;
  struct experiment *experiment;
  must_parse(
      "[verdict]\ncompare = mmap / pread\ncompare = mmap batch=8 / pread  batch=8  >  2.5\nholds = > 1\n"
      "compare = threads=2 / threads=1 < 3\n",
      &experiment);
  const struct experiment_verdict *verdict = experiment_verdict(experiment);
  static const struct experiment_test expected[] = {
      {"mmap", "pread", "> 1"}, {"mmap batch=8", "pread batch=8", ">  2.5"}, {"threads=2", "threads=1", "< 3"}};
  assert_int_equal(verdict->count, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(verdict->tests[i].over, expected[i].over);
    assert_string_equal(verdict->tests[i].under, expected[i].under);
    assert_string_equal(verdict->tests[i].holds, expected[i].holds);
  }
  experiment_free(experiment);
}

// What the machine cannot beat takes the place of the second cell, and names no axis.
static void test_a_bound(void **state) {
  (void)state;
  struct experiment *experiment;
  must_parse("[verdict]\ncompare = mmap batch=8 / bound memory-copy > 0.5\n", &experiment);
  const struct experiment_test *test = experiment_verdict(experiment)->tests;
  assert_string_equal(test->under, "bound memory-copy");
  assert_true(experiment_side_is_bound(test->under));
  assert_false(experiment_side_is_bound(test->over));
  experiment_free(experiment);
  must_refuse("[verdict]\ncompare = bound memory-copy / mmap > 0.5\n",
              "mine.ini:20: bound is not a value of engine in profile quick; compare cells that are swept");
}

static void test_mistakes(void **state) {
  (void)state;
  must_refuse("[verdict]\ncompare = mmap batch=1 / pread batch=1 > 1\n",
              "mine.ini:20: 1 is not a value of batch in profile quick; compare cells that are swept");
  must_refuse("[verdict]\ncompare = mmap / pread > -1\n",
              "mine.ini:20: bad holds \"> -1\"; write < or > and a ratio above 0, such as \"< 0.5\"");
  must_refuse("[verdict]\ncompare = mmap batch=8 / pread threads=2 > 1\n",
              "mine.ini:20: batch is named on one side only; name it on both, or on neither to judge at each of its "
              "values");
  char tail[512] = "[verdict]\nholds = > 1\n";
  for (int i = 0; i < 9; i++) strcat(tail, "compare = mmap / pread\n");
  must_refuse(tail, "mine.ini:29: more than 8 lines of compare; give fewer");
}

// The lines of a paragraph are joined; all that a file may hold has room.
static void test_how_to_read_it(void **state) {
  (void)state;
  struct experiment *experiment;
  must_parse("read = Higher is better.\nread = Lines that meet are equal.\n", &experiment);
  assert_string_equal(experiment_chart(experiment)->read, "Higher is better. Lines that meet are equal.");
  experiment_free(experiment);
  char tail[2048] = "", line[200];
  memset(line, 'x', sizeof line);
  line[190] = '\0';
  for (int i = 0; i < 8; i++) sprintf(tail + strlen(tail), "read = %s\n", line);
  must_parse(tail, &experiment);
  assert_int_equal(strlen(experiment_chart(experiment)->read), 8 * 190 + 7);
  experiment_free(experiment);
  strcat(tail, "read = more\n");
  must_refuse(tail, "mine.ini:27: more than 8 lines of read; give fewer");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_none), cmocka_unit_test(test_comparisons),
                                     cmocka_unit_test(test_a_bound), cmocka_unit_test(test_mistakes),
                                     cmocka_unit_test(test_how_to_read_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
