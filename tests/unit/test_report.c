// SPDX-License-Identifier: MIT
// Charts and reports of made-up runs: every file is there, nothing in a text runs, what was not measured is named, and
// what goes wrong with gnuplot is an error.
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
#include "harness/report/values.h"
#include "harness/results.h"
#include "tests/unit/made_run.h"
#include "tests/unit/temporary.h"

static const char *const syncs[] = {"none", "async", "every=64", "interval=10ms", "always", NULL};
static const char *const batches[] = {"1", "8", "64", NULL};
static const char *const engines[] = {"mmap", "map-pwrite", "pread", "stdio", "uring", NULL};

static const struct made_experiment ladder = {.name = "update-random",
                                              .title = "Durable random updates",
                                              .question = "What does each promise cost?",
                                              .shape = "ladder",
                                              .x = "sync",
                                              .y = "ops_per_s",
                                              .log_y = 1,
                                              .xs = syncs,
                                              .engines = engines,
                                              .skipped = "uring"};
static const struct made_experiment bars = {.name = "read-random",
                                            .title = "Random reads",
                                            .question = "How many gets a second?",
                                            .shape = "bars",
                                            .x = "batch",
                                            .y = "bytes_per_s",
                                            .xs = batches,
                                            .engines = engines};
static const struct made_experiment lines = {.name = "read-cold",
                                             .title = "Cold reads",
                                             .question = "How many gets a second?",
                                             .shape = "lines",
                                             .x = "depth",
                                             .y = "ops_per_s",
                                             .xs = batches,
                                             .engines = engines};

static const struct made_experiment heatmap = {.name = "fields",
                                               .title = "Bytes of a put",
                                               .question = "How many?",
                                               .shape = "heatmap",
                                               .x = "sync",
                                               .y = "ops_per_s",
                                               .log_y = 1,
                                               .xs = syncs,
                                               .engines = engines,
                                               .skipped = "uring"};

struct fixture {
  char folder[PATH_MAX];
  json_t *run;
};

static void fixture_add(struct fixture *fixture, const char *host, const struct made_experiment *experiment) {
  if (!fixture->run) fixture->run = made_run(host);
  made_run_add(fixture->run, experiment);
}

static void must(int code, const struct error *error) {
  if (code) fail_msg("%d: %s", code, error->text);
}

static void write_data(struct fixture *fixture) {
  struct error error = {0};
  must(results_summarise(fixture->run, &error), &error);
  must(results_write(fixture->folder, fixture->run, &error), &error);
}

static void draw(struct fixture *fixture) {
  struct error error = {0};
  write_data(fixture);
  must(report_charts(fixture->folder, fixture->run, &error), &error);
  must(report_pages(fixture->folder, fixture->run, &error), &error);
}

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture) return -1;
  snprintf(fixture->folder, sizeof fixture->folder, "%s/report-XXXXXX", temporary_folder());
  *state = fixture;
  return mkdtemp(fixture->folder) ? 0 : -1;
}

static void remove_folder(const char *folder) {
  DIR *stream = opendir(folder);
  if (!stream) return;
  for (const struct dirent *entry; (entry = readdir(stream));) {
    char path[PATH_MAX];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%.2000s/%.255s", folder, entry->d_name);
    if (unlink(path)) remove_folder(path);
  }
  closedir(stream);
  rmdir(folder);
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  remove_folder(fixture->folder);
  json_decref(fixture->run);
  free(fixture);
  return 0;
}

// The bytes of FOLDER/NAME with a zero behind them; NULL if there is no such file.
static char *read_all(const struct fixture *fixture, const char *name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%.2000s/%.1000s", fixture->folder, name);
  FILE *file = fopen(path, "re");
  if (!file) return NULL;
  char *text = NULL;
  size_t room = 0;
  ssize_t length = getdelim(&text, &room, 0, file);
  fclose(file);
  assert_true(length >= 0);
  return text;
}

