// SPDX-License-Identifier: MIT
// Which bounds apply to which cell, a case a rule, and what their values are in the metric of a chart.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/limits/asked.h"
#include "harness/limits/rules.h"

// A get of records in memory by a map; cases change what they are about.
static json_t *make_cell(const char *changes) {
  json_t *cell =
      json_pack("{s:s, s:{s:s}, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:n}", "spec", "mmap", "options",
                "write", "map", "operation", "get", "keys", "uniform", "sync", "none", "cache", "warm", "record_size",
                128, "value_size", 64, "records", 1 << 20, "threads", 1, "batch", 1, "depth", 1, "theta");
  json_error_t error;
  json_t *more = json_loads(changes, 0, &error);
  if (!more) fail_msg("%s: %s", changes, error.text);
  assert_non_null(cell);
  assert_int_equal(json_object_update(cell, more), 0);
  json_decref(more);
  return cell;
}

// Kinds with what matters of each, in order: "memory-copy" is one operation at a time of one thread, 128 MiB, unless
// said: "device-read depth=8", "fdatasync every=64".
static void describe(const struct limit_spec *specs, size_t count, char *text, size_t room) {
  *text = '\0';
  for (size_t i = 0; i < count; i++) {
    char one[128];
    snprintf(one, sizeof one, "%s%s %u", i ? ", " : "", limit_name(specs[i].kind), specs[i].bytes);
    strncat(text, one, room - strlen(text) - 1);
    snprintf(one, sizeof one, " depth=%u", specs[i].depth);
    if (specs[i].depth > 1) strncat(text, one, room - strlen(text) - 1);
    snprintf(one, sizeof one, " every=%u", specs[i].every);
    if (specs[i].every > 1) strncat(text, one, room - strlen(text) - 1);
    snprintf(one, sizeof one, " threads=%u", specs[i].threads);
    if (specs[i].threads > 1) strncat(text, one, room - strlen(text) - 1);
  }
}

static void expect(const char *changes, const char *bounds) {
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  char text[512];
  json_t *cell = make_cell(changes);
  size_t count = limits_of_cell(cell, specs);
  describe(specs, count, text, sizeof text);
  if (strcmp(text, bounds) != 0) fail_msg("%s: \"%s\", not \"%s\"", changes, text, bounds);
  json_decref(cell);
}

static double in_metric(const char *changes, double value, const char *metric) {
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  json_t *cell = make_cell(changes);
  size_t count = limits_of_cell(cell, specs);
  assert_true(count > 0);
  double result = limit_in_metric(cell, &specs[count - 1], value, metric);
  json_decref(cell);
  return result;
}

static void expect_label(const char *changes, const char *x, const char *label) {
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  char text[64];
  json_t *cell = make_cell(changes);
  size_t last = limits_of_cell(cell, specs) - 1;
  if (specs[last].kind == LIMIT_URING_NOP) last--;  // that of the processor's time
  limit_label_along(cell, &specs[last], x, text, sizeof text);
  assert_string_equal(text, label);
  json_decref(cell);
}

static void test_reads_in_memory(void **state) {
  (void)state;
  expect("{}", "memory-copy 64");
  expect("{\"cache\": \"mapped\", \"operation\": \"peek\"}", "memory-sum 64");
  expect("{\"batch\": 64, \"depth\": 64}", "memory-copy 64");
  expect("{\"spec\": \"pread\"}", "memory-copy 64, system-call 0, pread 128");
  expect("{\"spec\": \"stdio:buffer=0\"}", "memory-copy 64, system-call 0, pread 128");
  expect("{\"spec\": \"pread\", \"keys\": \"sequential\"}", "memory-copy 64, system-call 0, pread 128");
  expect("{\"spec\": \"stdio\", \"keys\": \"sequential\"}", "memory-copy 64");  // a buffer serves many by one call
  expect("{\"spec\": \"uring\", \"options\": {\"depth\": 64}, \"depth\": 8}",
         "memory-copy 64, uring-nop 0 depth=8, uring-read 128 depth=8");
  expect("{\"spec\": \"uring\", \"options\": {\"depth\": 4}, \"depth\": 8}",
         "memory-copy 64, uring-nop 0 depth=4, uring-read 128 depth=4");
  expect("{\"spec\": \"lmdb\", \"options\": {}}", "memory-copy 64");
  expect("{\"spec\": \"null\", \"options\": {}}", "");
  expect("{\"threads\": 2}", "memory-copy 64 threads=2");
  expect("{\"operation\": \"scan\", \"record_size\": 4096}", "memory-read 1048576");
  expect("{\"operation\": \"scan\", \"record_size\": 4096, \"records\": 16}", "memory-read 65536");
}

