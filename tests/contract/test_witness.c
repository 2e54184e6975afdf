// SPDX-License-Identifier: MIT
// An outside witness for each engine and policy: the file system's own sync tracepoint, which sees fdatasync, msync,
// RWF_DSYNC and syncs by io_uring alike, counts the syncs of a run of puts on one thread. What the kernel did is what
// the policy needs, neither less nor more. The device's flushes are counted beside it. The table is printed at the end.
//
// Skipped with the reason where the tracepoint cannot be counted.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/devices.h"
#include "harness/tracepoints.h"
#include "tests/contract/contract.h"

enum {
  PUTS = 64,
  EVERY = 8,
  BATCH = 16,
  LENGTH = 64,
  INTERVAL_MS = 5,
  ROUNDS = 4,
  ROWS = 128,
  CALIBRATION = 16,
  PAUSE_US = 100
};

static const char *const witness_specs[] = {"mmap",
                                            "mmap:write=pwrite",
                                            "mmap:msync=whole",
                                            "pread",
                                            "pread:sync=fsync",
                                            "pread:sync=dsync",
                                            "pread:direct=on",
                                            "stdio",
                                            "uring",
                                            "uring:direct=on",
                                            "uring:dsync=on",
                                            "uring:sqpoll=on",
                                            "uring:direct=on:iopoll=on",
                                            NULL};

struct need {
  uint64_t low, high;  // syncs, inclusive
};

struct row {
  char spec[64], policy[32];
  unsigned puts, batch;
  struct need need;
  uint64_t syncs, flushes, at_close;
  bool flushes_known;  // the device counts them, and needs one for each sync
};

static struct row rows[ROWS];
static size_t row_count;

static uint64_t flushes_so_far(const struct device_reader *device) {
  struct device_totals totals = {0};
  if (!device || device_reader_read(device, &totals) || !totals.flushes_known) return 0;
  return totals.flushes;
}

// Whether the device has a cache that a sync makes it flush: found out by syncing.
static bool needs_flushes(const char *folder) {
  struct device_reader *device;
  struct error error;
  char path[PATH_ROOM];
  if (device_reader_open(folder, &device, &error)) return false;
  snprintf(path, sizeof path, "%s/calibration", folder);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  uint64_t before = flushes_so_far(device);
  for (int i = 0; i < CALIBRATION; i++) {
    assert_int_equal(pwrite(fd, &i, sizeof i, i * 4096), sizeof i);
    assert_int_equal(fdatasync(fd), 0);
  }
  uint64_t flushes = flushes_so_far(device) - before;
  close(fd);
  device_reader_close(device);
  assert_int_equal(unlink(path), 0);
  return flushes >= CALIBRATION;
}

static void need_tracepoint(const char *folder) {
  struct tracepoints *tracepoints;
  struct error reasons[TRACEPOINTS];
  assert_code(tracepoints_open(folder, &tracepoints, reasons), 0);
  tracepoints_close(tracepoints);
  if (!reasons[TRACEPOINT_SYNCS].code) return;
  print_message("skipped: %s\n", reasons[TRACEPOINT_SYNCS].text);
  skip();
}

static int stop(struct tracepoints *tracepoints, uint64_t *syncs) {
  struct tracepoint_counts counts;
  int code = tracepoints_stop(tracepoints, &counts);
  *syncs = counts.count[TRACEPOINT_SYNCS];
  return code ? code : counts.known[TRACEPOINT_SYNCS] ? 0 : -ENODATA;
}

static int open_again(struct fixture *f) {
  int code = f->engine->open(f->path, &f->config, &f->store, &f->error);
  return code ? code : access_open(&f->access, f->engine, f->store);
}

static int close_all(struct fixture *f) {
  int code = access_close(&f->access), closed = f->engine->close(f->store, &f->error);
  return closed ? closed : code;
}

static int put_batch(struct fixture *f, unsigned first, unsigned count) {
  struct op ops[BATCH];
  char keys[BATCH][KEY_LENGTH_MAX], value[LENGTH] = "witnessed";
  for (unsigned i = 0; i < count; i++) {
    uint32_t length = record_key(first + i, keys[i]);
    ops[i] = (struct op){.kind = OP_PUT, .key = keys[i], .key_length = length, .value = value, .value_length = LENGTH};
  }
  int code = session_run(f->engine, f->access.session, ops, count);
  for (unsigned i = 0; i < count && !code; i++) code = ops[i].status;
  return code;
}

