// SPDX-License-Identifier: MIT
// What a power loss at this moment would leave, and what the next process makes of it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/check.h"
#include "tests/crash/image.h"
#include "tests/crash/life.h"
#include "tests/crash/memory.h"
#include "tests/crash/threads.h"

enum { LOOK_ONE_IN = 4, OWN_ENGINE_ONE_IN = 16, CHECK_ONE_IN = 16, BRANCH_ONE_IN = 24, DEPTH_MAX = 2 };

struct scan {
  const struct log *log;
  struct found *found;
  char *why;
  uint64_t records;
};

static int take_record(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct scan *scan = user;
  uint16_t number;
  scan->records++;
  if (!log_parse_key(key, key_length, &number)) {
    snprintf(scan->why, REASON_ROOM, "a key of %u bytes that was never put", key_length);
    return 1;
  }
  if (scan->found->numbers[number] != ABSENT) {
    snprintf(scan->why, REASON_ROOM, "key %u is there twice", number);
    return 1;
  }
  scan->found->numbers[number] = log_parse_value(scan->log, number, value, value_length);
  if (scan->found->numbers[number] != ABSENT) return 0;
  snprintf(scan->why, REASON_ROOM, "key %u has a value of %u bytes that was never put", number, value_length);
  return 1;
}

struct gets {
  char keys[KEYS][KEY_LENGTH_MAX + 1];
  unsigned char values[KEYS][VALUE_BYTES_MAX];
  struct op ops[KEYS];
};

static bool compare_gets(const struct gets *gets, const struct log *log, const struct found *found, char *why) {
  for (unsigned i = 0; i < KEYS; i++) {
    const struct op *op = &gets->ops[i];
    uint32_t got = op->status ? ABSENT : log_parse_value(log, i, gets->values[i], op->value_length);
    bool agrees = (op->status == 0 || op->status == -ENOENT) && got == found->numbers[i];
    if (agrees) continue;
    snprintf(why, REASON_ROOM, "a get of key %u says %d, value %u; the scan says %u", i, op->status, got,
             found->numbers[i]);
    return false;
  }
  return true;
}

static bool gets_agree(const struct engine *engine, struct session *session, const struct log *log,
                       const struct found *found, char *why) {
  struct gets *gets = need_memory(malloc(sizeof *gets));
  for (unsigned i = 0; i < KEYS; i++) {
    log_key(i, gets->keys[i]);
    gets->ops[i] = (struct op){.kind = OP_GET,
                               .key = gets->keys[i],
                               .key_length = (uint32_t)strlen(gets->keys[i]),
                               .value = gets->values[i],
                               .value_length = VALUE_BYTES_MAX};
  }
  int error = session_run(engine, session, gets->ops, KEYS);
  if (error) snprintf(why, REASON_ROOM, "gets fail: %s", strerror(-error));
  bool agree = !error && compare_gets(gets, log, found, why);
  free(gets);
  return agree;
}

bool look_at_store(const struct engine *engine, struct store *store, const struct log *log, struct found *found,
                   char *why) {
  struct session *session;
  struct error error;
  struct scan scan = {.log = log, .found = found, .why = why};
  struct store_stat stat;
  *found = (struct found){0};
  if (engine->session_open(store, &session, &error)) {
    snprintf(why, REASON_ROOM, "%s", error.text);
    return false;
  }
  int result = engine->scan(session, NULL, 0, 0, take_record, &scan);
  if (result < 0) snprintf(why, REASON_ROOM, "the scan fails: %s", strerror(-result));
  bool sound = result == 0 && gets_agree(engine, session, log, found, why);
  engine->session_close(session);
  if (!sound || engine->stat(store, &stat)) return false;
  if (stat.records == scan.records) return true;
  snprintf(why, REASON_ROOM, "stat counts %llu records, the scan %llu", (unsigned long long)stat.records,
           (unsigned long long)scan.records);
  return false;
}

static bool check_closed(const char *path, char *why) {
  struct slot_check_report report;
  struct error error;
  if (slot_check(path, &report, &error)) {
    snprintf(why, REASON_ROOM, "check: %s", error.text);
    return false;
  }
  if (slot_check_sound(&report) && report.clean && !report.index_damaged && !report.index_missing) return true;
  snprintf(why, REASON_ROOM, "check finds damage after a recovery and a clean close");
  return false;
}

// Opens the image as the next process would, with the seam out of force.
static bool look_at_image(struct life *life, const char *path, char *why) {
  bool own = !life->direct && rng_once_in(&life->image_rng, OWN_ENGINE_ONE_IN);
  const struct engine *engine = own ? life->engine : &engine_pread;
  struct store_config config = {.sync = {SYNC_ALWAYS, 0}};
  struct store *store;
  struct error error;
  struct found found;
  if (own)
    config.options = life->config.options;
  else
    registry_defaults(engine, &config.options);
  if (engine->open(path, &config, &store, &error)) {
    snprintf(why, REASON_ROOM, "it does not open: %s", error.text);
    return false;
  }
  bool sound =
      look_at_store(engine, store, &life->log, &found, why) && log_allows(&life->log, &found, why, REASON_ROOM);
  if (engine->close(store, &error) && sound) {
    snprintf(why, REASON_ROOM, "it does not close: %s", error.text);
    return false;
  }
  return sound && (!rng_once_in(&life->image_rng, CHECK_ONE_IN) || check_closed(path, why));
}