static char *must_read(const struct fixture *fixture, const char *name) {
  char *text = read_all(fixture, name);
  if (!text) fail_msg("%s is missing", name);
  return text ? text : strdup("");
}

static void must_hold(const struct fixture *fixture, const char *name, const char *words) {
  char *text = must_read(fixture, name);
  if (!strstr(text, words)) fail_msg("%s does not hold: %s", name, words);
  free(text);
}

static void must_lack(const struct fixture *fixture, const char *name, const char *words) {
  char *text = must_read(fixture, name);
  if (strstr(text, words)) fail_msg("%s holds: %s", name, words);
  free(text);
}

static void must_be_drawn(const struct fixture *fixture, const char *chart) {
  char name[600];
  snprintf(name, sizeof name, "charts/%s.svg", chart);
  must_hold(fixture, name, "</svg>");
  must_lack(fixture, name, "<script");
  snprintf(name, sizeof name, "charts/%s.png", chart);
  must_hold(fixture, name, "PNG\r\n\x1a\n");
  snprintf(name, sizeof name, "charts/%s.pdf", chart);
  must_hold(fixture, name, "%PDF-1.");
}

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

static void test_what_was_skipped_is_named(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &ladder);
  draw(fixture);
  must_hold(fixture, "charts/update-random.svg", "uring (no data)");
  must_hold(fixture, "charts/update-random.svg", "io_uring is disabled: kernel.io_uring_disabled=2");
  must_hold(fixture, "charts/update-random.svg", "and 1 more (see");
  must_hold(fixture, "report.html", "io_uring is disabled: kernel.io_uring_disabled=2");
  must_hold(fixture, "report.md", "skipped: io\\_uring is disabled: kernel.io\\_uring\\_disabled=2");
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
  static const char dashes[] = "stroke-dasharray='3.6,1.8'";  // of the second bound's line; the first has none
  for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) {
    must_hold(fixture, charts[i], "bounds of this machine");
    must_hold(fixture, charts[i], "bare msync");
    must_hold(fixture, charts[i], "\xe2\x86\x91 bare fdatasync");  // an arrow upwards
    must_lack(fixture, charts[i], "\xe2\x86\x91 bare msync");
    must_hold(fixture, charts[i], dashes);
  }
  must_hold(fixture, "charts/read-random.svg", "bare msync 320M");  // of values of 64 bytes
  must_hold(fixture, "charts/read-random.svg", "MB/s");             // not GB/s, as the bound would have it
  must_hold(fixture, "charts/update-random-latency.svg", "bare msync 200n");
  must_hold(fixture, "report.md", "## Bounds");
  must_hold(fixture, "report.md", "| msync | 128 B each, 125 KiB, sequential | 5.00 M ops/s (4.50-5.50) | 200 ns |");
}

static void test_a_bound_that_is_missing_is_named(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &lines);
  made_run_add_limit(fixture->run, "fdatasync", 0);
  draw(fixture);
  must_hold(fixture, "charts/read-cold.svg", ": made to be");
  must_lack(fixture, "charts/read-cold.svg", "bounds of this machine");
  must_lack(fixture, "charts/read-cold.svg", "stroke-dasharray='3.6,1.8'");
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

// Each field has its number, a store that was not measured an empty row, and a bound a row below.
static void test_a_heatmap(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &heatmap);
  made_run_add_limit(fixture->run, "fdatasync", 5e6);
  draw(fixture);
  must_be_drawn(fixture, "fields");
  must_hold(fixture, "charts/fields.svg", ">6.40M<");
  must_hold(fixture, "charts/fields.svg", "uring (no data)");
  must_hold(fixture, "charts/fields.svg", ">bare fdatasync<");
  must_hold(fixture, "charts/fields.svg", ">5.00M<");
  must_hold(fixture, "charts/fields.svg", "darker is more, in factors; grey: bounds of this machine");
}