static int put_all(struct fixture *f, const struct row *row) {
  int code = 0;
  for (unsigned done = 0; done < row->puts && !code; done += row->batch) code = put_batch(f, done, row->batch);
  return code;
}

// Puts until the timer has synced so often; *syncs are those that the store counts between the first and the last look.
static int put_for_rounds(struct fixture *f, struct row *row, uint64_t *syncs) {
  struct store_stat before, now;
  int code = f->engine->stat(f->store, &before);
  for (now = before; !code && now.syncs < before.syncs + ROUNDS;) {
    code = put_batch(f, row->puts++ % PUTS, 1);
    usleep(PAUSE_US);  // old slots come free with a sync only: at full speed the store would grow
    if (!code) code = f->engine->stat(f->store, &now);
  }
  *syncs = now.syncs - before.syncs;
  return code;
}

// The store counts a sync when it ends and the kernel when it begins: one may be under way at either end. `inner` are
// those that the store counted within the kernel's count, the outer ones around it.
static int count_rounds(struct fixture *f, struct tracepoints *tracepoints, struct row *row) {
  struct store_stat before, after;
  uint64_t inner = 0;
  int code = f->engine->stat(f->store, &before);
  if (!code) code = tracepoints_start(tracepoints);
  if (!code) code = put_for_rounds(f, row, &inner);
  if (!code) code = stop(tracepoints, &row->syncs);
  if (!code) code = f->engine->stat(f->store, &after);
  if (!code) row->need = (struct need){inner - 1, after.syncs - before.syncs + 1};
  return code;
}

static int count_puts(struct fixture *f, struct tracepoints *tracepoints, struct row *row) {
  if (f->config.sync.kind == SYNC_INTERVAL) return count_rounds(f, tracepoints, row);
  int code = tracepoints_start(tracepoints);
  if (!code) code = put_all(f, row);
  return code ? code : stop(tracepoints, &row->syncs);
}

static int count_with_device(struct fixture *f, struct tracepoints *tracepoints, struct row *row) {
  struct device_reader *device;
  struct error error;
  if (device_reader_open(f->folder, &device, &error)) device = NULL;
  uint64_t before = flushes_so_far(device);
  int code = count_puts(f, tracepoints, row);
  row->flushes = flushes_so_far(device) - before;
  device_reader_close(device);
  return code;
}

// In a process of its own: the kernel's workers for io_uring belong to a thread and outlive its rings, and one that an
// earlier test left would do the syncs of this one, unseen. The counters come first, then the store and its timer. The
// first put makes the header say "not clean", and that durable: it comes before what is counted.
static int watch_child(struct fixture *f, void *argument) {
  struct row *row = argument;
  struct tracepoints *tracepoints;
  int code = tracepoints_open(f->folder, &tracepoints, NULL);
  if (code) return code;
  code = close_all(f);
  if (!code) code = open_again(f);
  if (!code) code = access_put(&f->access, 1000, 1, LENGTH);
  if (!code) code = f->engine->sync(f->store);
  if (!code) code = count_with_device(f, tracepoints, row);
  if (!code) code = tracepoints_start(tracepoints);
  if (!code) code = close_all(f);
  if (!code) code = stop(tracepoints, &row->at_close);
  if (!code) code = open_again(f);
  tracepoints_close(tracepoints);
  return code;
}

static void witnessed(struct fixture *f, enum sync_kind kind, unsigned batch, struct need need) {
  static const uint64_t amounts[SYNC_KINDS] = {[SYNC_EVERY] = EVERY, [SYNC_INTERVAL] = INTERVAL_MS};
  struct row *row = fixture_share(f, sizeof *row);
  need_tracepoint(f->folder);
  *row = (struct row){.puts = kind == SYNC_INTERVAL ? 0 : PUTS, .batch = batch, .need = need};
  row->flushes_known = needs_flushes(f->folder);
  f->config.sync = (struct sync_policy){kind, amounts[kind]};
  f->config.capacity_hint = 1 << 16;  // no growth, which syncs, too
  snprintf(row->spec, sizeof row->spec, "%s", f->spec);
  sync_policy_format(&f->config.sync, row->policy, sizeof row->policy);
  fixture_join(f, fixture_fork(f, watch_child, row));
  assert_between(row->syncs, row->need.low, row->need.high);
  // A device shared with others flushes for them, too; but never less than was waited for here.
  if (row->flushes_known && kind != SYNC_INTERVAL) assert_true(row->flushes >= row->need.low);
  assert_true(row->at_close >= 4);  // records, index, its folder, header: a clean close, whatever the policy
  assert_true(row_count < ROWS);
  rows[row_count++] = *row;
}