static void test_reads_from_the_device(void **state) {
  (void)state;
  expect("{\"cache\": \"cold\", \"record_size\": 4096}", "device-read 4096");
  // An engine that does not queue has one in flight, whatever the cell would let it have.
  expect("{\"cache\": \"cold\", \"depth\": 32}", "device-read 4096");
  expect("{\"cache\": \"cold\", \"depth\": 32, \"threads\": 2}", "device-read 4096 depth=2");
  expect("{\"cache\": \"cold\", \"spec\": \"uring\", \"options\": {\"depth\": 64}, \"depth\": 32}",
         "device-read 4096 depth=32, uring-nop 0 depth=32");
  expect("{\"cache\": \"cold\", \"options\": {\"prefetch\": \"willneed\"}, \"batch\": 16, \"depth\": 16}",
         "device-read 4096 depth=16");
  expect("{\"cache\": \"cold\", \"options\": {\"prefetch\": \"off\"}, \"batch\": 16, \"depth\": 16}",
         "device-read 4096");
  // A file of all the data would take longer to write than it tells.
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  json_t *large = make_cell("{\"cache\": \"cold\", \"records\": 1000000000}");
  assert_int_equal(limits_of_cell(large, specs), 1);
  assert_int_equal(specs[0].data, 4ull << 30);
  json_decref(large);
  expect("{\"cache\": \"pressure\", \"memory_bytes\": 33554432}", "device-read 4096");
  expect("{\"cache\": \"pressure\", \"memory_bytes\": 268435456}", "memory-copy 64");  // it fits
  // Round the page cache, a warm one is of no use.
  expect("{\"spec\": \"pread:direct=on\", \"options\": {\"direct\": true}}", "device-read 4096, system-call 0");
  expect("{\"cache\": \"cold\", \"record_size\": 65536}", "device-read 65536");
  expect("{\"cache\": \"cold\", \"operation\": \"scan\"}", "device-read-sequential 1048576 depth=32");
}

// What a limited cache cannot hold has to be read, of keys that are drawn evenly; of others it may hold all that is
// asked.
static void test_reads_under_pressure(void **state) {
  (void)state;
  static const char half[] = "{\"cache\": \"pressure\", \"memory_bytes\": 67108864}";
  expect("{\"cache\": \"pressure\", \"memory_bytes\": 67108864, \"keys\": \"zipfian\", \"theta\": 0.99}",
         "memory-copy 64");
  assert_true(in_metric(half, 1e4, "ops_per_s") == 2e4);  // half of them are spared
  assert_true(isnan(in_metric(half, 1e4, "p50")));        // and those take no time of the device
  assert_true(in_metric("{\"cache\": \"pressure\", \"memory_bytes\": 67108864, \"options\": {\"direct\": true}}", 1e4,
                        "ops_per_s") == 1e4);
  expect_label(half, "pressure", "bare device, depth 1, misses alone");
}

// Of another format, values are all that surely is there, 64 MiB of them here: slots are ours, and of keys in order a
// store may keep what differs.
static void test_peers_under_pressure(void **state) {
  (void)state;
  static const char most[] =
      "{\"cache\": \"pressure\", \"memory_bytes\": 50331648, \"spec\": \"lmdb\", \"options\": {}}";
  expect(most, "device-read 4096");
  assert_true(in_metric(most, 1e4, "ops_per_s") == 4e4);  // three of four are spared
  expect("{\"cache\": \"pressure\", \"memory_bytes\": 67108864, \"spec\": \"lmdb\", \"options\": {}}",
         "memory-copy 64");  // they fit, as our slots would not
  expect_label(most, "pressure", "bare device, depth 1, misses of the values alone");
}

