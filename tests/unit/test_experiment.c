// SPDX-License-Identifier: MIT
// Reading experiment files: what a good one means, and what each mistake is told.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "workloads/experiment.h"

#define MEMORY (4ull << 30)
#define MACHINE ((struct experiment_machine){MEMORY, 6})

static const char good[] =
    "; a comment\n"
    "[experiment]\n"
    "title    = Durable updates\n"
    "question = What does it cost?\n"
    "profiles = quick standard\n"
    "[engines]\n"
    "dsync = pread:sync=dsync ; and one behind a key\n"
    "[hold]\n"
    "operation = update\n"
    "data      = 1M\n"
    "[hold quick]\n"
    "records = 100\n"
    "[sweep]\n"
    "sync   = none, every=64, always\n"
    "engine = mmap, dsync, uring:depth=8\n"
    "[sweep quick]\n"
    "sync = none, always\n"
    "[chart]\n"
    "shape  = bars\n"
    "x      = sync\n"
    "series = engine\n"
    "y      = ops_per_s\n"
    "log_y  = yes\n"
    "[verdict]\n"
    "compare = mmap sync=always / uring:depth=8 sync=none\n"
    "holds   = < 0.5\n";

static struct experiment *parse(const char *text) {
  struct experiment *experiment = NULL;
  struct error error = {0};
  if (experiment_parse("folder/mine.ini", text, MACHINE, &experiment, &error)) fail_msg("%s", error.text);
  return experiment;
}

static void test_a_good_file(void **state) {
  (void)state;
  struct experiment *experiment = parse(good);
  assert_string_equal(experiment_name(experiment), "mine");
  assert_string_equal(experiment_title(experiment), "Durable updates");
  assert_string_equal(experiment_question(experiment), "What does it cost?");
  assert_string_equal(experiment_claim(experiment), "");
  assert_true(experiment_in_profile(experiment, "quick"));
  assert_false(experiment_in_profile(experiment, "full"));
  const struct experiment_chart *chart = experiment_chart(experiment);
  assert_string_equal(chart->shape, "bars");
  assert_string_equal(chart->x, "sync");
  assert_string_equal(chart->series, "engine");
  assert_string_equal(chart->panel, "");
  assert_string_equal(chart->y, "ops_per_s");
  assert_true(chart->log_y);
  const struct experiment_verdict *verdict = experiment_verdict(experiment);
  assert_int_equal(verdict->count, 1);
  assert_string_equal(verdict->tests[0].over, "mmap sync=always");
  assert_string_equal(verdict->tests[0].under, "uring:depth=8 sync=none");
  assert_string_equal(verdict->tests[0].holds, "< 0.5");
  experiment_free(experiment);
}

static void test_axes_of_profiles(void **state) {
  (void)state;
  struct experiment *experiment = parse(good);
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct error error;
  size_t count;
  assert_int_equal(experiment_axes(experiment, "standard", NULL, axes, &count, &error), 0);
  assert_int_equal(count, 2);
  assert_string_equal(axes[0].key, "sync");
  assert_int_equal(axes[0].count, 3);
  assert_string_equal(axes[0].values[1], "every=64");
  assert_string_equal(axes[1].values[2], "uring:depth=8");
  assert_int_equal(experiment_axes(experiment, "quick", "null,mmap", axes, &count, &error), 0);
  assert_int_equal(axes[0].count, 2);
  assert_string_equal(axes[0].values[1], "always");
  assert_int_equal(axes[1].count, 2);
  assert_string_equal(axes[1].values[0], "null");
  assert_int_equal(experiment_axes(experiment, "quick", "null,,mmap", axes, &count, &error), -EINVAL);
  assert_int_equal(experiment_axes(experiment, "fast", NULL, axes, &count, &error), -EINVAL);
  assert_string_equal(error.text, "unknown profile \"fast\"; one of: quick, standard, full");
  experiment_free(experiment);
}

