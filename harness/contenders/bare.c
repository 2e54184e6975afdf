// SPDX-License-Identifier: MIT
// Bare loops on the file of a store: the same records, in the same order, as the bounds' loops (harness/limits) take
// them, with nothing of a store around it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engines/registry.h"
#include "engines/slots/format.h"
#include "harness/cache.h"
#include "harness/contenders/internal.h"
#include "workloads/random.h"

enum how { HOW_MAP, HOW_CHAIN, HOW_DENSE, HOW_PREAD, HOW_URING, HOW_READ, HOW_WRITE, HOW_GROUP, HOW_LOAD };
enum { HOWS = HOW_LOAD + 1 };

static const struct engine_option options[] = {
    {.name = "how",
     .type = OPTION_CHOICE,
     .choices = "map/chain/dense/pread/uring/read/write/group/load",
     .initial = "map",
     .help = "gets by index and map, one after the other (chain), copies, preads, io_uring reads, a long read, writes, "
             "durable writes of threads that share a sync, a load"},
    {.name = "direct", .type = OPTION_BOOL, .initial = "off", .help = "how=uring goes round the page cache (O_DIRECT)"},
    {0}};

// What a way does, of which operation, by which loop, and what is said of it where the bound's name does not fit.
static const struct way {
  const char *name;
  enum operation operation;
  enum limit_kind kind;
  const struct limit_loop *loop;
  const char *what;
  // Reads back what the loop wrote. 0 or -errno with the reason.
  int (*prove)(void *state, uint64_t *verified, struct error *error);
} ways[HOWS] = {
    [HOW_MAP] = {"map", OPERATION_GET, LIMIT_MEMORY_COPY, &contender_probe_loop, "index, key and copy", NULL},
    [HOW_CHAIN] = {"chain", OPERATION_GET, LIMIT_MEMORY_COPY, &contender_chain_loop, "index, key and copy", NULL},
    [HOW_DENSE] = {"dense", OPERATION_GET, LIMIT_MEMORY_COPY, &limit_memory_copy, NULL, NULL},
    [HOW_PREAD] = {"pread", OPERATION_GET, LIMIT_PREAD, &limit_pread, NULL, NULL},
    [HOW_URING] = {"uring", OPERATION_GET, LIMIT_URING_READ, &limit_uring_read, NULL, NULL},
    [HOW_READ] = {"read", OPERATION_SCAN, LIMIT_PREAD, &limit_pread, NULL, NULL},
    [HOW_WRITE] = {"write", OPERATION_UPDATE, LIMIT_PWRITE, &limit_pwrite, NULL, NULL},
    [HOW_GROUP] = {"group", OPERATION_UPDATE, LIMIT_FDATASYNC, &contender_group_loop,
                   "one write, one fdatasync and one wake-up for all threads", contender_group_prove},
    [HOW_LOAD] = {"load", OPERATION_FILL, LIMIT_PWRITE, &contender_load_loop,
                  "key and value, look-up, record, write and entry of a growing index", contender_load_prove},
};

static const char *durability(const struct store_config *config) {
  switch (config->sync.kind) {
    case SYNC_ALWAYS:
      return "how=write: fdatasync after each batch of writes; how=group: after one write that holds a record of each "
             "thread";
    case SYNC_EVERY:
      return "how=write: fdatasync after N writes";
    default:
      return "nothing is synced";
  }
}

static int probe_nothing(struct error *error) {
  (void)error;
  return 0;
}

static bool goes_direct(const struct contender_run *run) {
  return registry_option(&contender_bare.engine, run->options, "direct");
}

static enum how how_of(const struct contender_run *run) {
  return (enum how)registry_option(&contender_bare.engine, run->options, "how");
}

static bool takes_threads(const struct contender_run *run) { return how_of(run) == HOW_GROUP; }

static bool does(enum how how, enum operation asked) {
  return ways[how].operation == asked || (how == HOW_READ && asked == OPERATION_OPEN);
}

// Names a way that does what is asked, where there is one.
static int other_operation(enum how how, enum operation asked, struct error *error) {
  char instead[64] = "no way of bare does";
  for (int i = HOWS - 1; i >= 0; i--)
    if (does((enum how)i, asked)) snprintf(instead, sizeof instead, "use how=%s, which does", ways[i].name);
  return error_set(error, -EOPNOTSUPP, "bare:how=%s does %s%s, and no %s; %s", ways[how].name,
                   operation_name(ways[how].operation), how == HOW_READ ? " or open" : "", operation_name(asked),
                   instead);
}