static bool has_store(const struct image *image) {
  for (uint32_t i = 0; i < image->count; i++)
    if (strcmp(image->files[i].name, "s") == 0) return true;
  return false;
}

static void look_at_images(struct life *life, const char *call) {
  struct image_series series;
  char folder[PATH_ROOM], path[PATH_ROOM + 8], why[REASON_ROOM] = "";
  snprintf(folder, sizeof folder, "%s/image", life->run->folder);
  snprintf(path, sizeof path, "%s/s", folder);
  image_series_begin(&series, &life->disk, &life->image_rng);
  uint32_t count = image_series_length(&series, life->run->images_at_once);
  for (uint32_t i = 0; i < count && !life->run->failed; i++) {
    struct image image;
    image_next(&series, &image);
    life->run->counts.images++;
    image_write(&image, &life->disk, folder);
    if (has_store(&image)) {
      if (!look_at_image(life, path, why)) life_fail(life, "power lost at %s, image %u: %s", call, i, why);
    } else if (life->exists) {
      life_fail(life, "power lost at %s, image %u: the store is gone", call, i);
    }
    image_free(&image);
    char index[PATH_ROOM + 16];
    snprintf(index, sizeof index, "%s/s.index", folder);
    unlink(index);  // written by the close above; the next image may have none
  }
  image_series_end(&series);
}

static void next_folder(const struct life *life, char folder[PATH_ROOM]) {
  snprintf(folder, PATH_ROOM, "%s/%u", life->run->folder, life->depth + 1);
}

// What waits in stdio's buffer dies with the process. With a second session, or to be written back, it does not wait.
static bool is_buffered(const struct life *life) {
  return life->engine == &engine_stdio && life->log.policy.kind != SYNC_ASYNC && life->sessions < 2;
}

// Only the process dies, or the power goes: a store lives on from there, and may crash again.
static void live_on(struct life *life, bool killed) {
  struct life *next = need_memory(calloc(1, sizeof *next));
  char folder[PATH_ROOM];
  next_folder(life, folder);
  life_begin(next, life->run, life->depth + 1, rng_next(&life->image_rng));
  next->engine = life->engine;
  next->config = life->config;
  next->direct = life->direct;
  log_copy(&life->log, &next->log);
  memcpy(next->spec, life->spec, sizeof next->spec);
  if (killed) {
    disk_copy(&life->disk, &next->disk, folder);
    next->killed = true;
    next->spared = !is_buffered(life) && !life->doubtful && !life->seam.sync_failed;
    life->run->counts.kills++;
  } else {
    struct image_series series;
    struct image image;
    image_series_begin(&series, &life->disk, &life->image_rng);
    for (uint32_t skipped = rng_below(&life->image_rng, 4); skipped > 0; skipped--) {
      image_next(&series, &image);
      image_free(&image);
    }
    image_next(&series, &image);
    image_disk(&image, &next->disk, folder);
    next->disk.clock += life->disk.clock;  // the log goes on
    image_free(&image);
    image_series_end(&series);
    life->run->counts.powered_off++;
  }
  next->exists = life->exists;
  next->doubtful = !next->spared;
  if (disk_lookup(&next->disk, "s") != NO_FILE) {
    life_trace(next, killed ? "lives on, killed" : "lives on after a power loss");
    threads_enter_level();
    seam_enter(&next->seam);
    life_open(next, false, false);
    if (!life->run->failed) life_steps(next, 0, 0, KEYS, rng_below(&next->rng, 6));
    life_close(next);
    seam_enter(NULL);
    threads_leave_level();
  }
  life_end(next);
  free(next);
}

void look_at_moment(struct seam *seam, const char *call) {
  struct life *life = seam->user;
  life_trace(life, "%s", call);
  bool news = life->looked_at != life->disk.clock || life->changes_looked_at != life->changes;
  if (!news || life->run->failed || !rng_once_in(&life->image_rng, LOOK_ONE_IN)) return;
  life->run->counts.moments++;
  life->looked_at = life->disk.clock;
  life->changes_looked_at = life->changes;
  seam_enter(NULL);
  look_at_images(life, call);
  if (life->depth + 1 < DEPTH_MAX + 1 && !life->run->failed && rng_once_in(&life->image_rng, BRANCH_ONE_IN))
    live_on(life, rng_once_in(&life->image_rng, 2));
  seam_enter(seam);
}
