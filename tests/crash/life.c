// SPDX-License-Identifier: MIT
#include "tests/crash/life.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/memory.h"

enum { BATCH_MAX = 8, BATCH_ONE_IN = 5, DELETE_ONE_IN = 4, STEPS_AFTER_FAILURE = 4 };

void life_fail(struct life *life, const char *format, ...) {
  struct run *run = life->run;
  if (run->failed) return;
  run->failed = true;
  char what[REASON_ROOM];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  snprintf(run->message, sizeof run->message, "%s, life %u, after %u writes: %s", life->spec, life->depth,
           life->log.count, what);
}

void life_trace(const struct life *life, const char *format, ...) {
  if (!life->run->trace) return;
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%*slife %u, time %llu: ", (int)life->depth * 2, "", life->depth,
          (unsigned long long)life->disk.clock);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

static void on_tick(struct seam *seam, uint64_t began) {
  struct life *life = seam->user;
  if (seam->sync_failed || life->doubtful) return;
  life_trace(life, "round of the timer that began at %llu", (unsigned long long)began);
  log_synced(&life->log, began, false);
  life->changes++;
}

void life_begin(struct life *life, struct run *run, unsigned depth, uint64_t seed) {
  *life = (struct life){.run = run, .depth = depth, .rng = {seed}, .image_rng = {~seed}};
  life->seam =
      (struct seam){.disk = &life->disk, .rng = &life->rng, .user = life, .moment = look_at_moment, .ticked = on_tick};
}

void life_end(struct life *life) {
  disk_destroy(&life->disk);
  log_free(&life->log);
}

void life_path(const struct life *life, char *path, size_t room) { snprintf(path, room, "%s/s", life->disk.folder); }

static bool is_newest(const struct log *log, const struct found *found, char *why) {
  for (unsigned key = 0; key < KEYS; key++) {
    uint32_t newest = log_newest(log, key);
    uint32_t expected = log_is_put(log, newest) ? newest : ABSENT;
    if (found->numbers[key] == expected) continue;
    snprintf(why, REASON_ROOM, "key %u holds %u where %u was put last", key, found->numbers[key], expected);
    return false;
  }
  return true;
}

void life_open(struct life *life, bool create, bool exactly) {
  char path[PATH_ROOM], why[REASON_ROOM] = "";
  struct error error;
  struct found found;
  life_path(life, path, sizeof path);
  life->config.create = create;
  if (life->seam.sync_failed) life->doubtful = true;
  life->seam.sync_failed = false;
  life_trace(life, "open");
  int code = life->engine->open(path, &life->config, &life->store, &error);
  if (code) {
    life->store = NULL;
    life_fail(life, "it does not open: %s", error.text);
    return;
  }
  if (create) life->exists = true;
  // Until now the power could have gone as well; what only a kill spares is promised when the store has come back.
  if (life->killed && life->spared) log_killed(&life->log);
  life->killed = false;
  life->changes++;
  if (!look_at_store(life->engine, life->store, &life->log, &found, why) ||
      !(exactly ? is_newest(&life->log, &found, why) : log_allows(&life->log, &found, why, sizeof why))) {
    life_fail(life, "opened %s: %s", exactly ? "again" : "after a crash", why);
    return;
  }
  log_rebase(&life->log, &found);
  life->doubtful = false;
  life->changes++;
  seam_moment(&life->seam, "open");
}

void life_close(struct life *life) {
  struct error error;
  if (!life->store) return;
  life_trace(life, "close");
  int code = life->engine->close(life->store, &error);
  life->store = NULL;
  if (!code) {
    log_synced(&life->log, UINT64_MAX, true);
    life->changes++;
  } else if (!life->seam.sync_failed) {
    life_fail(life, "it does not close: %s", error.text);
  }
  seam_moment(&life->seam, "close");
}

struct actor {
  struct life *life;
  unsigned thread;
  uint16_t first, keys;
  struct session *session;
};

struct step {
  char keys[BATCH_MAX][KEY_LENGTH_MAX + 1];
  unsigned char values[BATCH_MAX][VALUE_BYTES_MAX];
  struct op ops[BATCH_MAX];
  uint32_t numbers[BATCH_MAX];  // 0: a delete of what is not there
  uint32_t count;
};

static void prepare_write(struct actor *actor, struct step *step, uint32_t i) {
  struct life *life = actor->life;
  uint32_t room = life->config.record_size - RECORD_OVERHEAD;
  uint16_t key = (uint16_t)(actor->first + rng_below(&life->rng, actor->keys));
  bool put = !rng_once_in(&life->rng, DELETE_ONE_IN);
  uint32_t length = VALUE_BYTES_MIN + rng_below(&life->rng, room - VALUE_BYTES_MIN + 1);
  step->numbers[i] = ABSENT;
  if (put || log_is_put(&life->log, log_newest(&life->log, key)))
    step->numbers[i] = log_start(&life->log, actor->thread, key, put, length, life->disk.clock);
  log_key(key, step->keys[i]);
  if (put) log_value(step->numbers[i], step->values[i], length);
  step->ops[i] = (struct op){.kind = put ? OP_PUT : OP_DELETE,
                             .key = step->keys[i],
                             .key_length = (uint32_t)strlen(step->keys[i]),
                             .value = put ? step->values[i] : NULL,
                             .value_length = put ? length : 0};
}