static int check_writes(const struct cell_settings *settings, enum how how, struct error *error) {
  const struct workload *workload = &settings->workload;
  enum sync_kind sync = settings->sync.kind;
  if (how == HOW_WRITE && (sync == SYNC_ASYNC || sync == SYNC_INTERVAL))
    return error_set(error, -EOPNOTSUPP, "bare:how=write syncs always, every=N or none");
  if (how == HOW_GROUP && sync != SYNC_ALWAYS)
    return error_set(error, -EOPNOTSUPP, "bare:how=group syncs each group of records; use sync = always");
  if (how == HOW_GROUP && (workload->batch > 1 || workload->depth > 1))
    return error_set(error, -EOPNOTSUPP, "bare:how=group has one record of each thread; use batch = 1 and depth = 1");
  if (how == HOW_LOAD && sync != SYNC_NONE)
    return error_set(error, -EOPNOTSUPP, "bare:how=load syncs nothing; use sync = none");
  if (how == HOW_LOAD && workload->keys != KEYS_SEQUENTIAL)
    return error_set(error, -EOPNOTSUPP, "bare:how=load puts keys in order; use keys = sequential");
  return 0;
}

static int check(const struct contender_run *run, struct error *error) {
  const struct cell_settings *settings = &run->sample->order->settings;
  enum how how = how_of(run);
  enum operation asked = settings->workload.operation;
  if (!does(how, asked)) return other_operation(how, asked, error);
  if (goes_direct(run) && (how != HOW_URING || settings->record_size < LIMIT_BLOCK))
    return error_set(error, -EOPNOTSUPP, "bare:direct=on belongs to how=uring and records of %d bytes or more",
                     LIMIT_BLOCK);
  if (how == HOW_READ && asked == OPERATION_SCAN && settings->data_bytes < LIMIT_PIECE)
    return error_set(error, -EOPNOTSUPP, "bare:how=read reads pieces of 1 MiB, and there is less");
  return check_writes(settings, how, error);
}

// As stores do: always syncs once for all that one call hands in, every=N also in the middle of it.
static unsigned writes_a_sync(const struct cell_settings *settings) {
  return settings->sync.kind == SYNC_EVERY    ? (unsigned)settings->sync.amount
         : settings->sync.kind == SYNC_ALWAYS ? settings->workload.batch
                                              : 1;
}

static struct limit_spec choose_spec(const struct contender_run *run) {
  const struct cell_settings *settings = &run->sample->order->settings;
  const struct workload *workload = &settings->workload;
  enum how how = how_of(run);
  bool skewed = workload->keys == KEYS_ZIPFIAN || workload->keys == KEYS_LATEST;
  struct limit_spec spec = {.kind = ways[how].kind,
                            .bytes = settings->record_size,
                            .record_size = settings->record_size,
                            .data = workload->records * settings->record_size,
                            .keys = workload->keys,
                            .theta = skewed ? workload->theta : 0,
                            .depth = workload->depth,
                            .every = writes_a_sync(settings),
                            .threads = 1};
  if (how == HOW_MAP || how == HOW_CHAIN || how == HOW_LOAD) spec.bytes = workload->value_size;
  if (how == HOW_LOAD) spec.depth = workload->batch;
  if (how == HOW_GROUP) spec.every = spec.threads = settings->threads;
  if (goes_direct(run)) spec.kind = LIMIT_DEVICE_READ;
  if (how == HOW_WRITE && settings->sync.kind != SYNC_NONE) spec.kind = LIMIT_FDATASYNC;
  if (how == HOW_READ) {
    spec.bytes = spec.record_size = LIMIT_PIECE;
    spec.data -= spec.data % LIMIT_PIECE;
  }
  // A store puts updates into free slots one after the other, whatever the order of the keys (docs/limits.md).
  if (how == HOW_READ || how == HOW_WRITE || how == HOW_GROUP) spec.keys = KEYS_SEQUENTIAL;
  return spec;
}

static const struct limit_loop *choose_loop(const struct contender_run *run) {
  enum how how = how_of(run);
  return how == HOW_WRITE && run->order.spec.kind == LIMIT_FDATASYNC ? &limit_fdatasync : ways[how].loop;
}

// What the loop does, for the record.
static int describe(struct contender_run *run) {
  char label[64], text[128];
  const struct limit_spec *spec = &run->order.spec;
  const char *what = ways[how_of(run)].what;
  limit_label(spec, label, sizeof label);
  limit_describe(spec, text, sizeof text);
  run->sample->effective = json_pack("{s:s, s:s}", "loop", what ? what : label, "over", text);
  return run->sample->effective ? 0 : -ENOMEM;
}

