// SPDX-License-Identifier: MIT
// Charts of made-up runs: every file is there, and draws and says what it must.
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/beside.h"
#include "harness/results.h"
#include "tests/unit/report_fixture.h"

static void test_every_shape_in_three_formats(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &ladder);
  fixture_add(fixture, "host", &bars);
  fixture_add(fixture, "host", &lines);
  draw(fixture);
  static const char *const charts[] = {"update-random",         "read-random",         "read-cold",
                                       "update-random-latency", "read-random-latency", "read-cold-latency"};
  for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) must_be_drawn(fixture, charts[i]);
  must_hold(fixture, "charts/read-random.svg", "(higher is better)");
  must_hold(fixture, "charts/read-random.svg", "useful bytes per second, MB/s");
  must_hold(fixture, "charts/read-random-latency.svg", "latency (lower is better)");
  must_hold(fixture, "charts/read-random.svg", "A processor @ 2.10GHz (2 CPUs), Linux 6.18.5");
  must_hold(fixture, "charts/read-random.svg", "ext4, vda, quick profile (indicative)");
  must_hold(fixture, "charts/read-random.svg", "font-family=\"sans-serif\" font-weight=\"bold\"");
  must_lack(fixture, "charts/read-random.svg", ":Bold");
}

// Another metric of the same cells has its data, its chart and its finding, and a place in the report. What bounds y
// does not bound it.
static void test_a_metric_beside(void **state) {
  struct fixture *fixture = *state;
  struct made_experiment with = lines;
  with.beside = "syscalls_per_op";
  fixture_add(fixture, "host", &with);
  made_run_add_limit(fixture->run, "fdatasync", 5e6);
  made_run_claim(fixture->run, "mmap", "pread", "> 1");
  draw(fixture);
  must_be_drawn(fixture, "read-cold");
  must_be_drawn(fixture, "read-cold-syscalls_per_op");
  must_hold(fixture, "data/read-cold-syscalls_per_op.tsv", "# y: syscalls_per_op");
  must_hold(fixture, "charts/read-cold-syscalls_per_op.svg", "system calls per operation");
  must_hold(fixture, "charts/read-cold.svg", "bounds of this machine");
  must_lack(fixture, "charts/read-cold-syscalls_per_op.svg", "bounds of this machine");
  must_lack(fixture, "charts/read-cold.svg", "no bound applies");
  must_hold(fixture, "charts/read-cold-syscalls_per_op.svg", "no bound applies: a read through a map takes no call");
  must_hold(fixture, "report.md", "charts/read-cold-syscalls_per_op.png");
  must_hold(fixture, "report.html", "system calls per operation");
  const json_t *experiment = json_array_get(json_object_get(fixture->run, "experiments"), 0);
  json_t *other = beside_experiment(fixture->run, experiment, "syscalls_per_op");
  assert_string_not_equal(json_string_value(json_object_get(other, "finding")),
                          json_string_value(json_object_get(experiment, "finding")));
  must_hold(fixture, "charts/read-cold-syscalls_per_op.svg", json_string_value(json_object_get(other, "finding")));
  json_decref(other);
  assert_string_equal(beside_metric(experiment, 0), "syscalls_per_op");
  assert_null(beside_metric(experiment, 1));
  json_t *beside = json_object_get(json_object_get(experiment, "chart"), "beside");
  assert_int_equal(json_array_append_new(beside, json_string("../../x")), 0);
  assert_null(beside_metric(experiment, 1));
}

static void test_titles_are_findings(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &lines);
  draw(fixture);
  const json_t *experiment = json_array_get(json_object_get(fixture->run, "experiments"), 0);
  char start[24];
  snprintf(start, sizeof start, "%s", json_string_value(json_object_get(experiment, "finding")));
  must_hold(fixture, "charts/read-cold.svg", start);
  must_hold(fixture, "report.html", start);
}

