// SPDX-License-Identifier: MIT
// Reports of made-up runs: nothing in a text runs, what was not measured is named, and what goes wrong with gnuplot is
// an error.
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

#include "harness/report/values.h"
#include "harness/results.h"
#include "tests/unit/report_fixture.h"

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
  json_t *other = json_array_get(json_object_get(fixture->run, "cells"), 0);
  json_object_set_new(other, "sync", json_string("none"));
  json_object_set_new(other, "durability", json_string("nothing is synced"));
  set_all_cells(fixture, "duration", json_real(0.3));
  draw(fixture);
  static const char *const html[] = {"<title>storebench: bench-07, quick profile, 2026-01-02",
                                     "stopped before its end",
                                     "keeps nothing over a power loss",
                                     "all verdicts are indicative",
                                     "<figure>\n<svg role=\"img\" aria-label=\"",
                                     "<td>mmap</td><td>mmap</td><td>none</td><td>nothing is synced</td>",
                                     "<td>mmap</td><td>mmap</td><td>always</td><td>fdatasync after each put</td>",
                                     "Storing into a map beats file I/O",
                                     "storebench run read-random --profile quick --seed 7",
                                     "<td>unreadable.governor</td><td>no cpufreq</td>",
                                     "operation update; keys uniform",
                                     "batch 1; depth 1; duration 0.3 s.",
                                     "<p class=\"headline\">mmap ",
                                     "<h2 id=\"method\">",
                                     "<a href=\"samples.csv\">samples.csv</a>: a row a sample"};
  for (size_t i = 0; i < sizeof html / sizeof html[0]; i++) must_hold(fixture, "report.html", html[i]);
  must_hold(fixture, "report.md", "![");
  must_hold(fixture, "report.md", "](charts/read-random.png)");
  must_hold(fixture, "report.md",
            "![Latency percentiles: Random reads. The 99th: from 625 ns (1/mmap) to 681 us (64/uring)]");
  must_hold(fixture, "report.md", "\n\n**mmap ");
  must_hold(fixture, "report.md", "MB/s (");
  must_hold(fixture, "report.md", "- [samples.csv](samples.csv): a row a sample");
  must_lack(fixture, "report.md", "operations as swept");  // which these cells do not have
}

// Values that differ among the samples of a cell stand side by side; cells of one engine that are alike stand once.
static void test_what_was_in_effect(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  static const char *const huge[] = {"none", "12% of it", "none"};
  for (size_t i = 0; i < 3; i++)
    json_object_set_new(sample_at(fixture, 0, i), "effective",
                        json_pack("{s:s, s:s}", "advice", "random", "huge pages", huge[i]));
  // Of the next engine, and of the first one at the next x.
  json_object_set_new(sample_at(fixture, 1, 0), "effective", json_pack("{s:s}", "advice", "none"));
  json_object_set_new(sample_at(fixture, 5, 0), "effective", json_pack("{s:s}", "advice", "sequential"));
  draw(fixture);
  must_hold(fixture, "report.html", "<td>advice: random; huge pages: none | 12% of it</td>");
  must_lack(fixture, "report.html", "none | 12% of it | none");
  must_hold(fixture, "report.html",
            "</td></tr>\n<tr><td>mmap</td><td>mmap</td><td>advice: sequential</td></tr>\n"
            "<tr><td>map-pwrite</td><td>pread</td><td>advice: none</td></tr>\n</tbody>");
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
  assert_int_equal(json_object_set_new(sample_at(fixture, cell, 0), "space", space), 0);
  // The first sample does not count.
  for (size_t i = 0; i < 3; i++) {
    json_t *stat = json_pack("{s:f, s:f}", "bytes_apparent", 5e6, "bytes_allocated", i ? 6e6 : 9e6);
    assert_int_equal(json_object_set_new(sample_at(fixture, cell, i), "stat", stat), 0);
  }
}

