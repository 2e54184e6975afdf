// SPDX-License-Identifier: MIT
// Contract: a file cut short by someone else gives errors, never a dead process.
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "engines/registry.h"
#include "engines/slots/check.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, RECORDS = 500, FRESH = 10, TOGETHER = 64 };

static const char *const cut_specs[] = {"mmap",
                                        "mmap:write=pwrite",
                                        "mmap:grow=mremap",
                                        "mmap:grow=remap",
                                        "mmap:verify=on",
                                        "mmap:lookup=linear",
                                        "pread",
                                        "pread:direct=on",
                                        "stdio",
                                        "stdio:buffer=0",
                                        "uring",
                                        "uring:direct=on",
                                        "uring:fixed=on",
                                        NULL};

static int count_visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  (void)key, (void)key_length, (void)value, (void)value_length;
  ++*(uint64_t *)user;
  return 0;
}

// cmocka puts a SIGBUS handler of its own over the engine's around each test. What was there before the first test is
// kept here, and put back in the child that meets the fault.
static struct sigaction engines_own;

// Reads so many records from `first` on in one submit. Returns how many of them are gone, each with an error; -errno
// when one is said never to have been there, is another, or was not answered.
static int lost_of(struct fixture *f, uint64_t first, size_t count) {
  char keys[TOGETHER][KEY_LENGTH_MAX];
  unsigned char values[TOGETHER][LENGTH];
  struct op ops[TOGETHER];
  for (size_t i = 0; i < count; i++)
    ops[i] = (struct op){.kind = OP_GET,
                         .status = -EINPROGRESS,
                         .key = keys[i],
                         .key_length = record_key(first + i, keys[i]),
                         .value = values[i],
                         .value_length = LENGTH};
  int lost = 0, code = session_run(f->engine, f->access.session, ops, count);
  for (size_t i = 0; i < count && !code; i++) {
    if (ops[i].status == -EIO || ops[i].status == -EBADMSG)
      lost++;
    else if (ops[i].status)
      code = ops[i].status;
    else if (ops[i].value_length != LENGTH || !record_value_is(first + i, 1, values[i], LENGTH))
      code = -EILSEQ;
  }
  return code ? code : lost;
}

// Of all records, up to `together` in a submit.
static int count_lost(struct fixture *f, size_t together) {
  int lost = 0;
  for (uint64_t id = 0; id < RECORDS; id += together) {
    int more = lost_of(f, id, RECORDS - id < together ? RECORDS - id : together);
    if (more < 0) return more;
    lost += more;
  }
  return lost;
}

// The records near the start are still there; those past the cut are errors, in gets and scans alike.
static int cut_and_read(struct fixture *f, void *argument) {
  uint64_t visited = 0, size = *(const uint64_t *)argument;
  int code = sigaction(SIGBUS, &engines_own, NULL) ? -errno : 0;
  if (!code) code = access_fill(&f->access, 0, RECORDS, 1, LENGTH);
  if (!code) code = f->engine->sync(f->store);
  if (!code && truncate(f->path, (off_t)size)) code = -errno;
  int lost = code ? code : count_lost(f, 1);
  if (lost < 0) code = lost;
  if (!code && lost == 0) code = -ENODATA;
  if (!code && count_lost(f, TOGETHER) != lost) code = -EILSEQ;
  if (!code) {
    int status = f->engine->scan(f->access.session, NULL, 0, 0, count_visit, &visited);
    if (status >= 0 && visited >= RECORDS) code = -ENODATA;
  }
  // May fail, must not kill. Where it makes the file longer again, there are holes where records were.
  if (!code) access_put(&f->access, RECORDS + 1, 1, LENGTH);
  if (!code && count_lost(f, 1) != lost) code = -EILSEQ;
  if (!code && f->engine->sync(f->store) == 0) code = -ENODATA;
  if (!code) _exit(0);  // what close can still save of such a file is not the question here
  return code;
}

// What was acknowledged after the cut is not lost with the rest.
struct after_cut {
  int put[FRESH];     // status of each new key
  int update[FRESH];  // and of each key of old
};