static void test_a_log_axis_has_no_bars(void **state) {
  struct fixture *fixture = *state;
  struct made_experiment experiment = bars;
  experiment.log_y = 1;
  fixture_add(fixture, "host", &experiment);
  draw(fixture);
  must_lack(fixture, "charts/read-random.svg", "gpPat");
  must_be_drawn(fixture, "read-random");
}

// In every shape and in the chart of latencies; what is far above the bars is an arrow and leaves the axis alone.
static void test_bounds_are_drawn(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &ladder);
  fixture_add(fixture, "host", &bars);
  fixture_add(fixture, "host", &lines);
  made_run_add_limit(fixture->run, "fdatasync", 5e9);
  made_run_add_limit(fixture->run, "msync", 5e6);
  draw(fixture);
  static const char *const charts[] = {"charts/update-random.svg", "charts/read-random.svg", "charts/read-cold.svg"};
  static const char dashes[] = "stroke-dasharray='7.2,3.6'";  // of the second bound's line; the first has none
  for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) {
    must_hold(fixture, charts[i], dashes);
    must_hold(fixture, charts[i], "bounds of this machine");
    must_hold(fixture, charts[i], i < 2 ? "bare msync, same group" : "bare msync: mmap");  // not along depth
    must_hold(fixture, charts[i], "\xe2\x86\x91 bare fdatasync");                          // an arrow upwards
    must_lack(fixture, charts[i], "\xe2\x86\x91 bare msync");
  }
  must_hold(fixture, "charts/read-random.svg", "bare msync, same group");
  must_hold(fixture, "charts/read-random.svg", ">320M<");  // of values of 64 bytes
  must_hold(fixture, "charts/read-random.svg", "MB/s");    // not GB/s, as the bound would have it
  must_hold(fixture, "charts/update-random-latency.svg", "bare msync, same group");
  must_hold(fixture, "charts/update-random-latency.svg", ">200ns<");
  must_hold(fixture, "report.md", "## Bounds");
  must_hold(fixture, "report.md", "| msync | 128 B each, 125 KiB, sequential | 5.00 M ops/s (4.50-5.50) | 200 ns |");
}

// Its cells reach 6.4M operations a second at least; a bound is measured to 10%.
static void test_what_is_better_than_its_bound_is_told(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &lines);
  made_run_add_limit(fixture->run, "msync", 6.2e6);  // within the intervals
  made_run_add_limit(fixture->run, "fdatasync", 1e6);
  draw(fixture);
  must_hold(fixture, "charts/read-cold.svg", "better than a bound of theirs: ");
  must_hold(fixture, "charts/read-cold.svg", "pread (bare fdatasync)");
  must_hold(fixture, "data/read-cold.tsv", "by no more than the intervals of both: ");
  must_hold(fixture, "data/read-cold.tsv", "mmap (bare msync)\n");  // alone in its line
}

static void test_a_bound_that_is_missing_is_named(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &lines);
  made_run_add_limit(fixture->run, "fdatasync", 0);
  draw(fixture);
  must_lack(fixture, "charts/read-cold.svg", "stroke-dasharray='7.2,3.6'");
  must_hold(fixture, "charts/read-cold.svg", ": made to be");
  must_lack(fixture, "charts/read-cold.svg", "bounds of this machine");
  must_hold(fixture, "report.md", "made to be");
}

// What ended before it had done all that it was to do is told below its chart.
static void test_cells_that_were_cut_short(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  json_t *cells = json_object_get(fixture->run, "cells");
  json_object_set_new(json_array_get(cells, 0), "operations", json_integer(1));
  draw(fixture);
  must_lack(fixture, "charts/read-random.svg", "ended by their time");
  json_object_set_new(json_array_get(cells, 0), "operations", json_integer(1000000000));
  draw(fixture);
  must_hold(fixture, "charts/read-random.svg", "ended by their time: ");
  must_hold(fixture, "charts/read-random.svg", " of 1000000000 operations)");
}