// One row a data set: cells that share one have one.
static void test_sizes_before_and_after_compaction(void **state) {
  struct fixture *fixture = *state;
  static const char *const stores[] = {"mmap", "lmdb", NULL};
  struct made_experiment beside = bars;
  struct error error = {0};
  beside.engines = stores;
  fixture_add(fixture, "host", &beside);
  for (size_t cell = 0; cell < 6; cell += 2) add_space(fixture, cell, 0);
  write_data(fixture);
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_lack(fixture, "report.md", "What the files take");  // no store that others wrote is among those that tell
  for (size_t cell = 1; cell < 6; cell += 2) add_space(fixture, cell, 2e6);
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md",
            "measured: on disk |\n| --- | --- | --- | --- | --- | --- | --- |\n"
            "| mmap | 64.0 kB | 3.00 MB | 4.00 MB | left as loaded | left as loaded | 6.00 MB |\n"
            "| lmdb | 64.0 kB | 3.00 MB | 4.00 MB | 2.00 MB | 2.00 MB | 6.00 MB |\n\n");
  must_hold(fixture, "report.md", "The native engines are not compacted after their load");
  // Another cell of the data set leaves more behind.
  json_object_set_new(json_object_get(sample_at(fixture, 3, 2), "stat"), "bytes_allocated", json_real(8e6));
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md", "| 4.00 MB | left as loaded | left as loaded | 6.00 MB |");
  must_hold(fixture, "report.md", "| 2.00 MB | 2.00 MB | 6.00 MB to 8.00 MB |");
  must_lack(fixture, "report.md", "RocksDB reserves");
  // What was done to a data set is part of its name: two of one engine are not the same.
  for (size_t cell = 0; cell < 6; cell += 2)
    json_object_set_new(json_array_get(json_object_get(fixture->run, "cells"), cell), "before", json_string("compact"));
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md", "| mmap, then compact | 64.0 kB |");
  for (size_t cell = 1; cell < 6; cell += 2)
    json_object_set_new(json_array_get(json_object_get(fixture->run, "cells"), cell), "spec",
                        json_string("rocksdb:cache=64M"));
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md", "RocksDB reserves");
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
      "<tr><td><div><a href=\"#read-random\">read-random: Storing into a map beats file I/O</a></div></td>"
      "<td><div>holds, at all 3 points</div></td><td><div>5.00 (5.00-5.00)</div></td>"
      "<td><div>mmap / pread at batch 1, claimed &gt; 1</div></td></tr>";
  must_hold(fixture, "report.html", row);
  must_hold(fixture, "report.html", "<h2 id=\"read-random\">");
  must_hold(fixture, "report.html",
            "<td>mmap / pread</td><td>batch 64</td><td>5.00 (5.00-5.00)</td><td>&gt; 1</td><td>holds</td>");
  must_hold(fixture, "report.html", "<p>How to read this: Longer is faster.</p>");
  must_hold(fixture, "report.md",
            "| [read-random: Storing into a map beats file I/O](#read-random) | holds, at all 3 points |");
  must_hold(fixture, "report.md", "<a id=\"read-random\"></a>");
  must_lack(fixture, "report.md", "](#update-random)");  // it has no test
  char *text = must_read(fixture, "report.html");
  // What must be seen at once: the machine, what weakens all that follows, and the claims.
  const char *machine = strstr(text, "A processor @ 2.10GHz"), *first = strstr(text, "<section class=\"first\"");
  const char *end = strstr(text, "</section>");
  assert_true(machine < first && first < strstr(text, "class=\"note\"") && strstr(text, row) < end);
  free(text);
}

// As in the other tables: in that of all claims, and where the points of one are listed.
static void test_ratios_of_disturbed_cells_are_marked(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  made_run_claim(fixture->run, "mmap", "pread", "> 1");
  draw(fixture);
  must_lack(fixture, "report.md", "5.00 (5.00-5.00) \\*");
  must_lack(fixture, "report.md", "Samples of its cells were disturbed");
  for (size_t cell = 0; cell < 2; cell++)
    json_object_set_new(sample_at(fixture, cell, 1), "flags", json_pack("[s]", "steal"));
  draw(fixture);
  must_hold(fixture, "report.md", "| holds, at all 3 points | 5.00 (5.00-5.00) \\* | mmap / pread at batch 1");
  must_hold(fixture, "report.md", "| batch 1 | 5.00 (5.00-5.00) \\* | \\> 1 | holds |");
  must_hold(fixture, "report.md", "| batch 64 | 5.00 (5.00-5.00) | \\> 1 | holds |");
  must_hold(fixture, "report.md",
            "\\* Samples of its cells were disturbed, also when they were repeated: see its section.");
  must_hold(fixture, "report.md", "repeated: see their flags below.");
}