static int open_file(struct contender_run *run, struct error *error) {
  const struct sample_order *order = run->sample->order;
  enum how how = how_of(run);
  if (how == HOW_LOAD) return contender_file_create(order, &run->file, error);
  int flags = (how == HOW_WRITE || how == HOW_GROUP ? O_RDWR : O_RDONLY) | (goes_direct(run) ? O_DIRECT : 0);
  return contender_file_open(order, flags, how <= HOW_DENSE, &run->file, error);
}

static int open_bare(struct contender_run *run, struct error *error) {
  const struct sample_order *order = run->sample->order;
  int code = check(run, error);
  if (!code) code = open_file(run, error);
  if (code) return code;
  run->order.spec = choose_spec(run);
  // As the clients of stores draw them: the same keys.
  run->order.seed = random_mix(order->seed);
  run->target = (struct limit_target){.fd = run->file.fd, .first = RECORDS_OFFSET};
  if (run->file.map) run->target.records = run->file.map + RECORDS_OFFSET;
  run->loop = choose_loop(run);
  if (describe(run)) return error_set(error, -ENOMEM, "no memory");
  if (order->settings.workload.operation == OPERATION_OPEN) return 0;
  return run->loop->open(&run->order, &run->target, 0, &run->state, error);
}

static int run_until(struct contender_run *run, uint64_t deadline, uint64_t *done, struct error *error) {
  int code = run->loop->run(run->state, deadline, done);
  return code ? error_set(error, code, "the loop failed: %s", strerror(-code)) : 0;
}

static uint64_t after(double seconds) { return clock_ns() + (uint64_t)(seconds * 1e9); }

static int warm_up(struct contender_run *run, struct error *error) {
  uint64_t unused = 0;
  if (how_of(run) == HOW_LOAD) return 0;  // each record is put once
  return run_until(run, after(run->sample->order->warmup), &unused, error);
}

// What opening a store that has to recover cannot do without: all of its file, once.
static int read_whole(struct contender_run *run, struct error *error) {
  struct sample *sample = run->sample;
  uint64_t start = clock_ns();
  int code = cache_read(sample->order->path, 0, UINT64_MAX);
  sample->start.open_ns = clock_ns() - start;
  sample->result.seconds = (double)sample->start.open_ns / 1e9;
  sample->result.operations = 1;
  return code ? error_set(error, code, "the file cannot be read: %s", strerror(-code)) : 0;
}

static int time_bare(struct contender_run *run, struct error *error) {
  struct sample *sample = run->sample;
  const struct workload *workload = &sample->order->settings.workload;
  if (workload->operation == OPERATION_OPEN) return read_whole(run, error);
  uint64_t done = 0, start = clock_ns();
  bool once = workload->operation == OPERATION_FILL;
  double seconds = once ? sample->order->limit : sample->order->seconds;
  // A fill without a limit takes as long as it takes.
  int code = run_until(run, once && seconds == 0 ? UINT64_MAX : after(seconds), &done, error);
  sample->result.seconds = (double)(clock_ns() - start) / 1e9;
  // A piece holds no whole number of records where their size does not divide it.
  bool pieces = how_of(run) == HOW_READ;
  sample->result.operations = pieces ? done * LIMIT_PIECE / sample->order->settings.record_size : done;
  sample->counts.bytes = sample->result.operations * workload->value_size;
  if (!code && how_of(run) == HOW_DENSE &&
      json_object_set_new(sample->effective, "asks ahead into", json_string(limit_memory_cache(run->state))))
    code = error_set(error, -ENOMEM, "no memory");
  if (once || workload->operation == OPERATION_UPDATE) sample->counts.bytes_written = sample->counts.bytes;
  return code;
}

static int prove_bare(struct contender_run *run, struct error *error) {
  const struct way *way = &ways[how_of(run)];
  return way->prove ? way->prove(run->state, &run->sample->verified, error) : 0;
}

static void close_bare(struct contender_run *run) {
  if (run->state) run->loop->close(run->state);
  contender_file_close(&run->file);
}

const struct contender contender_bare = {
    .engine = CONTENDER_ENGINE(.name = "bare", .label = "bare loop",
                               .summary = "no store: a loop that does what a store cannot leave out, on its file",
                               .options = options, .durability = durability),
    .mark =
        "a bare loop, no store: it times no operation, counts no system calls, sums no values, verifies nothing but "
        "what "
        "how=group and how=load wrote, and has no index, records or syncs to tell of",
    .probe = probe_nothing,
    .takes_threads = takes_threads,
    .for_threads = "how=group, whose threads share a sync",
    .open = open_bare,
    .warm_up = warm_up,
    .time = time_bare,
    .prove = prove_bare,
    .close = close_bare,
};