static int cut_and_write(struct fixture *f, void *argument) {
  struct after_cut *after = argument;
  int code = sigaction(SIGBUS, &engines_own, NULL) ? -errno : 0;
  if (!code) code = access_fill(&f->access, 0, RECORDS, 1, LENGTH);
  if (!code && truncate(f->path, (off_t)f->variant)) code = -errno;
  for (uint64_t i = 0; i < FRESH && !code; i++) {
    after->put[i] = access_put(&f->access, RECORDS + i, 1, LENGTH);
    after->update[i] = access_put(&f->access, i * (RECORDS / FRESH), 2, LENGTH);
    if (!after->update[i] && i == FRESH - 1) code = -ENODATA;  // the last one stood behind the cut
  }
  return code;
}

static void keeps_what_came_after(struct fixture *f) {
  struct slot_check_report report;
  struct after_cut *after = fixture_share(f, sizeof *after);
  f->config.capacity_hint = RECORDS;
  f->config.sync.kind = SYNC_ALWAYS;
  fixture_crash(f, cut_and_write, after);
  assert_done(slot_check(f->path, &report, &f->error), &f->error);
  assert_false(slot_check_sound(&report));
  assert_true(report.bytes_missing > 0);
  fixture_open(f);
  for (uint64_t i = 0; i < FRESH; i++) {
    if (!after->put[i]) assert_code(access_expect(&f->access, RECORDS + i, 1, LENGTH), 0);
    if (!after->update[i]) assert_code(access_expect(&f->access, i * (RECORDS / FRESH), 2, LENGTH), 0);
  }
  fixture_close(f);
}

static void survives(struct fixture *f) {
  uint64_t size = f->variant;
  f->config.capacity_hint = RECORDS;
  int child = fixture_fork(f, cut_and_read, &size);
  fixture_join(f, child);
}

// Nor may closing kill.
static int cut_and_close(struct fixture *f, void *argument) {
  struct error error;
  (void)argument;
  int code = sigaction(SIGBUS, &engines_own, NULL) ? -errno : 0;
  if (!code) code = access_fill(&f->access, 0, RECORDS, 1, LENGTH);
  if (!code && truncate(f->path, 8192)) code = -errno;
  if (code) return code;
  access_close(&f->access);
  f->engine->close(f->store, &error);
  _exit(0);
}

static void closes(struct fixture *f) { fixture_join(f, fixture_fork(f, cut_and_close, NULL)); }

// Nor may a compaction, which reads what it moves.
static int cut_and_compact(struct fixture *f, void *argument) {
  struct error error;
  (void)argument;
  int code = sigaction(SIGBUS, &engines_own, NULL) ? -errno : 0;
  if (!code) code = access_fill(&f->access, 0, RECORDS, 1, LENGTH);
  if (!code) code = access_fill(&f->access, 0, RECORDS, 2, LENGTH);  // leaves a record behind the first RECORDS slots
  if (!code) code = f->engine->sync(f->store);
  if (!code && truncate(f->path, 8192)) code = -errno;
  if (code) return code;
  if (f->engine->compact(f->store, &error) == 0) return -ENODATA;
  _exit(0);
}

static void compacts(struct fixture *f) {
  f->config.capacity_hint = RECORDS;
  fixture_join(f, fixture_fork(f, cut_and_compact, NULL));
}

// Lets the map engine install its handler, as its first session of a process does.
static int install_handler(void) {
  const struct engine *engine;
  struct store_config config = {0};
  struct error error;
  char folder[FOLDER_ROOM];
  int code = folder_make(folder);
  if (code) return code;
  code = registry_parse("mmap", &engine, &config, &error);
  if (!code) code = engine->probe(folder, &config, &error);
  int removed = folder_remove(folder);
  if (!code && sigaction(SIGBUS, NULL, &engines_own)) code = -errno;
  return code ? code : removed;
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"file cut to its headers", survives, CAP_PERSISTENT, 8192, cut_specs},
      {"file cut in the middle", survives, CAP_PERSISTENT, 8192 + 16384, cut_specs},
      {"file cut inside a page", survives, CAP_PERSISTENT, 8192 + 16384 + 100, cut_specs},
      {"file cut, then written to", keeps_what_came_after, CAP_PERSISTENT, 8192 + 16384 + 100, cut_specs},
      {"file cut to nothing", survives, CAP_PERSISTENT, 0, cut_specs},
      {"file cut, then closed", closes, CAP_PERSISTENT, 0, cut_specs},
      {"file cut, then compacted", compacts, CAP_PERSISTENT, 0, cut_specs},
  };
  if (install_handler()) return 1;
  return contract_main("truncated", cases, sizeof cases / sizeof cases[0], argc, argv);
}