// What somebody claimed comes first, apart from what is only looked for.
static void test_claims_stand_by_their_source(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  made_run_claim(fixture->run, "mmap", "pread", "> 1");
  draw(fixture);
  must_lack(fixture, "report.md", "Of 1 ");  // which the table shows
  fixture_add(fixture, "host", &ladder);
  made_run_claim(fixture->run, "mmap", "pread", "> 1");
  draw(fixture);
  must_hold(fixture, "report.md", "Of 2 claims: ");
  json_object_set_new(json_array_get(json_object_get(fixture->run, "experiments"), 1), "source", json_string("a talk"));
  draw(fixture);
  char *text = must_read(fixture, "report.md");
  // The counts of both stand before either table.
  const char *theirs = strstr(text, "Of 1 claim from a talk: "), *other = strstr(text, "Of 1 other claim: holds 1.");
  const char *their_table = strstr(text, "| claim from a talk |"), *other_table = strstr(text, "| other claim |");
  assert_true(theirs && theirs < other && other < their_table && their_table < strstr(text, "(#update-random)"));
  assert_true(strstr(text, "(#update-random)") < other_table && other_table < strstr(text, "(#read-random)"));
  free(text);
}

static void test_what_an_operation_costs(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  json_object_set_new(json_object_get(fixture->run, "environment"), "counted_devices", json_string("vda"));
  // A cell of which nothing was counted has no row.
  json_t *uncounted = json_array_get(json_object_get(fixture->run, "cells"), 0), *sample;
  size_t i;
  json_array_foreach(json_object_get(uncounted, "samples"), i, sample) {
    json_object_set_new(sample, "kind", json_string("latency"));
  }
  draw(fixture);
  must_lack(fixture, "report.html", "<td>1, mmap</td><td>-</td>");
  must_hold(fixture, "report.html", "Device bytes are of vda, whoever causes them");
  must_hold(fixture, "report.html", "<td>-</td><td>2.00</td><td>0.500</td><td>-</td><td>-</td><td>64.0</td>");
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

static void draw_without_gnuplot(struct fixture *fixture, struct error *error) {
  const char *before = getenv("PATH");
  char *path = strdup(before ? before : "");
  fixture_add(fixture, "host", &bars);
  write_data(fixture);
  assert_int_equal(setenv("PATH", fixture->folder, 1), 0);
  int code = report_charts(fixture->folder, fixture->run, error);
  assert_int_equal(setenv("PATH", path, 1), 0);
  free(path);
  assert_int_equal(code, -ENOENT);
}

static void test_no_gnuplot(void **state) {
  struct fixture *fixture = *state;
  struct error error = {0};
  draw_without_gnuplot(fixture, &error);
  assert_non_null(strstr(error.text, "install gnuplot"));
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  must_hold(fixture, "report.md", "could not be drawn");
}

// As where another program left it: the page is made without it, at once.
static void test_a_chart_that_is_no_file(void **state) {
  struct fixture *fixture = *state;
  struct error error = {0};
  char path[PATH_MAX];
  draw_without_gnuplot(fixture, &error);
  snprintf(path, sizeof path, "%.2000s/charts/read-random.svg", fixture->folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(60);  // opening it waits for a writer
  must(report_pages(fixture->folder, fixture->run, &error), &error);
  alarm(0);
  must_hold(fixture, "report.html", "could not be drawn");
  must_hold(fixture, "report.md", "could not be drawn");
}

static void test_notes_are_not_cut(void **state) {
  struct fixture *fixture = *state;
  fixture_add(fixture, "host", &bars);
  json_t *notes = json_array();
  for (int i = 0; i < 50; i++) json_array_append_new(notes, json_sprintf("note %d, of %080d", i, 0));
  json_array_append_new(notes, json_string("the last one"));
  assert_int_equal(json_object_set_new(fixture->run, "notes", notes), 0);
  draw(fixture);
  must_hold(fixture, "report.html", "<p class=\"note\">note 0, of 0");
  must_hold(fixture, "report.html", "; note 49, of 0");
  must_hold(fixture, "report.html", "; the last one.</p>");
  must_hold(fixture, "report.md", "; the last one.\n");
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
      TEST(test_what_was_skipped_is_named),
      TEST(test_nothing_measured),
      TEST(test_a_report_says_what_matters),
      TEST(test_what_was_in_effect),
      TEST(test_what_peers_give),
      TEST(test_no_peers_no_word_of_them),
      TEST(test_sizes_before_and_after_compaction),
      TEST(test_claims_head_the_report),
      TEST(test_ratios_of_disturbed_cells_are_marked),
      TEST(test_claims_stand_by_their_source),
      TEST(test_what_an_operation_costs),
      TEST(test_texts_run_nothing),
      TEST(test_an_experiment_is_no_path),
      TEST(test_no_gnuplot),
      TEST(test_a_chart_that_is_no_file),
      TEST(test_notes_are_not_cut),
      cmocka_unit_test(test_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
