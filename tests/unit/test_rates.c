// SPDX-License-Identifier: MIT
// Rates from the experiment file to the run: how they are written and what is refused, the peaks that a plan adds and
// measures first, the rate a sample gets, and what becomes of cells that cannot keep up. Samples are made up here.
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/results_file.h"
#include "harness/sample.h"
#include "harness/schedule.h"
#include "tests/unit/fake_engine.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

static const char experiment_text[] =
    "[experiment]\ntitle = Rates\nquestion = Which?\n"
    "[hold]\noperation = %s\ndata = 64K\n%s\n"
    "[sweep]\nrate = %s\nengine = pread, stdio\n"
    "[chart]\nshape = ladder\nx = rate\nseries = engine\ny = %s\n";

static struct experiment *parse(const char *operation, const char *held, const char *rate, const char *y,
                                struct error *error) {
  char text[1024];
  struct experiment *experiment = NULL;
  snprintf(text, sizeof text, experiment_text, operation, held, rate, y);
  *error = (struct error){0};
  int code = experiment_parse("rates.ini", text, (struct experiment_machine){1 << 30, 2}, &experiment, error);
  assert_int_equal(code, experiment ? 0 : -EINVAL);
  return experiment;
}

static void expect_rate(const char *rate, double per_s, double of_peak) {
  struct error error;
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings settings;
  size_t count;
  struct experiment *experiment = parse("update", "arrivals = constant", rate, "p99", &error);
  if (!experiment) fail_msg("%s", error.text);
  assert_int_equal(experiment_axes(experiment, "quick", NULL, axes, &count, &error), 0);
  assert_int_equal(experiment_cell(experiment, "quick", axes, count, (size_t[]){0, 0}, &settings, &error), 0);
  assert_true(settings.rate.per_s == per_s);
  assert_true(fabs(settings.rate.of_peak - of_peak) < 1e-12);
  assert_int_equal(settings.rate.arrivals, ARRIVALS_CONSTANT);
  assert_true(cell_rated(&settings));
  experiment_free(experiment);
}

static void test_rates_are_read(void **state) {
  (void)state;
  expect_rate("20k", 20000, 0);
  expect_rate("1.5M, 2M", 1500000, 0);
  expect_rate("750", 750, 0);
  expect_rate("60% of peak, 90% of peak", 0, 0.6);
  expect_rate("12.5%", 0, 0.125);
  expect_rate("150% of peak", 0, 1.5);
}

static void expect_error(const char *operation, const char *held, const char *rate, const char *y,
                         const char *message) {
  struct error error;
  struct experiment *experiment = parse(operation, held, rate, y, &error);
  if (experiment) fail_msg("%s, %s, %s was taken", operation, held, rate);
  if (strcmp(error.text, message) != 0) fail_msg("\"%s\" is not \"%s\"", error.text, message);
}

static void test_mistakes_name_line_and_word(void **state) {
  (void)state;
  static const char want[] = "operations a second such as 20k, or a share such as 60% of peak";
  static const char *const bad[] = {"fast", "0", "-5", "20kk", "2e12", "60%% of", "60%% peak", "60%% of peak load",
                                    "inf",  "k"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char rate[64], message[256];
    snprintf(rate, sizeof rate, "%s", bad[i]);
    for (char *percent; (percent = strstr(rate, "%%"));) memmove(percent, percent + 1, strlen(percent));
    snprintf(message, sizeof message, "rates.ini:9: bad rate \"%s\"; %s", rate, want);
    expect_error("update", "", rate, "p99", message);
  }
  expect_error("update", "", "60% of peek", "p99",
               "rates.ini:9: unknown measure of a rate \"peek\"; did you mean \"peak\"?");
  expect_error("update", "", "0% of peak", "p99",
               "rates.ini:9: bad rate \"0% of peak\"; a share of the peak is above 0% and up to 1000%");
  expect_error("update", "arrivals = poison", "20k", "p99",
               "rates.ini:7: unknown kind of arrivals \"poison\"; did you mean \"poisson\"?");
  expect_error("update", "rates = 20k", "20k", "p99",
               "rates.ini:7: unknown key in [hold] \"rates\"; did you mean \"rate\"?");
  expect_error("scan", "", "20k", "p99",
               "rates.ini:9: rate = 20k cannot be: a scan is one long call; leave the rate or the scans out");
  expect_error("update", "", "20k", "ops_per_s",
               "rates.ini:9: rate = 20k fixes how many operations a second there are; draw a latency such as y = p99");
}

