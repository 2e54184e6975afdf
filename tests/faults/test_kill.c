// SPDX-License-Identifier: MIT
// kill -9 at random moments under load, 500 times a store, and in the middle of commits of several parts: nothing
// acknowledged is missing (stdio: that was flushed), no value is torn, mixed or invented, the file opens, and check
// finds it sound. The peers (docs/peers.md) keep the same: what they gave to the kernel survives a process under every
// policy. FAULTS_KILLS sets another number, and FAULTS_SEED the moments.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engines/slots/check.h"
#include "tests/contract/contract.h"
#include "tests/faults/ledger.h"
#include "tests/parts/parts.h"

// Values of several lengths, all long enough to tell their version.
enum {
  THREADS = 2,
  BATCH_MAX = 6,
  LENGTH_MIN = VALUE_CHECKED,
  LENGTHS = 70,
  MOMENT_MAX_US = 25000,
  SYNC_EVERY_ROUNDS = 16,
  PAUSE_EVERY_ROUNDS = 3,
  PAUSE_US = 300,
  MOMENTS = 12,        // between parts of commits, in the life of a process that kills itself at one of them
  RECORD = 1024,       // bytes there, so that the file grows often;
  ROUNDS_MAX = 100,    // if it did not in the lives that were asked for, in some of so many
  WAITS_MAX = 100000,  // of PAUSE_US, before such a process is taken for one that never will
};

static const struct sync_policy policies[] = {
    {SYNC_NONE, 0}, {SYNC_ASYNC, 0}, {SYNC_EVERY, 7}, {SYNC_INTERVAL, 2}, {SYNC_ALWAYS, 0}};
enum { POLICIES = sizeof policies / sizeof policies[0] };

struct writer {
  struct fixture *fixture;
  struct ledger *ledger;
  unsigned number;
  unsigned seed;
};

// A batch of operations on keys of its own, each key at most once.
struct batch {
  struct op ops[BATCH_MAX];
  char keys[BATCH_MAX][KEY_LENGTH_MAX];
  unsigned char values[BATCH_MAX][LENGTH_MIN + LENGTHS];
  unsigned numbers[BATCH_MAX], versions[BATCH_MAX];
  unsigned count;
};

static void add_op(struct batch *batch, struct ledger *ledger, unsigned number) {
  unsigned at = batch->count++, version = ledger_start(ledger, number);
  uint32_t length = LENGTH_MIN + version % LENGTHS;
  batch->numbers[at] = number;
  batch->versions[at] = version;
  batch->ops[at] = (struct op){.kind = ledger_deletes(version) ? OP_DELETE : OP_PUT,
                               .key = batch->keys[at],
                               .key_length = record_key(number, batch->keys[at]),
                               .value = batch->values[at],
                               .value_length = length};
  record_value(number, version, batch->values[at], length);
}

static void fill_batch(struct batch *batch, struct writer *writer) {
  unsigned wanted = 1 + (unsigned)rand_r(&writer->seed) % BATCH_MAX;
  unsigned number = writer->number + THREADS * ((unsigned)rand_r(&writer->seed) % (LEDGER_KEYS / THREADS));
  batch->count = 0;
  for (; batch->count < wanted; number = (number + THREADS) % LEDGER_KEYS) add_op(batch, writer->ledger, number);
}

static int run_batch(struct writer *writer, struct access *access, struct batch *batch) {
  const struct fixture *f = writer->fixture;
  bool kept = !fixture_buffers(f) || f->config.sync.kind == SYNC_ALWAYS;
  int code = session_run(f->engine, access->session, batch->ops, batch->count);
  for (unsigned i = 0; !code && i < batch->count; i++) {
    // A delete of what is not there is as good as done.
    if (batch->ops[i].status && !(batch->ops[i].kind == OP_DELETE && batch->ops[i].status == -ENOENT))
      return batch->ops[i].status;
    ledger_acknowledge(writer->ledger, batch->numbers[i], batch->versions[i]);
    if (kept) atomic_store(&writer->ledger->keys[batch->numbers[i]].kept, batch->versions[i]);
  }
  return code;
}

