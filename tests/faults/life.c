// SPDX-License-Identifier: MIT
#include "tests/faults/life.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/slots/check.h"
#include "tests/faults/inject.h"

enum { BATCH = 6, LENGTH = 60, FEW = 12, MANY = LEDGER_KEYS, APART = 7 };

struct step {
  const char *name;
  int (*run)(struct life *life);
};

static int lie(struct life *life, const char *what, unsigned number, unsigned version) {
  const struct ledger_key *key = &life->ledger.keys[number];
  snprintf(life->lie, sizeof life->lie, "%s: key %u, version %u; started %u, acknowledged %u, kept %u", what, number,
           version, key->started, key->acknowledged, key->kept);
  return -EILSEQ;
}

static void acknowledge(struct life *life, unsigned number, unsigned version) {
  ledger_acknowledge(&life->ledger, number, version);
  if (life->keeps) life->ledger.keys[number].kept = version;
}

static int note(struct life *life, const struct op *op, unsigned number, unsigned version, bool was_there) {
  if (op->status == -ENOENT && op->kind == OP_DELETE) {
    if (was_there) return lie(life, "a delete found nothing", number, version);
  } else if (op->status) {
    return op->status;
  }
  acknowledge(life, number, version);
  return 0;
}

// The next version of each of these keys, in one batch through `session`.
static int write_batch(struct life *life, struct session *session, unsigned first, unsigned count) {
  struct op ops[BATCH];
  char keys[BATCH][KEY_LENGTH_MAX];
  unsigned char values[BATCH][LENGTH];
  unsigned versions[BATCH];
  bool there[BATCH];
  for (unsigned i = 0; i < count; i++) {
    unsigned number = first + i;
    there[i] = !ledger_allows(&life->ledger, number, true, 0);
    versions[i] = ledger_start(&life->ledger, number);
    record_value(number, versions[i], values[i], LENGTH);
    ops[i] = (struct op){.kind = ledger_deletes(versions[i]) ? OP_DELETE : OP_PUT,
                         .key = keys[i],
                         .key_length = record_key(number, keys[i]),
                         .value = values[i],
                         .value_length = LENGTH};
  }
  int code = session_run(life->engine, session, ops, count);
  for (unsigned i = 0; i < count && code != -EILSEQ; i++) {
    // An error of the session as a whole says nothing about single operations.
    int noted = code ? code : note(life, &ops[i], first + i, versions[i], there[i]);
    if (noted) code = noted;
  }
  return code;
}

static int write_range(struct life *life, unsigned first, unsigned end, unsigned batch) {
  int code = 0;
  for (unsigned i = first; i < end && !code; i += batch)
    code = write_batch(life, life->access.session, i, end - i < batch ? end - i : batch);
  return code;
}

static int read_one(struct life *life, struct access *access, unsigned number) {
  uint64_t version = 0;
  int code = access_get(access, number, &version);
  if (code == -EILSEQ) return lie(life, "a value that nobody put", number, 0);
  if (code && code != -ENOENT) return code;
  if (!ledger_allows(&life->ledger, number, code == -ENOENT, (unsigned)version))
    return lie(life, code ? "not found" : "an old value", number, (unsigned)version);
  return 0;
}

static int read_all(struct life *life) {
  int code = 0;
  for (unsigned i = 0; i < LEDGER_KEYS && !code; i++) code = read_one(life, &life->access, i);
  return code;
}

// A few of them, so that not most of the calls are gets.
static int read_some(struct life *life) {
  int code = 0;
  for (unsigned i = 0; i < LEDGER_KEYS && !code; i += APART) code = read_one(life, &life->access, i);
  return code;
}

struct visited {
  struct life *life;
  unsigned times[LEDGER_KEYS];
};