// A call for each, also where the device is what is waited for: it takes the processor's time.
static void test_processor_time(void **state) {
  (void)state;
  static const char cold[] = "{\"cache\": \"cold\", \"spec\": \"pread\"}";
  static const char two[] = "{\"cache\": \"cold\", \"spec\": \"pread\", \"threads\": 2}";
  expect(cold, "device-read 4096, system-call 0");
  expect(two, "device-read 4096 depth=2, system-call 0 threads=2");
  assert_true(in_metric(cold, 1e7, "cpu_ns_per_op") == 100);
  assert_true(isnan(in_metric(two, 1e7, "cpu_ns_per_op")));                      // two may have shared a processor
  assert_true(isnan(in_metric(cold, 1e7, "ops_per_s")));                         // that is not what holds it up
  assert_true(isnan(in_metric("{\"cache\": \"cold\"}", 1e4, "cpu_ns_per_op")));  // the device's time is nobody's
  static const char ring[] = "{\"cache\": \"cold\", \"spec\": \"uring\", \"options\": {\"depth\": 64}, \"depth\": 8}";
  assert_true(in_metric(ring, 1e7, "cpu_ns_per_op") == 100);  // a request that does nothing
  assert_true(isnan(in_metric(ring, 1e7, "ops_per_s")));
  assert_true(isnan(in_metric(ring, 1e7, "p50")));
  assert_true(in_metric("{\"spec\": \"uring\", \"options\": {\"depth\": 64}}", 1e6, "cpu_ns_per_op") == 1000);
  assert_true(in_metric("{}", 1e8, "cpu_ns_per_op") == 10);
  assert_true(in_metric("{}", 1e8, "cpu_ns_per_byte") == 10.0 / 64);
}

static void test_whole_stores(void **state) {
  (void)state;
  static const char killed[] =
      "{\"operation\": \"open\", \"cache\": \"cold\", \"before\": \"kill\", \"records\": 8192}";
  static const char create[] = "{\"operation\": \"create\", \"records\": 10}";
  static const char compact[] = "{\"operation\": \"compact\", \"before\": \"delete=25%\", \"records\": 8192}";
  expect("{\"operation\": \"open\", \"cache\": \"cold\"}", "open 0");
  expect(killed, "open 0, device-read-sequential 1048576 depth=32");
  expect("{\"operation\": \"open\", \"before\": \"kill\", \"records\": 8192}", "open 0, memory-read 1048576");
  // Whoever keeps records in another way need not read them all.
  expect("{\"operation\": \"open\", \"before\": \"kill\", \"spec\": \"lmdb\", \"options\": {}}", "open 0");
  expect(create, "create 1280");
  expect("{\"operation\": \"create\", \"spec\": \"lmdb\", \"options\": {}}", "");
  expect(compact, "device-write-sequential 1048576 depth=32");
  expect("{\"operation\": \"compact\", \"before\": null}", "");
  expect("{\"operation\": \"compact\", \"before\": \"churn=2x\"}", "");
  assert_true(in_metric("{\"operation\": \"open\", \"stores\": 4}", 1e5, "open_ns") == 4e4);
  assert_true(in_metric(killed, 1e9, "first_1000_ns") == 8192 * 128.0);
  assert_true(in_metric(create, 500, "ops_per_s") == 500);
  assert_true(in_metric(compact, 1e9, "compact_ns") == 8192 * 128 * 0.25);
  assert_true(isnan(in_metric(compact, 1e9, "given_back_bytes")));
  expect_label(killed, "cache", "reading all slots");
  expect_label(compact, "before", "writing what moves");
}

// On a file system with these facts; NULL: with blocks of 4 KiB on a device with sectors of 512 bytes.
static void expect_asked_on(const char *facts, const char *changes, const char *metric, double value) {
  static const char usual[] = "{\"file_system_block_bytes\": 4096, \"device_logical_block_bytes\": \"512\"}";
  struct limit_asked asked;
  json_t *cell = make_cell(changes), *environment = json_loads(facts ? facts : usual, 0, NULL);
  assert_non_null(environment);
  bool bound = limit_asked(environment, cell, metric, &asked);
  if (bound != (value > 0)) fail_msg("%s, %s: %s", changes, metric, bound ? asked.label : "no bound");
  if (bound && asked.value != value) fail_msg("%s, %s: %g, not %g", changes, metric, asked.value, value);
  json_decref(environment);
  json_decref(cell);
}

static void expect_asked(const char *changes, const char *metric, double value) {
  expect_asked_on(NULL, changes, metric, value);
}

static void expect_asked_label(const char *facts, const char *changes, const char *metric, const char *label) {
  struct limit_asked asked;
  json_t *cell = make_cell(changes), *environment = json_loads(facts, 0, NULL);
  assert_true(limit_asked(environment, cell, metric, &asked));
  assert_string_equal(asked.label, label);
  json_decref(environment);
  json_decref(cell);
}