static void test_arrivals_need_a_rate(void **state) {
  (void)state;
  struct experiment *experiment = NULL;
  struct error error;
  static const char text[] =
      "[experiment]\ntitle = Rates\nquestion = Which?\n[hold]\noperation = get\ndata = 64K\narrivals = poisson\n"
      "[sweep]\nengine = pread\n[chart]\nshape = bars\nx = engine\ny = p99\n";
  assert_int_equal(experiment_parse("e.ini", text, (struct experiment_machine){1 << 30, 2}, &experiment, &error),
                   -EINVAL);
  assert_string_equal(error.text, "e.ini:7: arrivals = poisson has no effect; it belongs to a rate");
}

static struct {
  char folder[512], out[600], file[600];
  struct plan plan;
  struct dataset_folder data;
  struct results *results;
  struct interrupt interrupt;
  struct progress progress;
  size_t calls, peaks, rated, peaks_late;
  double rates[2][3];  // seen, by engine and share
  const char *broken;  // this engine's peak fails
  size_t idle;         // in this sample with a rate, counted from 1, nothing was due; 0: in none
} bench;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static int set_up(void **state) {
  (void)state;
  memset(&bench, 0, sizeof bench);
  snprintf(bench.folder, sizeof bench.folder, "%s/rates-XXXXXX", temporary_folder());
  if (!mkdtemp(bench.folder)) return -1;
  snprintf(bench.out, sizeof bench.out, "%s/out", bench.folder);
  snprintf(bench.file, sizeof bench.file, "%s/rates.ini", bench.folder);
  return interrupt_open(&bench.interrupt);
}