static int visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct visited *visited = user;
  uint64_t id = record_id(key, key_length), version;
  if (id >= LEDGER_KEYS) return -EILSEQ;
  visited->times[id]++;
  if (!record_value_of(id, value, value_length, &version))
    return lie(visited->life, "scan: a value nobody put", (unsigned)id, 0);
  if (!ledger_allows(&visited->life->ledger, (unsigned)id, false, (unsigned)version))
    return lie(visited->life, "scan: an old value", (unsigned)id, (unsigned)version);
  return 0;
}

static int scan(struct life *life) {
  struct visited visited = {.life = life};
  int code = life->engine->scan(life->access.session, NULL, 0, 0, visit, &visited);
  for (unsigned i = 0; i < LEDGER_KEYS && !code; i++) {
    if (visited.times[i] > 1) code = lie(life, "scan: twice", i, 0);
    if (!visited.times[i] && !ledger_allows(&life->ledger, i, true, 0)) code = lie(life, "scan: not there", i, 0);
  }
  return code;
}

static int sync_all(struct life *life) {
  int code = life->engine->sync(life->store);
  for (unsigned i = 0; i < LEDGER_KEYS && !code; i++) life->ledger.keys[i].kept = life->ledger.keys[i].acknowledged;
  return code;
}

static int open_session(struct life *life) { return access_open(&life->access, life->engine, life->store); }

static int close_session(struct life *life) {
  int code = access_close(&life->access);
  life->access.session = NULL;
  return code;
}

static int open_store(struct life *life) {
  struct store *store = NULL;
  life->error = (struct error){0};
  int code = life->engine->open(life->path, &life->config, &store, &life->error);
  if (!code) life->store = store;
  return code;
}

static int open_both(struct life *life) {
  int code = open_store(life);
  return code ? code : open_session(life);
}

static int close_store(struct life *life) {
  struct store *store = life->store;
  life->store = NULL;  // close frees it also when it fails
  return life->engine->close(store, &life->error);
}

static int close_both(struct life *life) {
  int code = close_session(life), closed = close_store(life);
  if (!code) code = closed;
  // A clean close makes all durable that was acknowledged.
  for (unsigned i = 0; i < LEDGER_KEYS && !code; i++) life->ledger.keys[i].kept = life->ledger.keys[i].acknowledged;
  return code;
}

static int put_few(struct life *life) { return write_range(life, 0, FEW, BATCH); }
static int put_alone(struct life *life) { return write_range(life, 0, 4, 1); }
static int grow(struct life *life) { return write_range(life, FEW, MANY, BATCH); }

static int delete_few(struct life *life) {
  int code = 0;
  for (int round = 0; round < 3 && !code; round++) code = put_few(life);
  return code;
}

// What one session wrote the other sees.
static int share(struct life *life) {
  struct access other;
  int code = access_open(&other, life->engine, life->store);
  if (code) return code;
  code = write_batch(life, other.session, 20, 3);
  for (unsigned i = 18; i < 24 && !code; i++) code = read_one(life, &life->access, i);
  int closed = access_close(&other);
  return code ? code : closed;
}

static int compact(struct life *life) { return life->engine->compact(life->store, &life->error); }
static int forget(struct life *life) { return life->engine->forget(life->store); }

static int stat_store(struct life *life) {
  struct store_stat stat;
  return life->engine->stat(life->store, &stat);
}

// The file as a kill would leave it now. By the test's own calls.
static int take_image(struct life *life) {
  inject_pause();
  life->crash_image = file_bytes(life->path);
  inject_resume();
  return 0;
}

static int put_image(struct life *life) {
  inject_pause();
  file_put_bytes(life->path, life->crash_image.data, life->crash_image.length);
  inject_resume();
  return 0;
}

static int read_only(struct life *life) {
  life->config.read_only = true;
  life->config.create = false;
  int code = open_both(life);
  if (!code) code = read_some(life);
  if (!code) code = forget(life);
  if (!code) code = scan(life);
  int closed = 0;
  if (life->access.session) closed = close_session(life);
  if (!code) code = closed;
  if (life->store) closed = close_store(life);
  return code ? code : closed;
}

static int probe(struct life *life) { return life->engine->probe(life->folder, &life->config, &life->error); }