static void test_nothing_measured(void **state) {
  static const char *const one[] = {"uring", NULL};
  struct fixture *fixture = *state;
  struct made_experiment experiment = ladder;
  experiment.engines = one;
  fixture_add(fixture, "host", &experiment);
  draw(fixture);
  assert_null(read_all(fixture, "charts/update-random.svg"));
  must_hold(fixture, "report.md", "nothing was measured");
}

static void test_a_report_says_what_matters(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "bench-07", &bars);
  json_object_set_new(fixture->run, "complete", json_false());
  json_object_set_new(json_object_get(fixture->run, "environment"), "durable", json_false());
  draw(fixture);
  static const char *const html[] = {"<title>storebench: bench-07, quick profile, 2026-01-02",
                                     "stopped before its end",
                                     "keeps nothing over a power loss",
                                     "all verdicts are indicative",
                                     "<figure>\n<svg role=\"img\" aria-label=\"",
                                     "<td>fdatasync after each put</td>",
                                     "Storing into a map beats file I/O",
                                     "storebench run read-random --profile quick --seed 7",
                                     "<td>unreadable.governor</td><td>no cpufreq</td>",
                                     "operation update; keys uniform",
                                     "batch 1; depth 1"};
  for (size_t i = 0; i < sizeof html / sizeof html[0]; i++) must_hold(fixture, "report.html", html[i]);
  must_hold(fixture, "report.md", "![");
  must_hold(fixture, "report.md", "](charts/read-random.png)");
  must_hold(fixture, "report.md", "MB/s (");
}

static json_t *sample_of(const struct fixture *fixture, size_t cell, size_t sample) {
  const json_t *made = json_array_get(json_object_get(fixture->run, "cells"), cell);
  return json_array_get(json_object_get(made, "samples"), sample);
}

// Flags so many samples that count of the experiment's first cell.
static void flag_samples(const struct fixture *fixture, const char *experiment, size_t count) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(fixture->run, "cells"), i, cell) {
    if (strcmp(json_string_value(json_object_get(cell, "experiment")), experiment) == 0) break;
  }
  for (size_t s = 1; s <= count; s++) json_object_set_new(sample_of(fixture, i, s), "flags", json_pack("[s]", "steal"));
}

// A circle around the value, in every shape that has a place for one; the note says how many samples.
static void test_disturbed_cells_are_circled(void **state) {
  static const struct made_experiment *const shapes[] = {&bars, &ladder, &lines};
  static const char circle[] = "circled: disturbed", drawn[] = " scale(5.06)' color='rgb( 34,  34,  34)'/>";
  struct fixture *fixture = *state;
  for (size_t i = 0; i < 3; i++) fixture_add(fixture, "host", shapes[i]);
  draw(fixture);
  for (size_t i = 0; i < 3; i++) {
    char chart[128], latency[128];
    snprintf(chart, sizeof chart, "charts/%s.svg", shapes[i]->name);
    snprintf(latency, sizeof latency, "charts/%s-latency.svg", shapes[i]->name);
    must_lack(fixture, chart, circle);
    must_lack(fixture, latency, circle);
    must_lack(fixture, chart, drawn);
  }
  for (size_t i = 0; i < 3; i++) flag_samples(fixture, shapes[i]->name, 2);
  draw(fixture);
  for (size_t i = 0; i < 3; i++) {
    char chart[128], latency[128];
    snprintf(chart, sizeof chart, "charts/%s.svg", shapes[i]->name);
    snprintf(latency, sizeof latency, "charts/%s-latency.svg", shapes[i]->name);
    must_hold(fixture, chart, circle);
    must_hold(fixture, latency, circle);
    must_hold(fixture, chart, drawn);
    must_hold(fixture, latency, drawn);
  }
  must_hold(fixture, "data/read-random.tsv", "\tB/s\t2\n");
  must_hold(fixture, "data/read-random.tsv", "\tB/s\t0\n");
  must_hold(fixture, "charts/read-random.svg", "disturbed: 2 of its samples");
  // There is room for four notes, and five cells have no figure: those are named before what has a circle.
  must_lack(fixture, "charts/update-random.svg", "disturbed: 2 of its samples");
  must_hold(fixture, "charts/update-random.svg", "and 2 more (see");
}

