// SPDX-License-Identifier: MIT
// What tests of keys share.
#include "tests/unit/one_point.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct experiment *one_point_parse(const char *sections, const char *y, struct error *error) {
  char text[2048];
  struct experiment *experiment = NULL;
  int length = snprintf(text, sizeof text,
                        "[experiment]\ntitle = Keys\nquestion = Which?\n%s\n[sweep]\nengine = pread, mmap\n"
                        "[chart]\nshape = bars\nx = engine\ny = %s\n",
                        sections, y);
  assert_in_range(length, 1, sizeof text - 1);
  *error = (struct error){0};
  int code = experiment_parse("keys.ini", text, (struct experiment_machine){1 << 30, 2}, &experiment, error);
  assert_int_equal(code, experiment ? 0 : -EINVAL);
  return experiment;
}

struct cell_settings one_point(const char *sections, const char *y) {
  struct error error;
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings settings;
  size_t count;
  struct experiment *experiment = one_point_parse(sections, y, &error);
  if (!experiment) fail_msg("%s", error.text);
  assert_int_equal(experiment_axes(experiment, "quick", NULL, axes, &count, &error), 0);
  assert_int_equal(experiment_cell(experiment, "quick", axes, count, (size_t[]){0, 0, 0}, &settings, &error), 0);
  experiment_free(experiment);
  return settings;
}

void one_point_refused(const char *sections, const char *y, const char *message) {
  struct error error;
  if (one_point_parse(sections, y, &error)) fail_msg("\"%s\" was taken; it should give \"%s\"", sections, message);
  if (strcmp(error.text, message) != 0) fail_msg("\"%s\" is not \"%s\"", error.text, message);
}