// A load ends with its records however many operations were asked for, and what failed did not end by its time.
static void test_cells_that_were_not_cut_short(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  json_t *cell = json_array_get(json_object_get(fixture->run, "cells"), 0), *sample;
  size_t i;
  json_object_set_new(cell, "operations", json_integer(1000000000));
  json_object_set_new(cell, "operation", json_string("fill"));
  json_object_set_new(cell, "records", json_integer(1));
  draw(fixture);
  must_lack(fixture, "charts/read-random.svg", "ended by their time");
  json_object_set_new(cell, "operation", json_string("get"));
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    json_object_set_new(sample, "status", json_string("failed"));
    json_object_set_new(sample, "operations", json_null());
  }
  draw(fixture);
  must_lack(fixture, "charts/read-random.svg", "ended by their time");
}

// What makes operations take longer than a rate tells is said below the chart of latencies; where it is swept, the
// chart itself shows it.
static void test_how_operations_went_in(void **state) {
  struct fixture *fixture = *state;
  static const char by_call[] = "8 go in by one call, each takes as long as it", queue[] = "up to 64 in the queue";
  fixture_add(fixture, "host", &bars);
  write_data(fixture);
  must_hold(fixture, "data/read-random.tsv", "# calls: -\n");
  set_all_cells(fixture, "batch", json_integer(8));
  set_all_cells(fixture, "depth", json_integer(64));
  draw(fixture);
  must_hold(fixture, "data/read-random.tsv", by_call);
  must_hold(fixture, "data/read-random.tsv", queue);
  must_hold(fixture, "charts/read-random-latency.svg", "; 8 go in by one call");
  must_lack(fixture, "charts/read-random.svg", "; 8 go in by one call");
  json_t *first = json_array_get(json_object_get(fixture->run, "cells"), 0);
  json_object_set_new(first, "batch", json_integer(1));
  write_data(fixture);
  must_lack(fixture, "data/read-random.tsv", by_call);
  must_hold(fixture, "data/read-random.tsv", queue);
  json_object_set_new(first, "depth", json_integer(1));
  write_data(fixture);
  must_lack(fixture, "data/read-random.tsv", queue);
}

// Each field has its number, a store that was not measured an empty row, and a bound a row below.
static void test_a_heatmap(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &heatmap);
  made_run_add_limit(fixture->run, "fdatasync", 5e6);
  draw(fixture);
  must_be_drawn(fixture, "fields");
  must_hold(fixture, "charts/fields.svg", ">6.40M<");
  must_hold(fixture, "charts/fields.svg", "uring (no data)");
  must_hold(fixture, "charts/fields.svg", ">bare fdatasync, same group<");
  must_hold(fixture, "charts/fields.svg", ">5.00M<");
  must_hold(fixture, "charts/fields.svg", "darker is more, in factors; grey: bounds of this machine");
}

// Flags so many samples that count of the experiment's first cell.
static void flag_samples(const struct fixture *fixture, const char *experiment, size_t count) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(fixture->run, "cells"), i, cell) {
    if (strcmp(json_string_value(json_object_get(cell, "experiment")), experiment) == 0) break;
  }
  for (size_t s = 1; s <= count; s++) json_object_set_new(sample_at(fixture, i, s), "flags", json_pack("[s]", "steal"));
}