static int tear_down(void **state) {
  (void)state;
  interrupt_close(&bench.interrupt);
  plan_free(&bench.plan);
  return nftw(bench.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_plan(const char *rate, double budget) {
  const char *const names[] = {bench.file};
  struct plan_options options = {.experiments = names, .experiment_count = 1, .seed = 5, .budget = budget};
  struct error error;
  FILE *file = fopen(bench.file, "w");
  assert_non_null(file);
  assert_true(fprintf(file, experiment_text, "get", "", rate, "p99") > 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(plan_profile("quick", &options.profile, &error), 0);
  if (plan_make(&options, &bench.plan, &error)) fail_msg("%s", error.text);
}

static void test_a_plan_has_a_peak_for_each_engine(void **state) {
  (void)state;
  make_plan("500, 30% of peak, 90% of peak", 0);
  assert_int_equal(bench.plan.cell_count, 6 + 2);
  for (size_t i = 0; i < 8; i++) {
    const struct plan_cell *cell = &bench.plan.cells[i];
    assert_int_equal(cell->is_peak, i >= 6);
    if (i >= 2) assert_int_equal(cell->peak, 6 + i % 2);
    assert_int_equal(cell_rated(&cell->settings), i < 6);
  }
  assert_string_equal(bench.plan.cells[6].id, "rates/pread/peak");
  assert_string_equal(bench.plan.cells[7].id, "rates/stdio/peak");
  char text[4096] = "";
  FILE *out = fmemopen(text, sizeof text, "w");
  assert_non_null(out);
  plan_print(&bench.plan, out);
  fclose(out);
  assert_non_null(strstr(text, "2 peaks are measured first"));
  assert_non_null(strstr(text, "\n6 cells, "));
}

// An open loop lasts longer, and a peak takes four samples: the estimate knows.
static void test_a_budget_counts_peaks_and_drops_the_useless(void **state) {
  (void)state;
  make_plan("90% of peak", 0);
  double one = bench.plan.estimate;
  plan_free(&bench.plan);
  make_plan("500", 0);
  assert_true(one > bench.plan.estimate + 8 * bench.plan.seconds);
  plan_free(&bench.plan);
  make_plan("10% of peak, 30% of peak, 50% of peak, 70% of peak, 90% of peak", 5.5);
  size_t rated = 0, peaks = 0;
  for (size_t i = 0; i < bench.plan.cell_count; i++) {
    const struct plan_cell *cell = &bench.plan.cells[i];
    if (cell->dropped) continue;
    peaks += cell->is_peak;
    rated += !cell->is_peak;
    assert_false(bench.plan.cells[cell->peak].dropped);
  }
  assert_true(rated >= 2 && rated < 10 && peaks >= 1 && peaks <= 2);
}

// Peaks of 1000 (pread) and 2000 (stdio), as the median of three.
static json_t *made_child(const struct sample_order *order, double limit, struct interrupt *interrupt) {
  static const double factors[] = {5, 0.5, 1, 3};
  const struct cell_settings *settings = &order->settings;
  bool stdio = strcmp(settings->engine, "stdio") == 0, open = order->kind == SAMPLE_LATENCY;
  (void)limit, (void)interrupt;
  bench.calls++;
  if (order->kind == SAMPLE_FILL) return json_pack("{s:s, s:n, s:f}", "status", "ok", "reason", "seconds", 0.1);
  assert_true(open == (settings->rate.per_s > 0));
  if (!open) {
    bool breaks = bench.broken && strcmp(bench.broken, settings->engine) == 0;
    double ops = (stdio ? 2000 : 1000) * factors[bench.peaks++ / 2];
    bench.peaks_late += bench.rated > 0;
    return json_pack("{s:s, s:s, s:s?, s:f, s:f}", "kind", "throughput", "status", breaks ? "skipped" : "ok", "reason",
                     breaks ? "not here" : NULL, "seconds", 0.1, "ops_per_s", ops);
  }
  if (++bench.rated == bench.idle)
    return json_pack("{s:s, s:s, s:s, s:f}", "kind", "latency", "status", "skipped", "reason", "nothing was due",
                     "seconds", 0.1);
  int share = (int)(settings->rate.of_peak * 3);
  if (settings->rate.of_peak > 0) bench.rates[stdio][share] = settings->rate.per_s;
  assert_true(order->seconds > bench.plan.seconds);
  // 90% is too much for stdio in all samples, 30% in one of three.
  bool saturated = stdio && (settings->rate.of_peak > 0.5 || bench.rated % 4 == 0);
  return json_pack("{s:s, s:s, s:n, s:f, s:f, s:{s:i, s:i, s:f, s:[[i,i]]}, s:{s:b, s:i}}", "kind", "latency", "status",
                   "ok", "reason", "seconds", 0.1, "ops_per_s", 1.0, "latency_ns", "p99", 5000, "max", 6000, "mean",
                   5500.0, "buckets", 6000, 10, "open_loop", "saturated", (int)saturated, "backlog", (int)saturated);
}

static json_t *run(const char *rate) {
  struct error error = {0};
  struct schedule_outcome outcome;
  json_t *back;
  make_plan(rate, 0);
  json_t *head = plan_to_json(&bench.plan);
  json_object_set_new(head, "schema", json_integer(RESULTS_SCHEMA));
  if (results_create(bench.out, head, &bench.results, &error)) fail_msg("%s", error.text);
  json_decref(head);
  if (dataset_folder_make(bench.folder, &bench.data, &error)) fail_msg("%s", error.text);
  progress_start(&bench.progress, 1);
  bench.progress.terminal = false;
  const struct schedule schedule = {.plan = &bench.plan,
                                    .folder = &bench.data,
                                    .results = bench.results,
                                    .interrupt = &bench.interrupt,
                                    .progress = &bench.progress,
                                    .run = made_child};
  if (schedule_run(&schedule, &outcome, &error)) fail_msg("%s", error.text);
  results_close(bench.results);
  if (results_read(bench.out, &back, &error)) fail_msg("%s", error.text);
  if (results_summarise(back, &error)) fail_msg("%s", error.text);
  return back;
}

static const json_t *cell_of(const json_t *json, const char *id) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(json, "cells"), i, cell) {
    if (strcmp(json_text(cell, "id"), id) == 0) return cell;
  }
  fail_msg("no cell %s", id);
  return NULL;
}

static void test_peaks_are_measured_first_and_set_the_rate(void **state) {
  (void)state;
  json_t *json = run("30% of peak, 90% of peak");
  assert_int_equal(bench.peaks, 2 * 4);
  assert_int_equal(bench.peaks_late, 0);
  assert_int_equal(bench.rated, 4 * 4);  // one that is not counted, three that are
  assert_true(fabs(bench.rates[0][0] - 300) < 1e-6);
  assert_true(fabs(bench.rates[0][2] - 900) < 1e-6);
  assert_true(fabs(bench.rates[1][0] - 600) < 1e-6);
  assert_true(fabs(bench.rates[1][2] - 1800) < 1e-6);
  const json_t *cell = cell_of(json, "rates/30% of peak/stdio");
  assert_string_equal(json_text(cell, "peak"), "rates/stdio/peak");
  assert_string_equal(json_text(cell, "arrivals"), "poisson");
  assert_true(json_real_or_nan(cell, "rate_of_peak") == 0.3);
  assert_true(json_is_peak(cell_of(json, "rates/stdio/peak")));
  assert_false(json_is_peak(cell));
  json_decref(json);
}

static void test_a_peak_that_fails_takes_its_cells_along(void **state) {
  (void)state;
  bench.broken = "pread";
  json_t *json = run("30% of peak, 500");
  const json_t *cell = cell_of(json, "rates/30% of peak/pread");
  assert_string_equal(json_text(cell, "status"), "skipped");
  assert_string_equal(json_text(cell, "reason"), "its peak could not be measured: not here");
  assert_string_equal(json_text(cell_of(json, "rates/500/pread"), "status"), "ok");
  assert_string_equal(json_text(cell_of(json, "rates/30% of peak/stdio"), "status"), "ok");
  json_decref(json);
}

static void test_a_cell_goes_on_after_a_sample_in_which_nothing_was_due(void **state) {
  (void)state;
  bench.idle = 1;  // the first one, which does not count
  json_t *json = run("30% of peak, 90% of peak");
  assert_int_equal(bench.rated, 4 * 4);
  const char *const ids[] = {"rates/30% of peak/pread", "rates/30% of peak/stdio"};
  for (size_t i = 0; i < 2; i++) assert_string_equal(json_text(cell_of(json, ids[i]), "status"), "ok");
  json_decref(json);
}

static bool has_row(const json_t *json, const char *start) {
  char text[8192] = "";
  FILE *out = fmemopen(text, sizeof text, "w");
  const struct results_tsv tsv = {json, json_array_get(json_object_get(json, "experiments"), 0)};
  assert_non_null(out);
  assert_int_equal(results_tsv(out, &tsv), 0);
  fclose(out);
  return strstr(text, start) != NULL;
}

// No percentile of a saturated cell is given: not in the summary, not in the chart's data, not as a file.
static void test_saturated_cells_have_no_percentiles(void **state) {
  (void)state;
  struct error error = {0};
  char path[1024];
  json_t *json = run("30% of peak, 90% of peak");
  const json_t *full = cell_of(json, "rates/90% of peak/stdio"), *low = cell_of(json, "rates/30% of peak/stdio");
  assert_true(json_is_true(json_object_get(full, "saturated")));
  assert_null(json_object_get(json_object_get(full, "summary"), "p99"));
  assert_true(json_is_false(json_object_get(low, "saturated")));  // one of three: the median stands
  assert_non_null(json_object_get(json_object_get(low, "summary"), "p99"));
  assert_true(json_is_null(json_object_get(cell_of(json, "rates/stdio/peak"), "saturated")));
  assert_true(has_row(json, "\n-\t90% of peak\t1\tstdio\t1\tnan\tnan\tnan\t0\tsaturated\tnan"));
  assert_true(has_row(json, "# note: 90% of peak/stdio saturated: could not keep up with the rate\n"));
  assert_true(has_row(json, "\n-\t30% of peak\t0\tstdio\t1\t5000\t"));
  assert_false(has_row(json, "peak\tpeak"));
  if (results_write(bench.out, json, &error)) fail_msg("%s", error.text);
  snprintf(path, sizeof path, "%s/latency/rates/90%%-of-peak_stdio.hgrm", bench.out);
  assert_int_not_equal(access(path, F_OK), 0);
  snprintf(path, sizeof path, "%s/latency/rates/30%%-of-peak_stdio.hgrm", bench.out);
  assert_int_equal(access(path, F_OK), 0);
  json_decref(json);
}

// The real child on an honest engine and an impossible rate: what it could not start is counted, and nothing is hidden.
static void test_a_sample_tells_that_it_was_saturated(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_GET);
  struct engine_options options = {{0}};
  struct sample_order fill = sample_new_order(OPERATION_FILL);
  fill.kind = SAMPLE_FILL;
  fill.fresh = true;
  fake_set(FAKE_HONEST);
  json_decref(sample_run_engine(&fill, &engine_fake, &options));
  order.kind = SAMPLE_LATENCY;
  order.settings.rate.per_s = 1e9;
  order.settings.rate.arrivals = ARRIVALS_CONSTANT;
  order.settings.threads = 2;
  order.seconds = order.limit = 0.02;
  json_t *sample = sample_run_engine(&order, &engine_fake, &options);
  const json_t *open = json_object_get(sample, "open_loop");
  assert_string_equal(json_text(sample, "status"), "ok");
  assert_true(json_is_true(json_object_get(open, "saturated")));
  double asked = json_real_or_nan(open, "asked"), started = json_real_or_nan(open, "started");
  assert_true(asked == 20000000);
  assert_true(started + json_real_or_nan(open, "backlog") == asked);
  assert_true(json_real_or_nan(sample, "operations") == started);
  assert_true(json_real_or_nan(open, "achieved_per_s") < 1e9);
  assert_string_equal(json_text(sample, "timed_per"), "operation");
  json_decref(sample);
  order.settings.rate.per_s = 0;
  order.settings.rate.of_peak = 0.5;  // nobody measured it
  sample = sample_run_engine(&order, &engine_fake, &options);
  assert_string_equal(json_text(sample, "status"), "failed");
  json_decref(sample);
}