// A durable write takes a block of the file system, and round the page cache one of the device.
static void test_blocks_are_those_of_the_file_system(void **state) {
  (void)state;
  static const char durable[] = "{\"operation\": \"update\", \"sync\": \"always\"}";
  static const char direct[] =
      "{\"operation\": \"update\", \"sync\": \"always\", \"spec\": \"uring\", \"options\": {\"direct\": true}}";
  static const char compact[] = "{\"operation\": \"compact\", \"before\": \"delete=25%\"}";
  static const char small[] = "{\"file_system_block_bytes\": 1024, \"device_logical_block_bytes\": \"4096\"}";
  static const char large[] = "{\"file_system_block_bytes\": 65536, \"device_logical_block_bytes\": null}";
  expect_asked_on(small, durable, "device_bytes_per_op", 1024);
  expect_asked_on(small, durable, "write_amplification", 16);
  expect_asked_on(small, direct, "device_bytes_per_op", 4096);
  expect_asked_on(large, durable, "device_bytes_per_op", 65536);
  expect_asked_on(large, direct, "device_bytes_per_op", 512);
  expect_asked_on("{}", durable, "device_bytes_per_op", 512);
  expect_asked_label(small, durable, "device_bytes_per_op", "blocks of the records");
  expect_asked_label("{}", durable, "device_bytes_per_op", "sectors of the records (block size not known)");
  expect_asked_label("{}", compact, "device_bytes_per_op", "sectors that records move to (block size not known)");
}

// What follows from what is asked: no store reads, writes, keeps or maps less. 0: nothing does.
static void test_what_is_asked(void **state) {
  (void)state;
  static const char durable[] = "{\"operation\": \"update\", \"sync\": \"always\"}";
  static const char every[] = "{\"operation\": \"update\", \"sync\": \"every=16\"}";
  static const char mapped[] = "{\"cache\": \"mapped\", \"processes\": 2}";
  expect_asked("{\"cache\": \"pressure\", \"memory_bytes\": 33554432}", "read_amplification", 0.75);
  expect_asked("{\"cache\": \"pressure\", \"memory_bytes\": 268435456}", "read_amplification", 0);
  expect_asked("{\"options\": {\"direct\": true}}", "read_amplification", 1);
  expect_asked("{\"cache\": \"cold\"}", "read_amplification", 0);
  expect_asked(durable, "device_bytes_per_op", 4096);
  expect_asked(durable, "write_amplification", 64);
  expect_asked(every, "device_bytes_per_op", 256);
  expect_asked("{\"operation\": \"update\", \"sync\": \"every=1024\"}", "device_bytes_per_op", 128);
  expect_asked("{\"operation\": \"update\", \"sync\": \"every=1024\", \"spec\": \"lmdb\", \"options\": {}}",
               "device_bytes_per_op", 80);
  expect_asked("{\"cache\": \"pressure\", \"memory_bytes\": 50331648, \"spec\": \"lmdb\", \"options\": {}}",
               "read_amplification", 0.25);
  expect_asked("{\"operation\": \"update\", \"sync\": \"async\"}", "device_bytes_per_op", 0);
  expect_asked("{\"operation\": \"delete\", \"sync\": \"always\"}", "device_bytes_per_op", 0);
  // Of 32 records in a block hardly ever none was deleted; one that fills it moves or stays.
  expect_asked("{\"operation\": \"compact\", \"before\": \"delete=25%\"}", "device_bytes_per_op",
               128 * (1 - pow(0.75, 32)));
  expect_asked("{\"operation\": \"compact\", \"before\": \"delete=25%\", \"record_size\": 8192}", "device_bytes_per_op",
               2048);
  expect_asked("{\"operation\": \"compact\", \"before\": null}", "device_bytes_per_op", 0);
  expect_asked("{}", "file_bytes_per_record", 64);
  expect_asked("{\"spec\": \"null\", \"options\": {}}", "file_bytes_per_record", 0);
  expect_asked(mapped, "memory_bytes", 128 << 20);
  expect_asked(mapped, "file_pss_bytes", 128 << 20);
  expect_asked(mapped, "page_table_bytes", 2.0 * (128 << 20) / 4096 * 8);
  expect_asked("{\"cache\": \"mapped\", \"options\": {\"huge\": true}}", "page_table_bytes", 0);
  expect_asked("{\"cache\": \"mapped\", \"spec\": \"pread\"}", "file_pss_bytes", 0);
  expect_asked("{\"cache\": \"mapped\", \"spec\": \"lmdb\", \"options\": {}}", "memory_bytes", 64 << 20);
  expect_asked("{\"cache\": \"cold\"}", "memory_bytes", 0);
  expect_asked("{\"cache\": \"warm\", \"options\": {\"direct\": true}}", "page_cache_bytes", 0);
  expect_asked("{\"operation\": \"open\", \"stores\": 3, \"options\": {\"populate\": true}}", "file_pss_bytes",
               3.0 * (128 << 20));
  expect_asked("{\"operation\": \"open\", \"stores\": 3}", "page_table_bytes", 0);
  expect_asked("{}", "ops_per_s", 0);
}