static void test_settings_of_a_point(void **state) {
  (void)state;
  struct experiment *experiment = parse(good);
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings cell;
  struct error error;
  size_t count;
  assert_int_equal(experiment_axes(experiment, "standard", NULL, axes, &count, &error), 0);
  assert_int_equal(experiment_cell(experiment, "standard", axes, count, (size_t[]){1, 1}, &cell, &error), 0);
  assert_string_equal(cell.engine, "dsync");
  assert_string_equal(cell.spec, "pread:sync=dsync");
  assert_int_equal(cell.sync.kind, SYNC_EVERY);
  assert_int_equal(cell.sync.amount, 64);
  assert_int_equal(cell.workload.operation, OPERATION_UPDATE);
  assert_int_equal(cell.workload.keys, KEYS_UNIFORM);
  assert_int_equal(cell.workload.records, 8192);
  assert_int_equal(cell.workload.value_size, 64);
  assert_int_equal(cell.workload.batch, 1);
  assert_int_equal(cell.workload.depth, 1);
  assert_int_equal(cell.workload.threads, 1);
  assert_int_equal(cell.record_size, 128);
  assert_int_equal(cell.data_bytes, 1 << 20);
  assert_int_equal(cell.cache, CACHE_ASIS);
  assert_int_equal(cell.processes, 1);
  assert_int_equal(experiment_cell(experiment, "quick", axes, count, (size_t[]){0, 2}, &cell, &error), 0);
  assert_int_equal(cell.workload.records, 100);
  assert_int_equal(cell.data_bytes, 12800);
  assert_string_equal(cell.spec, "uring:depth=8");
  experiment_free(experiment);
}

// A file of one held line beside what every file needs.
static struct experiment *hold(const char *lines) {
  char text[2048];
  snprintf(text, sizeof text,
           "[experiment]\ntitle = t\nquestion = q\n[hold]\n%s\n[sweep]\nengine = mmap\n[chart]\nshape = bars\nx = "
           "engine\ny = p99\n",
           lines);
  return parse(text);
}

static struct cell_settings only_cell(struct experiment *experiment) {
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings cell;
  struct error error;
  size_t count;
  assert_int_equal(experiment_axes(experiment, "full", NULL, axes, &count, &error), 0);
  assert_int_equal(experiment_cell(experiment, "full", axes, count, (size_t[]){0}, &cell, &error), 0);
  experiment_free(experiment);
  return cell;
}

static void test_every_key_arrives(void **state) {
  (void)state;
  struct cell_settings cell = only_cell(hold(
      "operation = mixed\nmix = get:40/update:20/insert:10/delete:20/rmw:10\nkeys = latest\ntheta = 0.5\n"
      "sync = interval=10ms\ncache = cold\nrecord_size = 1K\nvalue_size = 100\nrecords = 4K\nbatch = 8\ndepth = 16\n"
      "threads = 3"));
  assert_int_equal(cell.workload.mix.get, 40);
  assert_int_equal(cell.workload.mix.update, 20);
  assert_int_equal(cell.workload.mix.insert, 10);
  assert_int_equal(cell.workload.mix.remove, 20);
  assert_int_equal(cell.workload.mix.read_modify_write, 10);
  assert_int_equal(cell.workload.keys, KEYS_LATEST);
  assert_true(cell.workload.theta == 0.5);
  assert_int_equal(cell.sync.kind, SYNC_INTERVAL);
  assert_int_equal(cell.cache, CACHE_COLD);
  assert_int_equal(cell.record_size, 1024);
  assert_int_equal(cell.workload.value_size, 100);
  assert_int_equal(cell.workload.records, 4000);
  assert_int_equal(cell.workload.batch, 8);
  assert_int_equal(cell.workload.depth, 16);
  assert_int_equal(cell.threads, 3);
  assert_int_equal(cell.workload.threads, 3);
  cell = only_cell(hold("operation = get\ndata = 1M\nprocesses = 2\nbatch = 4"));
  assert_int_equal(cell.processes, 2);
  assert_int_equal(cell.workload.depth, 4);
}

static struct cell_settings pressed(const char *memory) {
  char text[512];
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings cell = {0};
  struct error error = {0};
  size_t count, index[EXPERIMENT_AXES_MAX] = {0};
  snprintf(text, sizeof text,
           "[experiment]\ntitle = T\nquestion = Q\n[hold]\noperation = get\ndata = 96M\ncache = pressure\n"
           "[sweep]\n%s\nengine = pread\n[chart]\nshape = lines\nx = %.*s\nseries = engine\ny = ops_per_s\n",
           memory, (int)strcspn(memory, " "), memory);
  struct experiment *experiment = NULL;
  if (experiment_parse("mine.ini", text, MACHINE, &experiment, &error) ||
      experiment_axes(experiment, "quick", NULL, axes, &count, &error) ||
      experiment_cell(experiment, "quick", axes, count, index, &cell, &error))
    fail_msg("%s", error.text);
  experiment_free(experiment);
  return cell;
}