// Values that differ among the samples of a cell stand side by side; cells of one engine that are alike stand once.
static void test_what_was_in_effect(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  static const char *const huge[] = {"none", "12% of it", "none"};
  for (size_t i = 0; i < 3; i++)
    json_object_set_new(sample_of(fixture, 0, i), "effective",
                        json_pack("{s:s, s:s}", "advice", "random", "huge pages", huge[i]));
  draw(fixture);
  must_hold(fixture, "report.html", "<td>advice: random; huge pages: none | 12% of it</td>");
  must_lack(fixture, "report.html", "none | 12% of it | none");
}

// Beside charts with peers, of those that gave a figure; nowhere else.
static void test_what_peers_give(void **state) {
  static const char *const some[] = {"mmap", "lmdb", "rocksdb", "bbolt", NULL};
  struct fixture *fixture = *state;
  struct made_experiment experiment = bars;
  experiment.engines = some;
  experiment.skipped = "rocksdb";
  fixture_add(fixture, "host", &experiment);
  draw(fixture);
  must_hold(fixture, "report.md", "|  | mmap, pread, stdio, uring | lmdb | bbolt |");
  must_hold(fixture, "report.md", "| scan in key order, from any key | no | yes | yes |");
  must_hold(fixture, "report.md", "None of the four peers writes through its map by default.");
  must_hold(fixture, "report.html", "None of the four peers writes through its map by default.");
}

static void test_no_peers_no_word_of_them(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  draw(fixture);
  must_lack(fixture, "report.md", "peers");
}

// The table of claims stands before all else and leads to the sections; each section has its points.
static void add_space(const struct fixture *fixture, size_t cell, double compacted) {
  json_t *after =
      compacted > 0 ? json_pack("{s:f, s:f}", "apparent", compacted, "allocated", compacted + 4096) : json_null();
  json_t *space = json_pack("{s:{s:f, s:f}, s:o}", "loaded", "apparent", 3e6, "allocated", 4e6, "compacted", after);
  assert_int_equal(json_object_set_new(sample_of(fixture, cell, 0), "space", space), 0);
}

// One row a data set: cells that share one have one.
static void test_sizes_before_and_after_compaction(void **state) {
  struct fixture *fixture = *state;
  static const char *const stores[] = {"mmap", "lmdb", NULL};
  struct made_experiment beside = bars;
  struct error error = {0};
  beside.engines = stores;
  fixture_add(fixture, "host", &beside);
  for (size_t cell = 0; cell < 6; cell++) add_space(fixture, cell, 0);
  write_data(fixture);
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_lack(fixture, "report.md", "What the files take");  // nothing was compacted
  for (size_t cell = 1; cell < 6; cell += 2) add_space(fixture, cell, 2e6);
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md",
            "compacted: on disk |\n| --- | --- | --- | --- | --- | --- |\n"
            "| mmap | 64.0 kB | 3.00 MB | 4.00 MB | as loaded | as loaded |\n"
            "| lmdb | 64.0 kB | 3.00 MB | 4.00 MB | 2.00 MB | 2.00 MB |\n\n");
  must_hold(fixture, "report.md", "as loaded and not compacted");
}