// What was acknowledged before a sync began is kept once it has ended.
static int sync_all(struct writer *writer) {
  unsigned before[LEDGER_KEYS];
  for (unsigned i = writer->number; i < LEDGER_KEYS; i += THREADS)
    before[i] = atomic_load(&writer->ledger->keys[i].acknowledged);
  int code = writer->fixture->engine->sync(writer->fixture->store);
  for (unsigned i = writer->number; !code && i < LEDGER_KEYS; i += THREADS)
    atomic_store(&writer->ledger->keys[i].kept, before[i]);
  return code;
}

static int write_until_killed(struct writer *writer, struct access *access) {
  struct batch batch;
  int code = 0;
  for (unsigned round = 1; !code; round++) {
    fill_batch(&batch, writer);
    code = run_batch(writer, access, &batch);
    if (!code && round % SYNC_EVERY_ROUNDS == 0) code = sync_all(writer);
    // Kills must find acknowledged writes that nothing has followed yet, too: a buffer may hold them.
    if (round % PAUSE_EVERY_ROUNDS == 0) usleep(PAUSE_US);
  }
  return code;
}

static void *second_writer(void *argument) {
  struct writer *writer = argument;
  struct access access;
  int code = access_open(&access, writer->fixture->engine, writer->fixture->store);
  if (!code) code = write_until_killed(writer, &access);
  fprintf(stderr, "writer %u: %s\n", writer->number, strerror(-code));
  _exit(1);
}

// In the middle of a commit, between two of its parts; the file is small then, and grows a page at a time.
static bool kills_itself(const struct fixture *f) {
  return strstr(f->spec, "grow_step=") && parts_expected(f->spec, f->config.sync);
}

struct life {
  struct ledger *ledger;
  struct parts parts;
  unsigned seed;
  bool alone;  // one session: only then does stdio keep written bytes in its buffer
};

static int live(struct fixture *f, void *argument) {
  struct life *life = argument;
  struct writer writers[THREADS];
  pthread_t thread;
  parts_watch(&life->parts);
  if (kills_itself(f) && f->engine->compact(f->store, &f->error)) return -EIO;
  for (unsigned i = 0; i < THREADS; i++) writers[i] = (struct writer){f, life->ledger, i, life->seed + i};
  int code = life->alone ? 0 : -pthread_create(&thread, NULL, second_writer, &writers[1]);
  return code ? code : write_until_killed(&writers[0], &f->access);
}

static bool is_ours(const struct fixture *f) { return f->engine->caps & CAP_SHARED_FORMAT; }

static bool has_begun(const struct ledger *ledger) {
  for (unsigned i = 0; i < LEDGER_KEYS; i++)
    if (atomic_load(&ledger->keys[i].started) >= ledger->keys[i].first) return true;
  return false;
}