static void test_memory_as_size_and_as_ratio(void **state) {
  (void)state;
  assert_int_equal(pressed("memory = 24M").cache, CACHE_PRESSURE);
  assert_int_equal(pressed("memory = 24M").memory_bytes, 24 << 20);
  assert_int_equal(pressed("pressure = 1.5").memory_bytes, 64 << 20);
  assert_int_equal(pressed("pressure = 0.5").memory_bytes, 192 << 20);
}

static void test_defaults(void **state) {
  (void)state;
  assert_int_equal(only_cell(hold("operation = fill\ndata = 1M")).workload.keys, KEYS_SEQUENTIAL);
  assert_int_equal(only_cell(hold("operation = get\ndata = 1M\nrecord_size = 64")).workload.value_size, 24);
  assert_int_equal(only_cell(hold("operation = get\ndata = 1M\nrecord_size = 4096")).workload.value_size, 4056);
  assert_int_equal(only_cell(hold("operation = get\ndata = 2x memory")).data_bytes, 2 * MEMORY);
  assert_int_equal(only_cell(hold("operation = get\ndata = 0.5x memory")).data_bytes, MEMORY / 2);
}

static void test_other_ways_to_write_a_file(void **state) {
  (void)state;
  char text[sizeof good + 64], indented[2 * sizeof good], *to = indented;
  snprintf(text, sizeof text, "\xef\xbb\xbf%s", good);
  experiment_free(parse(text));
  for (const char *c = good; *c; c++) {  // indented, with carriage returns
    if (*c == '\n') *to++ = '\r';
    *to++ = *c;
    if (*c == '\n' && c[1]) *to++ = ' ';
  }
  *to = '\0';
  experiment_free(parse(indented));
}

// Replaces the line that begins with `find` (or adds `line` at the end where it is NULL) in the good file.
struct mistake {
  const char *find, *line, *message;
};

static void apply(const struct mistake *mistake, char *text, size_t room) {
  const char *at = mistake->find ? strstr(good, mistake->find) : good + strlen(good);
  assert_non_null(at);
  const char *rest = mistake->find ? strchr(at, '\n') + 1 : at;
  bool drop = mistake->line[0] == '\0';
  snprintf(text, room, "%.*s%s%s%s", (int)(at - good), good, mistake->line, drop ? "" : "\n", rest);
}