// As on a disk so slow that its peak is a few operations a second: none may be due while a short sample lasts.
static void test_a_sample_in_which_nothing_is_due_is_skipped(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_GET);
  struct engine_options options = {{0}};
  fake_set(FAKE_HONEST);
  order.kind = SAMPLE_LATENCY;
  order.settings.rate.per_s = 0.001;
  order.settings.rate.arrivals = ARRIVALS_POISSON;
  order.settings.threads = 2;
  json_t *sample = sample_run_engine(&order, &engine_fake, &options);
  assert_string_equal(json_text(sample, "status"), "skipped");
  assert_string_equal(json_text(sample, "reason"),
                      "no operation was due in 0.01 s at 0.001 a second; measure for longer");
  json_decref(sample);
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rates_are_read),
      cmocka_unit_test(test_mistakes_name_line_and_word),
      cmocka_unit_test(test_arrivals_need_a_rate),
      BENCH_TEST(test_a_plan_has_a_peak_for_each_engine),
      BENCH_TEST(test_a_budget_counts_peaks_and_drops_the_useless),
      BENCH_TEST(test_peaks_are_measured_first_and_set_the_rate),
      BENCH_TEST(test_a_peak_that_fails_takes_its_cells_along),
      BENCH_TEST(test_a_cell_goes_on_after_a_sample_in_which_nothing_was_due),
      BENCH_TEST(test_saturated_cells_have_no_percentiles),
      cmocka_unit_test(test_a_sample_tells_that_it_was_saturated),
      cmocka_unit_test(test_a_sample_in_which_nothing_is_due_is_skipped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