// A circle around the value, in every shape that has a place for one, at the foot where a number stands above it; the
// note says how many samples.
static void test_disturbed_cells_are_circled(void **state) {
  static const struct made_experiment *const shapes[] = {&bars, &ladder, &lines};
  static const char circle[] = "circled: disturbed", *const circles[] = {"ring at the foot: disturbed", circle, circle};
  static const char drawn[] = " scale(4.05)' color='rgb( 34,  34,  34)'/>",
                    small[] = " scale(1.86)' color='rgb( 34,  34,  34)'/>";
  static const char *const rings[] = {small, drawn, drawn};
  struct fixture *fixture = *state;
  for (size_t i = 0; i < 3; i++) fixture_add(fixture, "host", shapes[i]);
  draw(fixture);
  for (size_t i = 0; i < 3; i++) {
    char chart[128], latency[128];
    snprintf(chart, sizeof chart, "charts/%s.svg", shapes[i]->name);
    snprintf(latency, sizeof latency, "charts/%s-latency.svg", shapes[i]->name);
    must_lack(fixture, chart, circles[i]);
    must_lack(fixture, chart, rings[i]);
    must_lack(fixture, latency, circle);
  }
  must_lack(fixture, "report.html", " *</td>");
  for (size_t i = 0; i < 3; i++) flag_samples(fixture, shapes[i]->name, 2);
  draw(fixture);
  must_hold(fixture, "report.html", " *</td>");
  must_hold(fixture, "report.html", "* Samples of this cell were disturbed");
  for (size_t i = 0; i < 3; i++) {
    char chart[128], latency[128];
    snprintf(chart, sizeof chart, "charts/%s.svg", shapes[i]->name);
    snprintf(latency, sizeof latency, "charts/%s-latency.svg", shapes[i]->name);
    must_hold(fixture, chart, circles[i]);
    must_hold(fixture, chart, rings[i]);
    must_hold(fixture, latency, drawn);
    must_hold(fixture, latency, circle);
  }
  must_hold(fixture, "data/read-random.tsv", "\tB/s\t2\n");
  must_hold(fixture, "data/read-random.tsv", "\tB/s\t0\n");
  must_hold(fixture, "charts/read-random.svg", "disturbed: 2 of its samples");
  must_hold(fixture, "report.md",
            "| flagged samples of | that count | repeated or warming up | flags |\n| --- | --- | --- | --- |\n"
            "| 1/mmap | 2 of 5 | 0 | steal 2 |\n\n");
  // There is room for four notes, and five cells have no figure: those are named before what has a circle.
  must_lack(fixture, "charts/update-random.svg", "disturbed: 2 of its samples");
  must_hold(fixture, "charts/update-random.svg", "and 2 more (see");
}

static void drop(const struct fixture *fixture, const char *batch, const char *engine) {
  json_t *dropped = json_object_get(fixture->run, "dropped");
  json_t *point = json_pack("{s:s, s:{s:s, s:s}, s:s}", "experiment", "read-random", "point", "batch", batch, "engine",
                            engine, "reason", "would take 9 s more than the budget");
  assert_int_equal(json_array_append_new(dropped, point), 0);
}

// What the run had no time for is a cross where it is missed, and no empty place where nothing is left to compare.
static void test_what_was_dropped_is_marked(void **state) {
  static const char *const more[] = {"1", "8", "64", "512", NULL};
  static const char cross[] = "no value, the report says why";
  struct fixture *fixture = *state;
  struct made_experiment four = bars;
  four.xs = more;
  fixture_add(fixture, "host", &four);
  draw(fixture);
  must_lack(fixture, "charts/read-random.svg", cross);
  must_lack(fixture, "charts/read-random.svg", "nothing was measured");
  json_t *cells = json_object_get(fixture->run, "cells");
  for (size_t i = 0; i < 5; i++) {  // all of batch 512, and uring at 64
    assert_int_equal(json_array_remove(cells, json_array_size(cells) - 1), 0);
    drop(fixture, "512", engines[i]);
  }
  assert_int_equal(json_array_remove(cells, json_array_size(cells) - 1), 0);
  drop(fixture, "64", "uring");
  draw(fixture);
  must_hold(fixture, "data/read-random.tsv",
            "\n-\t64\t2\turing\t4\tnan\tnan\tnan\t0\tdropped\tnan\tnan\tnan\tnan\tnan\tB/s\t0\n");
  must_hold(fixture, "charts/read-random.svg", cross);
  must_hold(fixture, "charts/read-random.svg",
            "nothing was measured at batch 512 (would take 9 s more than the budget)");
  must_lack(fixture, "charts/read-random.svg", "not shown: 512/");  // it has been said
  must_lack(fixture, "charts/read-random.svg", "more (see");
  must_hold(fixture, "charts/read-random.svg", "not shown: 64/uring left out: would take 9 s more than the budget");
  must_lack(fixture, "charts/read-random.svg", ">512<");
  must_hold(fixture, "charts/read-random-latency.svg", "nothing was measured at batch 512");
  must_lack(fixture, "charts/read-random-latency.svg", ">batch 512<");  // no panel
}