static void test_why_there_is_none(void **state) {
  (void)state;
  assert_string_equal(limit_none("faults_per_op"), "a read by a call takes no fault");
  assert_string_equal(limit_none("p99"), "no bare loop does one such operation at a time and waits for it");
  assert_string_equal(limit_none("ops_per_s"), "no bare loop does this work");
}

static void test_writes(void **state) {
  (void)state;
  expect("{\"operation\": \"fill\", \"keys\": \"sequential\", \"batch\": 64, \"depth\": 64}", "memory-write 1048576");
  expect("{\"operation\": \"fill\", \"keys\": \"sequential\", \"sync\": \"async\"}", "memory-write 1048576");
  expect("{\"operation\": \"fill\", \"keys\": \"sequential\", \"sync\": \"interval=10ms\"}", "memory-write 1048576");
  expect("{\"operation\": \"fill\"}", "memory-copy 64");
  expect("{\"operation\": \"update\"}", "memory-copy 64");
  expect("{\"operation\": \"update\", \"spec\": \"pread\"}", "memory-copy 64, system-call 0");
  expect("{\"operation\": \"update\", \"spec\": \"uring\"}", "memory-copy 64, uring-nop 0");
  // What is new need not be looked for, so that many go out by one call, and through a buffer also one by one.
  expect("{\"operation\": \"fill\", \"spec\": \"pread\"}", "memory-copy 64, system-call 0");
  expect("{\"operation\": \"fill\", \"spec\": \"pread\", \"batch\": 8}", "memory-copy 64");
  expect("{\"operation\": \"fill\", \"spec\": \"stdio\"}", "memory-copy 64");
  expect("{\"operation\": \"update\", \"spec\": \"pread:direct=on\", \"options\": {\"direct\": true}}",
         "device-write 4096");
  expect("{\"operation\": \"fill\", \"keys\": \"sequential\", \"options\": {\"direct\": true}}",
         "device-write-sequential 1048576 depth=32");
  expect("{\"operation\": \"update\", \"sync\": \"always\"}", "msync 128");
  expect("{\"operation\": \"update\", \"sync\": \"always\", \"options\": {\"write\": \"pwrite\"}}", "fdatasync 128");
  expect("{\"operation\": \"update\", \"sync\": \"always\", \"spec\": \"pread\"}", "fdatasync 128");
  expect("{\"operation\": \"delete\", \"sync\": \"every=64\", \"spec\": \"stdio\"}", "fdatasync 128 every=64");
  // Those that wait at the same time share a sync.
  expect("{\"operation\": \"update\", \"sync\": \"always\", \"spec\": \"pread\", \"batch\": 8, \"threads\": 2}",
         "fdatasync 128 every=16");
  expect("{\"operation\": \"update\", \"sync\": \"every=64\", \"spec\": \"pread\", \"batch\": 8}",
         "fdatasync 128 every=64");
  // Of another format key and value, which is all that has to be in its log.
  expect("{\"operation\": \"update\", \"sync\": \"always\", \"spec\": \"lmdb\", \"options\": {}, \"batch\": 8}",
         "fdatasync 80 every=8");
  expect("{\"operation\": \"mixed\", \"sync\": \"always\"}", "memory-copy 64");
}

// The bound runs over the same records in the same order as the cell.
static void test_same_work(void **state) {
  (void)state;
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  json_t *cell = make_cell("{\"keys\": \"zipfian\", \"theta\": 0.8, \"spec\": \"pread\"}");
  assert_int_equal(limits_of_cell(cell, specs), 3);
  assert_int_equal(specs[2].keys, KEYS_ZIPFIAN);
  assert_true(specs[2].theta == 0.8);
  assert_int_equal(specs[2].data, 128 << 20);
  assert_int_equal(specs[2].record_size, 128);
  assert_int_equal(specs[0].record_size, 128);
  json_decref(cell);
}

