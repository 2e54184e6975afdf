// SPDX-License-Identifier: MIT
// Charts of steps, on runs with known answers: what an experiment file may ask of them, which step is told of, and that
// the factor of each stands in the picture.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/results.h"
#include "harness/results_file.h"
#include "tests/unit/made_run.h"
#include "tests/unit/temporary.h"
#include "workloads/experiment.h"

enum { STEPS = 4, REPETITIONS = 9 };

static const char *const knobs[] = {"none", "async", "every=64", "always", NULL};
static const char *const one[] = {"pread", NULL};
static const struct made_experiment stairs = {.name = "stairs",
                                              .title = "Stairs",
                                              .question = "What does each step bring?",
                                              .shape = "steps",
                                              .x = "sync",
                                              .y = "ops_per_s",
                                              .log_y = 1,
                                              .xs = knobs,
                                              .engines = one};

// A run whose steps have these rates, each within 2%; NAN: not measured.
static json_t *summarised(const double *rates) {
  json_t *run = made_run("host"), *cell;
  struct error error = {0};
  size_t i;
  made_run_add(run, &stairs);
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    double samples[REPETITIONS];
    if (isnan(rates[i])) {
      json_object_set_new(cell, "status", json_string("skipped"));
      continue;
    }
    for (size_t r = 0; r < REPETITIONS; r++) samples[r] = rates[i] * (1 + 0.005 * ((double)(r * (i + 1) % 5) - 2));
    made_run_samples(cell, samples, REPETITIONS);
  }
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  return run;
}

static const json_t *experiment_of(const json_t *run) { return json_array_get(json_object_get(run, "experiments"), 0); }

static void expect_finding(const double *rates, const char *begins) {
  json_t *run = summarised(rates);
  const char *finding = json_string_value(json_object_get(experiment_of(run), "finding"));
  if (strncmp(finding, begins, strlen(begins)) != 0) fail_msg("\"%s\" does not begin \"%s\"", finding, begins);
  json_decref(run);
}

static void test_the_finding_is_the_step_that_gives_most(void **state) {
  (void)state;
  expect_finding((double[]){1000, 1100, 5500, 6000},
                 "The step to sync=every=64 gives most: 5.0x faster than sync=async (");
  expect_finding((double[]){1000, 3000, 6000, 600}, "The step to sync=async gives most: 3.0x faster than sync=none (");
  // From one step to the next, not from the first: all together are no step.
  expect_finding((double[]){1000, 1001, 1000, 1001}, "No step shows a gain");
  expect_finding((double[]){6000, 3000, 1500, 100}, "No step shows a gain");
  // Of one value there is no step.
  expect_finding((double[]){6000, NAN, NAN, NAN}, "Nothing to compare");
}

static void test_each_step_is_held_against_the_one_before(void **state) {
  (void)state;
  static const char *const texts[] = {"sync=async is 2.0x faster than sync=none (",
                                      "sync=async is 4.0x faster than sync=every=64 (",
                                      "~ no difference shown between sync="};
  json_t *run = summarised((double[]){1000, 2000, 500, 500});
  const json_t *winners = json_object_get(experiment_of(run), "winners");
  assert_int_equal(json_array_size(winners), STEPS - 1);  // the first is no step
  for (size_t i = 0; i < STEPS - 1; i++) {
    const json_t *winner = json_array_get(winners, i);
    const char *text = json_string_value(json_object_get(winner, "text"));
    assert_string_equal(json_string_value(json_object_get(winner, "x")), knobs[i + 1]);
    if (strncmp(text, texts[i], strlen(texts[i])) != 0) fail_msg("\"%s\" does not begin \"%s\"", text, texts[i]);
  }
  json_decref(run);
}

static char *read_file(const char *path) {
  char *text = NULL;
  size_t room = 0;
  FILE *in = fopen(path, "re");
  if (!in) fail_msg("%s: %m", path);
  assert_true(getdelim(&text, &room, '\0', in) > 0);
  fclose(in);
  return text;
}

// By pairs: the medians are twice as high at the second place, and each pair is but one half as high again.
static json_t *unlike_its_medians(void) {
  static const double before[REPETITIONS] = {100, 100, 100, 100, 100, 200, 200, 200, 200};
  static const double after[REPETITIONS] = {150, 150, 150, 150, 200, 300, 300, 300, 300};
  json_t *run = summarised((double[]){100, 200, 50, 50}), *cells = json_object_get(run, "cells");
  struct error error = {0};
  made_run_samples(json_array_get(cells, 0), before, REPETITIONS);
  made_run_samples(json_array_get(cells, 1), after, REPETITIONS);
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  return run;
}

static void test_factors_are_those_of_pairs(void **state) {
  (void)state;
  json_t *run = unlike_its_medians();
  const struct results_tsv tsv = {run, experiment_of(run)};
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  assert_int_equal(results_tsv(out, &tsv), 0);
  assert_int_equal(fclose(out), 0);
  if (!strstr(text, "# step: -\tasync\t1.5")) fail_msg("%s", text);
  if (!strstr(text, "\tasync\t1\t") || strstr(text, "# step: -\talways")) fail_msg("%s", text);
  free(text);
  json_decref(run);
}

static void test_the_chart_has_the_factors(void **state) {
  (void)state;
  static const char *const shown[] = {">×2.0", ">×0.25", ">~×1.00", "The step to sync=async gives most"};
  char folder[256], path[512], command[300];
  struct error error = {0};
  snprintf(folder, sizeof folder, "%s/steps-XXXXXX", temporary_folder());
  assert_non_null(mkdtemp(folder));
  json_t *run = summarised((double[]){1000, 2000, 500, 500});
  if (results_write(folder, run, &error) || report_charts(folder, run, &error)) fail_msg("%s", error.text);
  snprintf(path, sizeof path, "%s/charts/stairs.svg", folder);
  char *svg = read_file(path);
  for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
    if (!strstr(svg, shown[i])) fail_msg("%s lacks %s", path, shown[i]);
  free(svg);
  json_decref(run);
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  assert_int_equal(system(command), 0);
}

static int parse(const char *sweep, struct error *error) {
  char text[1024];
  struct experiment *experiment = NULL;
  snprintf(text, sizeof text,
           "[experiment]\ntitle = Steps\nquestion = Which?\n[hold]\noperation = get\ndata = 64K\n[sweep]\n"
           "engine = pread, mmap\n%s\n[chart]\nshape = steps\nx = engine\nseries = batch\ny = ops_per_s\n",
           sweep);
  int code = experiment_parse("steps.ini", text, (struct experiment_machine){1 << 30, 2}, &experiment, error);
  experiment_free(experiment);
  return code;
}

static void test_a_step_has_one_value(void **state) {
  (void)state;
  struct error error = {0};
  if (parse("batch = 1, 8\nomit = pread batch=8\nomit = mmap batch=1", &error)) fail_msg("%s", error.text);
  assert_int_equal(parse("batch = 1, 8\nomit = pread batch=8", &error), -EINVAL);
  assert_string_equal(error.text,
                      "steps.ini:12: steps go from one value to the next, but mmap has several; omit all but one");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_finding_is_the_step_that_gives_most),
      cmocka_unit_test(test_each_step_is_held_against_the_one_before),
      cmocka_unit_test(test_factors_are_those_of_pairs),
      cmocka_unit_test(test_the_chart_has_the_factors),
      cmocka_unit_test(test_a_step_has_one_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