static void none(struct fixture *f) { witnessed(f, SYNC_NONE, 1, (struct need){0, 0}); }
static void async(struct fixture *f) { witnessed(f, SYNC_ASYNC, 1, (struct need){0, 0}); }
static void every(struct fixture *f) { witnessed(f, SYNC_EVERY, 1, (struct need){PUTS / EVERY, PUTS / EVERY}); }
static void interval(struct fixture *f) { witnessed(f, SYNC_INTERVAL, 1, (struct need){0, 0}); }
static void always(struct fixture *f) { witnessed(f, SYNC_ALWAYS, 1, (struct need){PUTS, PUTS}); }

// One sync for a batch; where each write brings its own, one for each run of neighbouring slots.
static void always_batch(struct fixture *f) {
  bool each = strstr(f->spec, "dsync") != NULL;
  witnessed(f, SYNC_ALWAYS, BATCH, (struct need){PUTS / BATCH, each ? PUTS : PUTS / BATCH});
}

// every=N counts operations, and splits a batch if it must.
static void every_batch(struct fixture *f) {
  witnessed(f, SYNC_EVERY, BATCH, (struct need){PUTS / EVERY, PUTS / EVERY});
}

static const struct {
  const char *policy, *needs;
  unsigned batch;
} columns[] = {{"none", "0", 1},
               {"async", "0", 1},
               {"every=8", "8", 1},
               {"every=8", "8", BATCH},
               {"interval=5ms", "one a round", 1},
               {"always", "64", 1},
               {"always", "4", BATCH}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const struct row *find_row(const char *spec, size_t column) {
  for (size_t i = 0; i < row_count; i++)
    if (strcmp(rows[i].spec, spec) == 0 && strcmp(rows[i].policy, columns[column].policy) == 0 &&
        rows[i].batch == columns[column].batch)
      return &rows[i];
  return NULL;
}

static void print_engine(const char *spec) {
  uint64_t least = UINT64_MAX, most = 0;
  printf("| `%s` |", spec);
  for (size_t column = 0; column < COLUMNS; column++) {
    const struct row *row = find_row(spec, column);
    printf(row ? " %llu" : " not run", row ? (unsigned long long)row->syncs : 0);
    if (row && row->need.low != row->need.high)
      printf(" of %llu-%llu", (unsigned long long)row->need.low, (unsigned long long)row->need.high);
    if (row && row->flushes_known) printf(" (%llu)", (unsigned long long)row->flushes);
    printf(" |");
    if (row && row->at_close < least) least = row->at_close;
    if (row && row->at_close > most) most = row->at_close;
  }
  printf(most ? " %llu-%llu |\n" : " not run |\n", (unsigned long long)least, (unsigned long long)most);
}

// Syncs by the kernel, behind them in brackets the flushes of the device by whomever.
static void print_table(void) {
  if (row_count == 0) return;
  printf("\n| engine |");
  for (size_t i = 0; i < COLUMNS; i++)
    printf(" `%s`%s |", columns[i].policy, columns[i].batch > 1 ? ", batches of 16" : "");
  printf(" closing |\n| --- |");
  for (size_t i = 0; i <= COLUMNS; i++) printf(" --- |");
  printf("\n| needed |");
  for (size_t i = 0; i < COLUMNS; i++) printf(" %s |", columns[i].needs);
  printf(" 4 or more |\n");
  for (const char *const *spec = witness_specs; *spec; spec++) print_engine(*spec);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"none", none, CAP_PERSISTENT, 0, witness_specs},
      {"async", async, CAP_PERSISTENT, 0, witness_specs},
      {"every", every, CAP_PERSISTENT, 0, witness_specs},
      {"every, in batches", every_batch, CAP_PERSISTENT, 0, witness_specs},
      {"interval", interval, CAP_PERSISTENT, 0, witness_specs},
      {"always", always, CAP_PERSISTENT, 0, witness_specs},
      {"always, in batches", always_batch, CAP_PERSISTENT, 0, witness_specs},
  };
  int failed = contract_main("witness", cases, sizeof cases / sizeof cases[0], argc, argv);
  print_table();
  return failed;
}