// But a sync is bounded in the order in which stores write, whatever the order of the keys: syncs that meet the same
// blocks again are faster.
static void test_syncs_are_bounded_in_the_order_of_writes(void **state) {
  (void)state;
  static const char *const specs[] = {"pread", "mmap"};
  for (size_t i = 0; i < 2; i++) {
    struct limit_spec bound[LIMITS_OF_CELL_MAX];
    json_t *cell =
        make_cell("{\"keys\": \"zipfian\", \"theta\": 0.8, \"operation\": \"update\", \"sync\": \"always\"}");
    json_object_set_new(cell, "spec", json_string(specs[i]));
    assert_int_equal(limits_of_cell(cell, bound), 1);
    assert_int_equal(bound[0].keys, KEYS_SEQUENTIAL);
    assert_true(bound[0].theta == 0);
    json_decref(cell);
  }
}

static void test_metrics(void **state) {
  (void)state;
  static const char scan[] = "{\"operation\": \"scan\", \"record_size\": 4096, \"value_size\": 4000}";
  static const char cold[] = "{\"cache\": \"cold\"}";
  assert_true(in_metric("{}", 2e6, "ops_per_s") == 2e6);
  assert_true(in_metric("{}", 2e6, "bytes_per_s") == 2e6 * 64);
  assert_true(in_metric(scan, 4096e6, "ops_per_s") == 1e6);
  assert_true(in_metric(scan, 4096e6, "bytes_per_s") == 4000e6);
  assert_true(in_metric("{\"operation\": \"scan\", \"spec\": \"lmdb\", \"options\": {}}", 64e6, "ops_per_s") == 1e6);
  assert_true(in_metric("{\"operation\": \"scan\", \"spec\": \"lmdb\", \"options\": {}}", 64e6, "bytes_per_s") == 64e6);
  assert_true(in_metric(cold, 1e4, "p50") == 1e5);
  assert_true(isnan(in_metric("{}", 1e8, "p50")));  // copies overlap
  assert_true(isnan(in_metric("{\"cache\": \"cold\", \"batch\": 8}", 1e4, "p50")));
  assert_true(isnan(in_metric("{\"cache\": \"cold\", \"threads\": 2}", 1e4, "p50")));
  assert_true(isnan(in_metric(cold, 1e4, "faults_per_op")));
  assert_true(isnan(in_metric(cold, NAN, "ops_per_s")));
}

static void test_labels(void **state) {
  (void)state;
  static const char queue[] = "{\"cache\": \"cold\", \"spec\": \"uring\", \"options\": {\"depth\": 64}, \"depth\": 8}";
  expect_label(queue, "sync", "bare device, depth 8");
  expect_label(queue, "depth", "bare device, same depth");
  expect_label("{\"cache\": \"cold\", \"depth\": 8}", "depth", "bare device, depth 1");
  expect_label("{}", "batch", "memory, copies");
  // One name along the axis that makes them differ, and their number elsewhere.
  static const char eight[] = "{\"operation\": \"update\", \"sync\": \"always\", \"spec\": \"pread\", \"batch\": 8}";
  expect_label(eight, "batch", "bare fdatasync, same group");
  expect_label("{\"operation\": \"update\", \"sync\": \"always\"}", "sync", "bare msync, same group");
  expect_label(eight, "record_size", "bare fdatasync every 8");
  // Of another format's records less has to be moved than of ours: two lines that need two names.
  expect_label("{\"operation\": \"update\", \"sync\": \"always\", \"spec\": \"lmdb\", \"options\": {}}", "sync",
               "bare fdatasync, same group, key and value");
  expect_label("{\"operation\": \"scan\", \"spec\": \"lmdb\", \"options\": {}}", "batch",
               "memory, read in order, values alone");
  expect_label("{\"cache\": \"cold\", \"spec\": \"lmdb\", \"options\": {}}", "batch", "bare device, depth 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reads_in_memory),
      cmocka_unit_test(test_reads_from_the_device),
      cmocka_unit_test(test_reads_under_pressure),
      cmocka_unit_test(test_peers_under_pressure),
      cmocka_unit_test(test_processor_time),
      cmocka_unit_test(test_whole_stores),
      cmocka_unit_test(test_what_is_asked),
      cmocka_unit_test(test_blocks_are_those_of_the_file_system),
      cmocka_unit_test(test_why_there_is_none),
      cmocka_unit_test(test_writes),
      cmocka_unit_test(test_same_work),
      cmocka_unit_test(test_syncs_are_bounded_in_the_order_of_writes),
      cmocka_unit_test(test_metrics),
      cmocka_unit_test(test_labels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
