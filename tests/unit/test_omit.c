// SPDX-License-Identifier: MIT
// `omit` in [sweep]: which points are left out, and what cannot be.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/experiment.h"

static int parse(const char *omit, struct experiment **experiment, struct error *error) {
  char text[2048];
  snprintf(text, sizeof text,
           "[experiment]\ntitle = T\nquestion = Q\n[engines]\ndsync = pread:sync=dsync\n[hold]\noperation = update\n"
           "data = 1M\n[sweep]\nsync = none, async, always\nengine = mmap, dsync, pread:direct=on\n%s\n"
           "[sweep quick]\nsync = async, always\n[chart]\nshape = bars\nx = sync\nseries = engine\ny = ops_per_s\n",
           omit);
  return experiment_parse("mine.ini", text, (struct experiment_machine){1 << 30, 2}, experiment, error);
}

// What is left, as "SYNC/ENGINE ..." by the numbers of their values.
static void assert_left(const char *omit, const char *profile, const char *expected) {
  struct experiment *experiment = NULL;
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct error error = {0};
  char left[256] = "";
  size_t count, index[EXPERIMENT_AXES_MAX] = {0};
  if (parse(omit, &experiment, &error)) fail_msg("%s", error.text);
  assert_int_equal(experiment_axes(experiment, profile, NULL, axes, &count, &error), 0);
  for (index[0] = 0; index[0] < axes[0].count; index[0]++)
    for (index[1] = 0; index[1] < axes[1].count; index[1]++)
      if (!experiment_omits(experiment, axes, count, index))
        snprintf(left + strlen(left), sizeof left - strlen(left), "%zu%zu ", index[0], index[1]);
  assert_string_equal(left, expected);
  experiment_free(experiment);
}

static void test_what_is_left(void **state) {
  (void)state;
  assert_left("", "full", "00 01 02 10 11 12 20 21 22 ");
  assert_left("omit = dsync sync=async", "full", "00 01 02 10 12 20 21 22 ");
  assert_left("omit = sync=none", "full", "10 11 12 20 21 22 ");
  assert_left("omit = sync=none", "quick", "00 01 02 10 11 12 ");
  assert_left("omit = dsync   sync=none\nomit = mmap", "full", "02 11 12 21 22 ");
  assert_left("omit = pread:direct=on sync=async", "quick", "00 01 10 11 12 ");
}

static void test_mistakes(void **state) {
  (void)state;
  static const struct {
    const char *omit, *message;
  } cases[] = {
      {"omit = batch=8", "mine.ini:12: batch is not swept; omit points of axes that are"},
      {"omit = uring sync=none",
       "mine.ini:12: uring is not a value of engine in any profile; omit points that are swept"},
      {"omit = sync=async\nomit = sync=always",
       "mine.ini:12: nothing of the sweep is left in profile quick; omit less"},
      {"omit =", "mine.ini:12: omit has no value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct experiment *experiment = NULL;
    struct error error = {0};
    assert_int_equal(parse(cases[i].omit, &experiment, &error), -EINVAL);
    assert_string_equal(error.text, cases[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_left), cmocka_unit_test(test_mistakes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