static const struct mistake mistakes[] = {
    {"[experiment]", "[experimant]", "2: unknown section \"experimant\"; did you mean \"experiment\"?"},
    {"[experiment]", "", "2: title stands before any section; begin with [experiment]"},
    {"[experiment]", "[experiment", "2: neither [section], key = value nor ; comment"},
    {"[experiment]", "[experiment] x", "2: \"x\" behind the section; remove it"},
    {"[experiment]", "[experiment quick]",
     "2: [experiment] is the same for all profiles; only [hold] and [sweep] can be overridden"},
    {"title", "titel = x", "3: unknown key in [experiment] \"titel\"; did you mean \"title\"?"},
    {"title", "", "25: [experiment] has no title; add it"},
    {"title", "title =", "3: title has no value"},
    {"title", "title", "3: neither [section], key = value nor ; comment"},
    {"title", "title = a\ntitle = b", "4: title is given twice, first on line 3; keep one"},
    {"title", "title = a\tb\x01", "3: a control character (0x01); remove it"},
    {"question", "", "25: [experiment] has no question; add it"},
    {"profiles", "profiles = quick standart", "5: unknown profile \"standart\"; did you mean \"standard\"?"},
    {"dsync =", "dsync = pread sync",
     "7: \"pread sync\" is no engine; write NAME or NAME:OPTION=VALUE, under 128 bytes"},
    {"dsync =", "dsync = pread\ndsync = mmap", "8: dsync is given twice, first on line 7; keep one"},
    {"dsync =", "dsync = pread\nother = mmap", "8: other is named but never used; sweep it or remove it"},
    {"operation", "operation = updaet", "9: unknown operation \"updaet\"; did you mean \"update\"?"},
    {"operation", "opration = update", "9: unknown key in [hold] \"opration\"; did you mean \"operation\"?"},
    {"operation", "", "25: no operation; say in [hold] what is measured"},
    {"operation", "operation = get", "17: sync = always has no effect on an operation that only reads; remove it"},
    {"operation", "operation = mixed", "9: operation = mixed without a mix; add one such as mix = get:95/update:5"},
    {"operation", "operation = mixed\nmix = get:50/put:50",
     "10: unknown operation in a mix \"put\"; one of: get, update, insert, delete, scan, rmw"},
    {"operation", "operation = mixed\nmix = get:50/update:40",
     "10: bad mix \"get:50/update:40\"; the shares must add up to 100"},
    {"operation", "operation = mixed\nmix = get:50/get:50", "10: bad mix \"get:50/get:50\"; name each operation once"},
    {"operation", "operation = mixed\nmix = ycsb-g", "10: bad mix \"ycsb-g\"; YCSB has ycsb-a to ycsb-f"},
    {"operation", "operation = mixed\nmix = ycsb-d\nkeys = zipfian",
     "11: keys = zipfian cannot be: a workload of YCSB has an order of keys of its own; remove it"},
    {"operation", "operation = mixed\nmix = get",
     "10: bad mix \"get\"; write shares in percent, such as get:95/update:5"},
    {"operation", "operation = mixed\nmix = scan:50/update:50\nbatch = 2",
     "11: batch = 2 cannot be: a mix with scans runs one operation a call; use batch = 1"},
    {"operation", "operation = update\nmix = get:100",
     "10: mix = get:100 has no effect; it belongs to operation = mixed"},
    {"operation", "operation = fill\ncache = cold",
     "10: cache = cold cannot be: a fill begins with a new file; remove it"},
    {"operation", "operation = fill\nkeys = zipfian",
     "10: keys = zipfian would repeat keys, but each is filled or deleted once; use sequential or uniform"},
    {"operation", "operation = update\nprocesses = 2",
     "10: processes = 2 cannot be: a store takes one writing process; use threads"},
    {"operation", "operation = update\nkeys = zipfan",
     "10: unknown order of keys \"zipfan\"; did you mean \"zipfian\"?"},
    {"operation", "operation = update\ntheta = 0.9",
     "10: theta = 0.9 has no effect; it belongs to keys = zipfian or latest"},
    {"operation", "operation = update\nkeys = zipfian\ntheta = 1", "11: bad theta \"1\"; a number above 0 and below 1"},
    {"operation", "operation = update\ncache = luke",
     "10: unknown cache state \"luke\"; one of: as-is, cold, warm, mapped, pressure, filling"},
    {"operation", "operation = update\ncache = pressure",
     "10: cache = pressure without a limit; add one such as memory = 128M, or pressure = 2"},
    {"operation", "operation = update\ncache = pressure\nmemory = 8M\npressure = 0.001",
     "12: both memory and pressure; give one, the other follows from data"},
    {"y      =", "y = ops_per_s\nbeside = p99,", "23: an empty metric in beside; remove a comma"},
    {"y      =", "y = ops_per_s\nbeside = p50, p90, p99, max", "23: more than 3 metrics beside y; give fewer"},
    {"y      =", "y = ops_per_s\nbeside = p50, ops_per_s", "23: ops_per_s is drawn already; name it once"},
    {"y      =", "y = ops_per_s\nbeside = p50, p50", "23: p50 is drawn already; name it once"},
    {"shape  =", "shape = spectrum\nbeside = p99",
     "20: spectrum has no other metric beside it; use bars, lines, ladder, steps or heatmap"},
    {"operation", "operation = update\nfill_write = 2K", "10: bad fill_write \"2K\"; bytes from 4K to 1M"},
    {"operation", "operation = update\nfill_write = 64K\ncache = warm",
     "10: fill_write = 64K has no effect: every cache state but as-is drops the file and reads it in anew"},
    {"operation", "operation = get\nfill_write = 64K",
     "10: fill_write = 64K has no effect: it is of files that are there and get changed; remove it"},
    {"operation", "operation = update\nmemory = 8M",
     "10: memory = 8M has no effect; it belongs to cache = pressure or filling"},
    {"operation", "operation = update\npressure = 0.001",
     "10: pressure = 0.001 has no effect; it belongs to cache = pressure or filling"},
    {"operation", "operation = update\ncache = pressure\nmemory = 0.5x data",
     "11: bad memory \"0.5x data\"; a size of at least 4M such as 128M, or \"0.5x data\""},
    {"operation", "operation = update\ncache = pressure\npressure = 2",
     "11: bad pressure \"2\"; data over memory, such as 1.5, that leaves at least 4M of memory"},
    {"operation", "operation = update\ncache = pressure\npressure = nan",
     "11: bad pressure \"nan\"; data over memory, such as 1.5, that leaves at least 4M of memory"},
    {"operation", "operation = update\nrecord_size = 100",
     "10: bad record_size \"100\"; a power of two from 64 to 4096, or a multiple of 4096 up to 1M"},
    {"operation", "operation = update\nrecord_size = 2M",
     "10: bad record_size \"2M\"; a power of two from 64 to 4096, or a multiple of 4096 up to 1M"},
    {"operation", "operation = update\nvalue_size = 89",
     "10: bad value_size \"89\"; a record of 128 bytes holds values of 16 to 88 bytes"},
    {"operation", "operation = update\nbatch = 0", "10: bad batch \"0\"; a count from 1 to 65536"},
    {"operation", "operation = update\nbatch = -1", "10: bad batch \"-1\"; a count from 1 to 65536"},
    {"operation", "operation = update\nbatch = 8\ndepth = 4",
     "11: depth = 4 is below batch; a window holds a batch or more"},
    {"operation", "operation = update\nthreads = many", "10: bad threads \"many\"; a count from 1 to 65536"},
    {"operation", "operation = update\nsync = always", "10: sync is held here and swept on line 15; keep one"},
    {"data", "data = lots", "10: bad data \"lots\"; a size of at least one record such as 128M, or \"2x memory\""},
    {"data", "data = 100", "10: bad data \"100\"; a size of at least one record such as 128M, or \"2x memory\""},
    {"data", "data = 2x memroy",
     "10: bad data \"2x memroy\"; a size of at least one record such as 128M, or \"2x memory\""},
    {"data", "", "25: no size; give data or records in [hold]"},
    {"data", "data = 1M\nrecords = 5", "11: both data and records; give one, the other follows from record_size"},
    {"[hold quick]", "[hold quik]", "11: unknown profile \"quik\"; did you mean \"quick\"?"},
    {"[hold quick]", "[hold]", "11: the section stands here a second time, first on line 8; put the two together"},
    {"records", "records = 0", "12: bad records \"0\"; a count of at least 1 such as 4M"},
    {"records", "sync = none", "12: sync is held here and swept on line 14; keep one"},
    {"sync   =", "sync = none, evry=64, always", "14: unknown sync policy \"evry=64\"; did you mean \"every=64\"?"},
    {"sync   =", "sync = none, every=0, always",
     "14: bad sync policy \"every=0\"; write a number of operations, at least 1, such as \"every=64\""},
    {"sync   =", "sync = none,, always", "14: an empty value in the list; remove a comma"},
    {"sync   =", "sync = none, always, none", "14: none stands twice in the list; keep one"},
    {"engine =", "engine = mmap, dsync, uring depth",
     "15: bad engine \"uring depth\"; write an alias of [engines], or NAME:OPTION=VALUE"},
    {"engine =", "engine = mmap", "7: dsync is named but never used; sweep it or remove it"},
    {"engine =", "engine = dsync, uring:depth=8",
     "25: mmap is not a value of engine in profile quick; compare cells that are swept"},
    {"sync = none, always", "batch = 1, 2", "17: batch is not swept in [sweep]; add it there first"},
    {"shape", "shape = pie",
     "19: unknown shape \"pie\"; one of: bars, lines, ladder, steps, spectrum, timeline, heatmap"},
    {"shape", "shape = lines", "19: lines run along numbers, but x takes \"none\"; use bars or ladder"},
    {"shape", "", "25: [chart] has no shape; add it"},
    {"x ", "x = batch", "20: unknown swept axis for x \"batch\"; one of: sync, engine"},
    {"x ", "x = engine", "21: engine is already drawn; give each axis one place"},
    {"series", "", "15: engine is swept but the chart does not draw it; make it x, series or panel"},
    {"shape", "shape = timeline", "20: a timeline runs along seconds; leave x out"},
    {"log_y", "log_y = maybe", "23: unknown word for log_y \"maybe\"; one of: no, yes"},
    {"compare", "compare = mmap sync=always",
     "25: bad compare \"mmap sync=always\"; write two cells with \" / \" between them"},
    {"compare", "compare = mmap sync=always / mmap sync=async",
     "25: async is not a value of sync in profile quick; compare cells that are swept"},
    {"compare", "compare = mmap sync=every=64 / mmap sync=none",
     "25: every=64 is not a value of sync in profile quick; compare cells that are swept"},
    {"compare", "compare = mmap / mmap sync=none",
     "25: sync is named on one side only; name it on both, or on neither to judge at each of its values"},
    {"compare", "compare = mmap / mmap", "25: \"mmap\" is compared with itself; name another cell"},
    {"compare", "compare = mmap /  / mmap",
     "25: bad compare \"mmap /  / mmap\"; write two cells with \" / \" between them"},
    {"compare", "compare = mmap mmap / mmap dsync", "25: engine is named twice on one side; say which cell is meant"},
    {"compare", "compare = mmap / dsync < half",
     "25: bad holds \"< half\"; write < or > and a ratio above 0, such as \"< 0.5\""},
    {"compare", "compare = mmap < 1 / dsync",
     "25: bad compare \"mmap < 1 / dsync\"; write two cells with \" / \" between them"},
    {"compare", "compare = mmap / dsync\ncompare = mmap / mmop",
     "26: mmop is not a value of engine in profile quick; compare cells that are swept"},
    {"holds", "", "25: compare without what is claimed; add a bound behind it, such as \"< 0.5\", or holds"},
    {"holds", "hold = < 1", "26: unknown key in [verdict] \"hold\"; did you mean \"holds\"?"},
    {"log_y", "raed = Like this.", "23: unknown key in [chart] \"raed\"; did you mean \"read\"?"},
    {"compare", "compare = mmap batch=1 / mmap sync=none", "25: batch is not swept; compare by axes that are"},
    {"compare", "", "25: holds without compare; say which two cells are compared"},
    {"holds", "holds = 0.5", "26: bad holds \"0.5\"; write < or > and a ratio above 0, such as \"< 0.5\""},
    {"holds", "holds = < half", "26: bad holds \"< half\"; write < or > and a ratio above 0, such as \"< 0.5\""},
    {NULL, "[sweep full]\nsync = none",
     "25: always is not a value of sync in profile full; compare cells that are swept"},
    {NULL, "[chart]", "27: the section stands here a second time, first on line 18; put the two together"},
    {NULL, "no key", "27: neither [section], key = value nor ; comment"},
};