static void test_nothing_but_zeros_is_drawn(void **state) {
  struct fixture *fixture = *state;
  struct made_experiment experiment = bars;
  experiment.y = "read_amplification";
  fixture_add(fixture, "host", &experiment);
  json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(fixture->run, "cells"), i, cell) {
    json_t *sample = json_array_get(json_object_get(cell, "samples"), 1);
    json_object_set_new(sample, "device_read_bytes", json_integer(0));
    json_object_set_new(sample, "value_bytes_read", json_integer(640));
  }
  draw(fixture);
  must_be_drawn(fixture, "read-random");
}

// Its second file tells whose the intervals are, and which repetition is in the middle: of 98%, 100% and 102% the
// second.
static void test_a_timeline(void **state) {
  static const char *const one[] = {"pread", "mmap", NULL};
  static const char *const no_x[] = {"", NULL};
  struct fixture *fixture = *state;
  const struct made_experiment experiment = {.name = "over-time",
                                             .title = "Reads over time",
                                             .question = "Does it keep its rate?",
                                             .shape = "timeline",
                                             .x = "",
                                             .y = "ops_per_s",
                                             .xs = no_x,
                                             .engines = one};
  fixture_add(fixture, "host", &experiment);
  json_t *made = json_array_get(json_object_get(fixture->run, "experiments"), 0);
  assert_int_equal(json_array_remove(json_object_get(made, "axes"), 0), 0);  // that of x
  made_run_add_limit(fixture->run, "fdatasync", 5e6);
  draw(fixture);
  must_be_drawn(fixture, "over-time");
  must_hold(fixture, "charts/over-time.svg", "bare fdatasync: pread");
  must_hold(fixture, "charts/over-time.svg", "seconds since the start of the clock");
  must_hold(fixture, "charts/over-time.svg", "pread");
  must_hold(fixture, "data/over-time-timeline.tsv", "\n1\t2\t1\t0.000000\t0.025000\t6400000\t0\t163840\tnan\n");
  must_hold(fixture, "data/over-time-timeline.tsv", "\n1\t2\t1\t0.050000\t0.075000\t3200000\t0\t163840\tnan\n");
  must_hold(fixture, "data/over-time-timeline.tsv", "\n1\t1\t0\t");
  must_hold(fixture, "data/over-time-timeline.tsv", "\n2\t3\t0\t");
  must_lack(fixture, "data/over-time-timeline.tsv", "\n1\t0\t");  // the repetition that is not counted
  must_hold(fixture, "report.md", "pread");
  must_hold(fixture, "report.html", ">operations per second</th>");
}

// Another metric takes another kind of sample; an interval in which no operation ended has no wait, and no point.
static void test_a_timeline_of_waits(void **state) {
  static const char *const one[] = {"pread", "mmap", NULL};
  static const char *const no_x[] = {"", NULL};
  struct fixture *fixture = *state;
  const struct made_experiment experiment = {.name = "waits",
                                             .title = "Waits over time",
                                             .question = "When does it stall?",
                                             .shape = "timeline",
                                             .x = "",
                                             .y = "stall",
                                             .xs = no_x,
                                             .engines = one};
  fixture_add(fixture, "host", &experiment);
  json_t *made = json_array_get(json_object_get(fixture->run, "experiments"), 0);
  assert_int_equal(json_array_remove(json_object_get(made, "axes"), 0), 0);  // that of x
  assert_int_equal(json_object_set_new(json_object_get(made, "chart"), "log_y", json_true()), 0);
  draw(fixture);
  must_be_drawn(fixture, "waits");
  must_hold(fixture, "charts/waits.svg", "longest wait, s (lower is better)");
  must_hold(fixture, "charts/waits.svg", "the longest wait of an interval");
  must_hold(fixture, "data/waits-timeline.tsv", "\n1\t1\t1\t0.000000\t0.050000\t");
  must_hold(fixture, "data/waits-timeline.tsv", "\t62500\n1\t1\t1\t0.050000\t0.100000\t0\tnan\tnan\tnan\n");
  must_lack(fixture, "data/waits-timeline.tsv", "\n1\t2\t");  // a throughput sample
}

