// SPDX-License-Identifier: MIT
// YCSB's core workloads by name: shares that add up, the order of keys of each, and no other name.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workloads/experiment.h"
#include "workloads/ycsb.h"

static void test_core_workloads(void **state) {
  (void)state;
  static const struct {
    const char *name;
    unsigned get, update, insert, scan, read_modify_write;
    enum key_order keys;
  } expected[] = {{"ycsb-a", 50, 50, 0, 0, 0, KEYS_ZIPFIAN}, {"ycsb-b", 95, 5, 0, 0, 0, KEYS_ZIPFIAN},
                  {"ycsb-c", 100, 0, 0, 0, 0, KEYS_ZIPFIAN}, {"ycsb-d", 95, 0, 5, 0, 0, KEYS_LATEST},
                  {"ycsb-e", 0, 0, 5, 95, 0, KEYS_ZIPFIAN},  {"ycsb-f", 50, 0, 0, 0, 50, KEYS_ZIPFIAN}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    struct workload workload = {.keys = KEYS_UNIFORM};
    assert_true(ycsb_named(expected[i].name));
    assert_int_equal(ycsb_set(expected[i].name, &workload), 0);
    assert_int_equal(workload.mix.get, expected[i].get);
    assert_int_equal(workload.mix.update, expected[i].update);
    assert_int_equal(workload.mix.insert, expected[i].insert);
    assert_int_equal(workload.mix.scan, expected[i].scan);
    assert_int_equal(workload.mix.read_modify_write, expected[i].read_modify_write);
    assert_int_equal(workload.mix.remove, 0);
    assert_int_equal(workload.keys, expected[i].keys);
  }
  struct workload workload = {0};
  assert_int_equal(ycsb_set("ycsb-g", &workload), -EINVAL);
  assert_false(ycsb_named("get:100"));
}

// In an experiment file they bring their order of keys, which is skewed as YCSB's is.
static void test_in_an_experiment(void **state) {
  (void)state;
  static const char text[] =
      "[experiment]\ntitle = Y\nquestion = Which?\n[hold]\noperation = mixed\ndata = 1M\n"
      "[sweep]\nmix = ycsb-a, ycsb-d\nengine = mmap\n[chart]\nshape = bars\nx = mix\nseries = engine\ny = ops_per_s\n";
  struct experiment *experiment;
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings cell;
  struct error error = {0};
  size_t count, index[EXPERIMENT_AXES_MAX] = {1};
  assert_int_equal(experiment_parse("y.ini", text, (struct experiment_machine){1 << 30, 2}, &experiment, &error), 0);
  assert_int_equal(experiment_axes(experiment, "quick", NULL, axes, &count, &error), 0);
  assert_int_equal(experiment_cell(experiment, "quick", axes, count, index, &cell, &error), 0);
  assert_int_equal(cell.workload.keys, KEYS_LATEST);
  assert_true(cell.workload.theta == 0.99);
  assert_int_equal(cell.workload.mix.insert, 5);
  experiment_free(experiment);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_core_workloads), cmocka_unit_test(test_in_an_experiment)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