static int tell_nothing(void *user, const char *what, const char *how) {
  (void)user, (void)what, (void)how;
  return 0;
}

static int tell_settings(struct life *life) { return life->engine->settings(life->access.session, tell_nothing, NULL); }

static int check(struct life *life) {
  struct slot_check_report report;
  int code = slot_check(life->path, &report, &life->error);
  return code || slot_check_sound(&report) ? code : lie(life, "check: not sound", 0, 0);
}

static const struct step steps[] = {
    {"probe", probe},
    {"create", open_store},
    {"open a session", open_session},
    {"put", put_few},
    {"put alone", put_alone},
    {"read", read_some},
    {"put until it grows", grow},
    {"put and delete", delete_few},
    {"read again", read_some},
    {"scan", scan},
    {"sync", sync_all},
    {"second session", share},
    {"compact", compact},
    {"forget", forget},
    {"stat", stat_store},
    {"settings", tell_settings},
    {"read once more", read_some},
    {"close", close_both},
    {"open", open_both},
    {"read after opening", read_some},
    {"put after opening", put_few},
    {"sync after opening", sync_all},
    {"stop uncleanly", take_image},
    {"close again", close_both},
    {"go back to the unclean stop", put_image},
    {"recover", open_both},
    {"read after recovery", read_some},
    {"put after recovery", put_few},
    {"close after recovery", close_both},
    {"check", check},
    {"read only", read_only},
};

void life_begin(struct life *life, const struct fixture *fixture) {
  *life = (struct life){.engine = fixture->engine,
                        .config = fixture->config,
                        .folder = fixture->folder,
                        .path = fixture->path,
                        .keeps = !fixture_buffers(fixture) || fixture->config.sync.kind == SYNC_ALWAYS};
  for (unsigned i = 0; i < LEDGER_KEYS; i++) ledger_settle(&life->ledger, i, true, 0);
}

int life_run(struct life *life) {
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    life->step = steps[i].name;
    inject_step(life->step);
    int code = steps[i].run(life);
    if (code) return code;
  }
  return 0;
}

bool life_go_on(struct life *life) {
  bool written = false;
  if (life->access.session) {
    unsigned acknowledged = life->ledger.keys[1].acknowledged + life->ledger.keys[2].acknowledged;
    for (unsigned i = 0; i < LEDGER_KEYS && !life->lie[0]; i++) (void)read_one(life, &life->access, i);
    if (!life->lie[0]) (void)write_range(life, 1, 3, 1);
    if (!life->lie[0]) (void)scan(life);
    for (unsigned i = 0; i < LEDGER_KEYS && !life->lie[0]; i++) (void)read_one(life, &life->access, i);
    written = life->ledger.keys[1].acknowledged + life->ledger.keys[2].acknowledged != acknowledged;
    (void)close_session(life);
  }
  if (life->store) (void)close_store(life);
  return written;
}

int life_look_back(struct life *life) {
  struct slot_check_report report;
  life->config.read_only = false;
  life->config.create = true;
  int code = open_both(life);
  if (!code) code = read_all(life);
  if (!code) code = scan(life);
  for (unsigned i = 0; i < 3 && !code; i++) code = put_few(life);
  if (!code) code = read_all(life);
  if (life->access.session) {
    int closed = close_session(life);
    if (!code) code = closed;
  }
  if (life->store) {
    int closed = close_store(life);
    if (!code) code = closed;
  }
  if (!code) code = slot_check(life->path, &report, &life->error);
  if (!code && !(slot_check_sound(&report) && report.clean && report.corrupt == 0)) {
    snprintf(life->lie, sizeof life->lie, "check: clean %d, %llu corrupt, %llu live of %llu", report.clean,
             (unsigned long long)report.corrupt, (unsigned long long)report.live_found,
             (unsigned long long)report.live_expected);
    code = -EILSEQ;
  }
  return code;
}

void life_end(struct life *life) { free(life->crash_image.data); }