static void test_claims_head_the_report(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  made_run_claim(fixture->run, "mmap", "pread", "> 1");
  fixture_add(fixture, "host", &ladder);
  json_t *chart = json_object_get(json_array_get(json_object_get(fixture->run, "experiments"), 0), "chart");
  json_object_set_new(chart, "read", json_string("Longer is faster."));
  draw(fixture);
  static const char row[] =
      "<tr><td><a href=\"#read-random\">Storing into a map beats file I/O</a></td><td>holds, at all 3 points</td>"
      "<td>5.00 (5.00-5.00)</td><td>mmap / pread at batch 1, claimed &gt; 1</td></tr>";
  must_hold(fixture, "report.html", row);
  must_hold(fixture, "report.html", "<h2 id=\"read-random\">");
  must_hold(fixture, "report.html",
            "<td>mmap / pread</td><td>batch 64</td><td>5.00 (5.00-5.00)</td><td>&gt; 1</td><td>holds</td>");
  must_hold(fixture, "report.html", "<p>How to read this: Longer is faster.</p>");
  must_hold(fixture, "report.md", "| [Storing into a map beats file I/O](#read-random) | holds, at all 3 points |");
  must_hold(fixture, "report.md", "<a id=\"read-random\"></a>");
  must_lack(fixture, "report.md", "](#update-random)");  // it has no test
  char *text = must_read(fixture, "report.html");
  assert_true(strstr(text, row) < strstr(text, "class=\"note\""));
  free(text);
}