static void test_lines_need_numbers(void **state) {
  struct fixture *fixture = *state;
  struct error error = {0};
  struct made_experiment experiment = lines;
  experiment.xs = syncs;
  fixture_add(fixture, "host", &experiment);
  write_data(fixture);
  assert_int_equal(report_charts(fixture->folder, fixture->run, &error), -EINVAL);
  if (!strstr(error.text, "lines need numbers along x")) fail_msg("%s", error.text);
}

static void must_be_no_part(const struct fixture *fixture) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%.2000s/charts", fixture->folder);
  DIR *stream = opendir(path);
  assert_non_null(stream);
  for (const struct dirent *entry; (entry = readdir(stream));)
    if (strstr(entry->d_name, ".part")) fail_msg("charts/%s is left", entry->d_name);
  closedir(stream);
}

// gnuplot itself exits 0 here.
static void test_a_missing_file_is_an_error(void **state) {
  struct fixture *fixture = *state;
  struct error error = {0};
  char path[PATH_MAX];
  fixture_add(fixture, "host", &bars);
  write_data(fixture);
  snprintf(path, sizeof path, "%.2000s/data/read-random.tsv", fixture->folder);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(report_charts(fixture->folder, fixture->run, &error), -EINVAL);
  assert_non_null(strstr(error.text, "data/read-random.tsv"));
  assert_null(read_all(fixture, "charts/read-random.svg"));
  must_be_no_part(fixture);
}

// Two programs may draw one run at a time.
static void test_what_another_draws_is_left_alone(void **state) {
  struct fixture *fixture = *state;
  char path[PATH_MAX];
  fixture_add(fixture, "host", &bars);
  snprintf(path, sizeof path, "%.2000s/charts", fixture->folder);
  assert_int_equal(mkdir(path, 0700), 0);
  strcat(path, "/.read-random.part.svg");
  FILE *file = fopen(path, "we");
  assert_non_null(file);
  assert_true(fputs("half of it", file) >= 0);
  assert_int_equal(fclose(file), 0);
  draw(fixture);
  must_be_drawn(fixture, "read-random");
  must_hold(fixture, "charts/.read-random.part.svg", "half of it");
  assert_int_equal(unlink(path), 0);
  must_be_no_part(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_every_shape_in_three_formats),
      TEST(test_a_metric_beside),
      TEST(test_titles_are_findings),
      TEST(test_a_log_axis_has_no_bars),
      TEST(test_bounds_are_drawn),
      TEST(test_what_is_better_than_its_bound_is_told),
      TEST(test_a_bound_that_is_missing_is_named),
      TEST(test_cells_that_were_cut_short),
      TEST(test_cells_that_were_not_cut_short),
      TEST(test_how_operations_went_in),
      TEST(test_a_heatmap),
      TEST(test_disturbed_cells_are_circled),
      TEST(test_what_was_dropped_is_marked),
      TEST(test_nothing_but_zeros_is_drawn),
      TEST(test_a_timeline),
      TEST(test_a_timeline_of_waits),
      TEST(test_lines_need_numbers),
      TEST(test_a_missing_file_is_an_error),
      TEST(test_what_another_draws_is_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