static void finish_write(struct life *life, const struct step *step, uint32_t i) {
  int status = step->ops[i].status;
  life_trace(life, "%s of key %s as %u returns %d", step->ops[i].kind == OP_PUT ? "put" : "delete", step->keys[i],
             step->numbers[i], status);
  bool writes = step->numbers[i] != ABSENT;
  if (status != (writes ? 0 : -ENOENT) && !life->seam.sync_failed)
    life_fail(life, "a write of key %s returns %d", step->keys[i], status);
  if (writes && status == 0) life->exists = true;
  if (writes) log_finish(&life->log, step->numbers[i], status == 0, life->disk.clock);
}

static void step_write(struct actor *actor) {
  struct life *life = actor->life;
  struct step *step = need_memory(malloc(sizeof *step));
  step->count = rng_once_in(&life->rng, BATCH_ONE_IN) ? 2 + rng_below(&life->rng, BATCH_MAX - 1) : 1;
  life->disk.clock++;
  life->changes++;
  for (uint32_t i = 0; i < step->count; i++) prepare_write(actor, step, i);
  life->run->counts.operations += step->count;
  int error = session_run(life->engine, actor->session, step->ops, step->count);
  if (error) life_fail(life, "a batch fails: %s", strerror(-error));
  life->disk.clock++;
  life->changes++;
  for (uint32_t i = 0; i < step->count; i++) finish_write(life, step, i);
  free(step);
  seam_moment(&life->seam, "acknowledgement");
}

static void step_get(struct actor *actor) {
  struct life *life = actor->life;
  uint16_t key = (uint16_t)(actor->first + rng_below(&life->rng, actor->keys));
  uint32_t newest = log_newest(&life->log, key), expected = log_is_put(&life->log, newest) ? newest : ABSENT;
  char text[KEY_LENGTH_MAX + 1];
  unsigned char value[VALUE_BYTES_MAX];
  log_key(key, text);
  struct op op = {
      .kind = OP_GET, .key = text, .key_length = (uint32_t)strlen(text), .value = value, .value_length = sizeof value};
  int error = session_run(life->engine, actor->session, &op, 1);
  uint32_t got = op.status ? ABSENT : log_parse_value(&life->log, key, value, op.value_length);
  bool right = !error && op.status == (expected == ABSENT ? -ENOENT : 0) && got == expected;
  if (!right && !life->seam.sync_failed)
    life_fail(life, "a get of key %u returns %d and value %u, not %u", key, op.status, got, expected);
}

static void step_sync(struct actor *actor, int (*sync)(struct store *)) {
  struct life *life = actor->life;
  uint64_t began = life->disk.clock++;
  uint32_t writes = life->log.count;
  life_trace(life, "sync");
  int error = sync(life->store);
  if (error && !life->seam.sync_failed) life_fail(life, "sync fails: %s", strerror(-error));
  if (error) return;
  log_synced(&life->log, began, life->sessions == 1 && writes == life->log.count);
  life->changes++;
  seam_moment(&life->seam, "sync");
}

static void step_compact(struct actor *actor) {
  struct life *life = actor->life;
  struct error error;
  life_trace(life, "compact");
  if (life->engine->compact(life->store, &error) && !life->seam.sync_failed)
    life_fail(life, "compact fails: %s", error.text);
}

void life_steps(struct life *life, unsigned thread, uint16_t first, uint16_t keys, uint32_t count) {
  struct actor actor = {.life = life, .thread = thread, .first = first, .keys = keys};
  struct error error;
  int code = life->engine->session_open(life->store, &actor.session, &error);
  if (code && !life->seam.sync_failed) life_fail(life, "%s", error.text);
  if (code) return;
  life->sessions++;
  uint32_t after_failure = 0;
  for (uint32_t i = 0; i < count && !life->run->failed && after_failure < STEPS_AFTER_FAILURE; i++) {
    after_failure += life->seam.sync_failed;  // whatever is still acknowledged then is a promise
    switch (rng_below(&life->rng, 16)) {
      case 0:
      case 1:
        step_get(&actor);
        break;
      case 2:
        step_sync(&actor, life->engine->sync);
        break;
      case 3:
        step_compact(&actor);
        break;
      case 4:
        if (actor.thread == 0) step_sync(&actor, life->engine->forget);
        break;
      default:
        step_write(&actor);
    }
  }
  life->sessions--;
  code = life->engine->session_close(actor.session);
  if (code && !life->seam.sync_failed) life_fail(life, "a session does not close: %s", strerror(-code));
}