static void test_what_an_operation_costs(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  json_object_set_new(json_object_get(fixture->run, "environment"), "counted_devices", json_string("vda"));
  draw(fixture);
  must_hold(fixture, "report.html", "Device bytes are of vda, whoever causes them");
  must_hold(fixture, "report.html", "<td>-</td><td>2.00</td><td>0.500</td><td>-</td><td>-</td><td>64.0</td>");
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
  must_hold(fixture, "charts/over-time.svg", "bare fdatasync 5.00M");
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

static int is_canary(const struct dirent *entry) { return strncmp(entry->d_name, "canary", 6) == 0; }

static void must_have_no_canary(const char *folder) {
  struct dirent **found;
  int count = scandir(folder, &found, is_canary, NULL);
  if (count != 0) fail_msg("%d canaries in %s: a text was run", count, folder);
  free(found);
}

static void test_texts_run_nothing(void **state) {
  static const char *const xs[] = {"`touch canary1`", "100%s", "\"$(touch canary2)\"", NULL};
  static const char *const hostile[] = {"`touch canary3`", "@looks", "'.system('touch canary4').'", "a\\nb_{c}^d",
                                        NULL};
  struct fixture *fixture = *state;
  const struct made_experiment experiment = {
      .name = "it's \"`touch canary5`\" $(touch canary6)",
      .title = "'; system 'touch canary7' #",
      .question = "<script>alert(1)</script> & \"`touch canary8`\" $(touch canary9) \\\"",
      .shape = "bars",
      .x = "sync",
      .y = "ops_per_s",
      .xs = xs,
      .engines = hostile};
  fixture_add(fixture, "`touch canary10`\"; system(\"touch canary11\")", &experiment);
  draw(fixture);
  must_have_no_canary(fixture->folder);
  must_have_no_canary(".");
  char chart[256], latency[256];
  snprintf(chart, sizeof chart, "charts/%s.svg", experiment.name);
  snprintf(latency, sizeof latency, "charts/%s-latency.svg", experiment.name);
  static const char *const shown[] = {"`touch canary3`",
                                      "@looks",
                                      "'.system('touch canary4').'",
                                      "a\\nb_{c}^d",
                                      "`touch canary1`",
                                      "100%s",
                                      "\"$(touch canary2)\"",
                                      "&lt;script>alert(1)&lt;/script> &amp; \"`touch canary8`\" $(touch canary9) \\\"",
                                      "`touch canary10`\"; system(\"touch canary11\")"};
  for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) must_hold(fixture, chart, shown[i]);
  must_hold(fixture, latency, "Latency: '; system 'touch canary7' #");
  must_lack(fixture, chart, "<script");
  must_lack(fixture, "report.html", "<script>alert");
  must_hold(fixture, "report.html", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;`touch canary8`&quot;");
  must_hold(fixture, "report.md", "\\<script\\>alert(1)\\</script\\> \\& \"\\`touch canary8\\`\"");
  must_hold(fixture, "report.md", "](charts/it%27s%20%22%60touch%20canary5%60%22%20%24%28touch%20canary6%29.png)");
}

static void test_an_experiment_is_no_path(void **state) {
  struct fixture *fixture = *state;
  struct error error = {0};
  struct made_experiment experiment = bars;
  experiment.name = "../up";
  fixture_add(fixture, "host", &experiment);
  must(results_summarise(fixture->run, &error), &error);
  assert_int_equal(report_charts(fixture->folder, fixture->run, &error), -EINVAL);
}

static void test_no_gnuplot(void **state) {
  struct fixture *fixture = *state;
  struct error error = {0};
  const char *before = getenv("PATH");
  char *path = strdup(before ? before : "");
  fixture_add(fixture, "host", &bars);
  write_data(fixture);
  assert_int_equal(setenv("PATH", fixture->folder, 1), 0);
  int code = report_charts(fixture->folder, fixture->run, &error);
  assert_int_equal(setenv("PATH", path, 1), 0);
  free(path);
  assert_int_equal(code, -ENOENT);
  assert_non_null(strstr(error.text, "install gnuplot"));
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md", "could not be drawn");
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
  assert_null(read_all(fixture, "charts/.read-random.part.svg"));
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

static void test_values(void **state) {
  static const struct {
    double value;
    const char *unit, *text;
  } cases[] = {{6412345, "ops/s", "6.41 M ops/s"},
               {999.96, "ops/s", "1.00 k ops/s"},
               {18.2e3, "ops/s", "18.2 k ops/s"},
               {940, "ops/s", "940 ops/s"},
               {2.37e9, "B/s", "2.37 GB/s"},
               {1200, "ns", "1.20 us"},
               {7.1, "ns", "7.10 ns"},
               {3.25e9, "ns", "3.25 s"},
               {0, "ops/s", "0.00 ops/s"},
               {0.5, "calls/op", "0.500 calls/op"},
               {0.0021, "", "0.00210"},
               {545.6, "", "546"},
               {1234, "", "1.23 k"}};
  char text[64];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    value_format(cases[i].value, cases[i].unit, text, sizeof text);
    assert_string_equal(text, cases[i].text);
  }
  value_format_interval(6.4e6, 6.2e6, 6.55e6, "ops/s", text, sizeof text);
  assert_string_equal(text, "6.40 M ops/s (6.20-6.55)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_every_shape_in_three_formats),
      TEST(test_a_metric_beside),
      TEST(test_titles_are_findings),
      TEST(test_what_was_skipped_is_named),
      TEST(test_a_log_axis_has_no_bars),
      TEST(test_nothing_measured),
      TEST(test_cells_that_were_cut_short),
      TEST(test_a_heatmap),
      TEST(test_a_report_says_what_matters),
      TEST(test_claims_head_the_report),
      TEST(test_what_an_operation_costs),
      TEST(test_what_was_in_effect),
      TEST(test_what_peers_give),
      TEST(test_sizes_before_and_after_compaction),
      TEST(test_no_peers_no_word_of_them),
      TEST(test_disturbed_cells_are_circled),
      TEST(test_nothing_but_zeros_is_drawn),
      TEST(test_a_timeline),
      TEST(test_a_timeline_of_waits),
      TEST(test_texts_run_nothing),
      TEST(test_an_experiment_is_no_path),
      TEST(test_no_gnuplot),
      TEST(test_a_missing_file_is_an_error),
      TEST(test_lines_need_numbers),
      cmocka_unit_test(test_values),
      TEST(test_bounds_are_drawn),
      TEST(test_a_bound_that_is_missing_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