static void test_mistakes(void **state) {
  (void)state;
  unsigned wrong = 0;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    char text[2048], expected[512];
    struct experiment *experiment = NULL;
    struct error error = {0};
    apply(&mistakes[i], text, sizeof text);
    snprintf(expected, sizeof expected, "mine.ini:%s", mistakes[i].message);
    int code = experiment_parse("mine.ini", text, MACHINE, &experiment, &error);
    if (code == 0) experiment_free(experiment);
    if (code == -EINVAL && strcmp(error.text, expected) == 0) continue;
    print_error("with \"%s\"\n  expected %s\n  but was  %s\n", mistakes[i].line, expected,
                code ? error.text : "accepted");
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static void test_timelines_show_operations_or_waits(void **state) {
  (void)state;
  static const struct {
    const char *y, *message;
  } cases[] = {
      {"ops_per_s", ""},
      {"ops_per_s\nlog_y = no", ""},
      {"stall", ""},
      {"stall\nlog_y = yes", ""},
      {"ops_per_s\nlog_y = yes", "13: a timeline of operations begins at 0; leave log_y out"},
      {"max", "12: a timeline shows operations or the longest wait; write y = ops_per_s or y = stall"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[512], expected[256];
    struct experiment *experiment = NULL;
    struct error error = {0};
    snprintf(
        text, sizeof text,
        "[experiment]\ntitle = t\nquestion = q\n[hold]\noperation = get\ndata = 1M\n[sweep]\nengine = mmap, pread\n"
        "[chart]\nshape = timeline\nseries = engine\ny = %s\n",
        cases[i].y);
    snprintf(expected, sizeof expected, "mine.ini:%s", cases[i].message);
    int code = experiment_parse("mine.ini", text, MACHINE, &experiment, &error);
    if (code == 0) experiment_free(experiment);
    assert_int_equal(code, *cases[i].message ? -EINVAL : 0);
    if (code) assert_string_equal(error.text, expected);
  }
}

static void test_scan_and_peek_windows(void **state) {
  (void)state;
  static const struct mistake cases[] = {
      {"operation = scan\nbatch = 2", "", "7: batch = 2 has no effect on a scan; remove it"},
      {"operation = scan\ndepth = 2", "", "7: depth = 2 has no effect on a scan; remove it"},
      {"operation = scan\nkeys = uniform", "", "7: keys = uniform has no effect on a scan; remove it"},
      {"operation = get\nsync = always", "",
       "7: sync = always has no effect on an operation that only reads; remove it"},
      {"operation = peek\nbatch = 2\ndepth = 4", "",
       "8: depth = 4 cannot be: a lent pointer lasts until the next call; use depth = batch"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[512], expected[256];
    struct experiment *experiment = NULL;
    struct error error;
    snprintf(text, sizeof text,
             "[experiment]\ntitle = t\nquestion = q\n\n[hold]\n%s\ndata = 1M\n"
             "[sweep]\nengine = mmap\n[chart]\nshape = bars\nx = engine\ny = p99\n",
             cases[i].find);
    snprintf(expected, sizeof expected, "e:%s", cases[i].message);
    assert_int_equal(experiment_parse("e", text, MACHINE, &experiment, &error), -EINVAL);
    assert_string_equal(error.text, expected);
  }
}

static void test_long_lines(void **state) {
  (void)state;
  char text[1024];
  struct experiment *experiment = NULL;
  struct error error;
  memset(text, 'x', sizeof text);
  memcpy(text, "[experiment]\ntitle = ", 21);
  snprintf(text + 13 + 198, sizeof text - 13 - 198, "\nquestion = q\n");
  assert_int_equal(experiment_parse("e.ini", text, MACHINE, &experiment, &error), -EINVAL);
  assert_string_equal(error.text, "e.ini:2: the line has 198 bytes; at most 197 are read");
  text[0] = '\0';
  assert_int_equal(experiment_parse("e.ini", text, MACHINE, &experiment, &error), -EINVAL);
}

static void test_too_many_axes(void **state) {
  (void)state;
  struct mistake mistake = {"sync   =", "sync = none, always\nbatch = 1\ncache = cold", ""};
  char text[2048];
  struct experiment *experiment = NULL;
  struct error error;
  apply(&mistake, text, sizeof text);
  assert_int_equal(experiment_parse("e.ini", text, MACHINE, &experiment, &error), -EINVAL);
  assert_string_equal(error.text, "e.ini:17: more than 3 axes; hold some");
}

static void assert_refused(const char *path, int code, const char *message) {
  struct experiment *experiment = NULL;
  struct error error = {0};
  assert_int_equal(experiment_load(path, MACHINE, &experiment, &error), code);
  assert_non_null(strstr(error.text, message));
}

static void test_files_that_are_none(void **state) {
  (void)state;
  char folder[] = "/tmp/storebench-test-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/e.ini", folder);
  assert_refused(path, -ENOENT, "cannot read the experiment: No such file or directory");
  assert_refused(folder, -EISDIR, "not a file");
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_refused(path, -EINVAL, "not a file");  // and does not wait for a writer
  assert_int_equal(unlink(path), 0);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite("[a]\0b", 1, 5, file), 5);
  assert_int_equal(fclose(file), 0);
  assert_refused(path, -EINVAL, "not a text");
  file = fopen(path, "w");
  assert_non_null(file);
  for (int i = 0; i < 70000; i++) assert_int_equal(fputc('\n', file), '\n');
  assert_int_equal(fclose(file), 0);
  assert_refused(path, -EINVAL, "not a text of at most 65536 bytes");
  assert_int_equal(unlink(path), 0);
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_good_file),
      cmocka_unit_test(test_axes_of_profiles),
      cmocka_unit_test(test_settings_of_a_point),
      cmocka_unit_test(test_every_key_arrives),
      cmocka_unit_test(test_memory_as_size_and_as_ratio),
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_other_ways_to_write_a_file),
      cmocka_unit_test(test_mistakes),
      cmocka_unit_test(test_timelines_show_operations_or_waits),
      cmocka_unit_test(test_scan_and_peek_windows),
      cmocka_unit_test(test_long_lines),
      cmocka_unit_test(test_too_many_axes),
      cmocka_unit_test(test_files_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