static bool has_ended(int child) {
  siginfo_t info = {0};
  return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

// At the moment with this number, of those between two parts.
static void await_own_kill(struct fixture *f, struct life *life, unsigned number) {
  life->parts.die_at = life->parts.moments + number;
  int child = fixture_fork(f, live, life);
  for (unsigned waits = 0; waits < WAITS_MAX && !has_ended(child); waits++) usleep(PAUSE_US);
  assert_int_equal(kill(child, SIGKILL), 0);  // one that would go on for ever
  fixture_join_killed(f, child);
  assert_int_equal(life->parts.moments, life->parts.die_at);
}

// One kill. The moment may lie in opening, too; every other one comes after the load has begun, however slow the
// machine is.
static void kill_one(struct fixture *f, struct life *life, unsigned *random) {
  if (kills_itself(f)) {
    await_own_kill(f, life, 1 + (unsigned)rand_r(random) % MOMENTS);
    return;
  }
  int child = fixture_fork(f, live, life);
  while (life->alone && !has_begun(life->ledger) && !has_ended(child)) usleep(PAUSE_US);
  long us = rand_r(random) % MOMENT_MAX_US;
  struct timespec moment = {0, us * 1000};
  nanosleep(&moment, NULL);
  assert_int_equal(kill(child, SIGKILL), 0);
  fixture_join_killed(f, child);
}

static void expect_all(struct fixture *f, struct ledger *ledger) {
  for (unsigned number = 0; number < LEDGER_KEYS; number++) {
    uint64_t version = 0;
    int code = access_get(&f->access, number, &version);
    if (code != -ENOENT) assert_code(code, 0);
    if (!ledger_allows(ledger, number, code == -ENOENT, (unsigned)version)) {
      const struct ledger_key *key = &ledger->keys[number];
      fail_msg("key %u: found %s %llu; started %u, acknowledged %u, kept %u, this life from %u, before it %u", number,
               code ? "nothing," : "version", (unsigned long long)version, key->started, key->acknowledged, key->kept,
               key->first, key->settled);
    }
    ledger_settle(ledger, number, code == -ENOENT, (unsigned)version);
  }
}

// Of our own format; a peer's opens and answers, which is what `look` asks of it.
static void check_sound(struct fixture *f, bool clean) {
  struct slot_check_report report;
  if (!is_ours(f)) return;
  assert_done(slot_check(f->path, &report, &f->error), &f->error);
  assert_true(slot_check_sound(&report));
  if (clean) {
    assert_true(report.clean);
    assert_int_equal(report.corrupt, 0);
  }
}

// Every third time the file is only read, so that the next life begins with what the kill left.
static void look(struct fixture *f, struct ledger *ledger, unsigned round) {
  bool read_only = round % 3 == 0;
  f->config.read_only = read_only;
  f->config.create = !read_only;
  fixture_open(f);
  expect_all(f, ledger);
  fixture_close(f);
  f->config.read_only = false;
  f->config.create = true;
  check_sound(f, !read_only);
}

static unsigned number_of(const char *variable, unsigned other) {
  const char *text = getenv(variable);
  return text ? (unsigned)strtoul(text, NULL, 10) : other;
}

// The four ways get the full number, spread over the policies; what only moves bytes differently and the peers get a
// fifth of it.
static unsigned kills_of(const struct fixture *f) {
  unsigned kills = number_of("FAULTS_KILLS", SCALED(500, 100)) / POLICIES;
  return !is_ours(f) || strchr(f->spec, ':') ? (kills + 4) / 5 : kills;
}

static uint64_t begun(const struct ledger *ledger) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < LEDGER_KEYS; i++) sum += ledger->keys[i].first;
  return sum - LEDGER_KEYS;
}

static bool goes_on(const struct fixture *f, const struct life *life, unsigned round, unsigned kills) {
  return round <= kills || (kills_itself(f) && !life->parts.growths && round < ROUNDS_MAX);
}

static void killed(struct fixture *f) {
  struct life *life = fixture_share(f, sizeof *life);
  unsigned seed = number_of("FAULTS_SEED", 1), kills = kills_of(f);
  life->ledger = fixture_share(f, sizeof *life->ledger);
  for (unsigned i = 0; i < LEDGER_KEYS; i++) ledger_settle(life->ledger, i, true, 0);
  f->config.sync = policies[f->variant];
  if (kills_itself(f)) f->config.record_size = RECORD;
  fixture_open(f);
  fixture_close(f);
  for (unsigned round = 1; goes_on(f, life, round, kills); round++) {
    life->seed = seed * 1000 + round * THREADS;
    life->alone = round % 2 == 0;
    kill_one(f, life, &seed);
    look(f, life->ledger, round);
  }
  // A load that was never running when the kill came would prove nothing.
  const struct parts *parts = &life->parts;
  print_message("%u kills, %llu operations begun, %llu commits in parts, %llu growths between them\n", kills,
                (unsigned long long)begun(life->ledger), (unsigned long long)parts->commits,
                (unsigned long long)parts->growths);
  assert_true(begun(life->ledger) >= kills / 2);
  // Where the kill comes from outside, a disk whose syncs are slow may have lives that get no further than the first.
  if (kills_itself(f)) assert_true(parts->commits >= kills / 10 && parts->growths > 0);
}

int main(int argc, char **argv) {
  static const char *const specs[] = {"mmap",
                                      "mmap:write=pwrite",
                                      "pread",
                                      "stdio",
                                      "uring",
                                      "uring:direct=on:depth=8",
                                      "uring:grow_step=4096",
                                      "peers",
                                      NULL};
  static const struct contract_case cases[] = {
      {"killed, none", killed, CAP_PERSISTENT, 0, specs},    {"killed, async", killed, CAP_PERSISTENT, 1, specs},
      {"killed, every=7", killed, CAP_PERSISTENT, 2, specs}, {"killed, interval=2ms", killed, CAP_PERSISTENT, 3, specs},
      {"killed, always", killed, CAP_PERSISTENT, 4, specs},
  };
  return contract_main("kill", cases, sizeof cases / sizeof cases[0], argc, argv);
}
