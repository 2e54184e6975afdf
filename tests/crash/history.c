// SPDX-License-Identifier: MIT
// A history: a store is made, lives for a while, and is closed and opened again and again.
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/registry.h"
#include "tests/crash/life.h"
#include "tests/crash/memory.h"
#include "tests/crash/threads.h"

enum { OPERATIONS = 40, ACTORS_MAX = 3, THREADED_ONE_IN = 3, FAULT_ONE_IN = 3, BACKUP_ONE_IN = 2, FAULT_WITHIN = 40 };

// A copy of the data file as of a clean close, without its index, as a user may keep it.
struct backup {
  unsigned char *bytes;
  size_t length;
  struct found state;
};

struct worker {
  struct life *life;
  unsigned thread;
  uint16_t first, keys;
  uint32_t steps;
};

static const char *choose_spec(struct rng *rng, const char *engine) {
  static const char *const specs[][8] = {
      {"mmap", "mmap:write=pwrite", "mmap:grow=mremap", "mmap:grow=remap", "mmap:msync=whole", NULL},
      {"pread", "pread:sync=fsync", "pread:sync=dsync", "pread:direct=on", NULL},
      {"stdio", "stdio:buffer=0", "stdio:buffer=512", NULL},
      {"uring:depth=8", "uring:depth=2", "uring:depth=8:dsync=on", "uring:depth=4:fixed=on", "uring:depth=8:direct=on",
       NULL},
  };
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    size_t length = strlen(engine);
    if (strncmp(specs[i][0], engine, length) != 0) continue;
    uint32_t count = 0;
    while (specs[i][count]) count++;
    // The plain one half of the time.
    return rng_once_in(rng, 2) ? specs[i][0] : specs[i][rng_below(rng, count)];
  }
  give_up("no such engine");
}

// Memory file systems take O_DIRECT since Linux 6.6.
static bool direct_works(const char *folder) {
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s/direct", folder);
  int fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  close(fd);
  return unlink(path) == 0;
}

static void plan(struct life *life) {
  static const uint32_t record_sizes[] = {64, 128, 256, 512, 1024};
  struct run *run = life->run;
  struct error error;
  char policy[32];
  const char *spec = choose_spec(&life->rng, run->engine);
  life->direct = strstr(spec, "direct=on") != NULL;
  if (life->direct && !direct_works(life->disk.folder)) spec = run->engine;
  snprintf(life->spec, sizeof life->spec, "%s:grow_step=4096%s", spec,
           rng_once_in(&life->rng, 8) ? ":fill_write=512" : "");
  if (registry_parse(life->spec, &life->engine, &life->config, &error)) give_up(error.text);
  life->config.record_size = record_sizes[rng_below(&life->rng, sizeof record_sizes / sizeof *record_sizes)];
  life->config.capacity_hint = 1;
  life->config.sync = run->policy;
  sync_policy_format(&run->policy, policy, sizeof policy);
  size_t length = strlen(life->spec);
  snprintf(life->spec + length, sizeof life->spec - length, " %s record_size=%u", policy, life->config.record_size);
}

static void *work(void *argument) {
  const struct worker *worker = argument;
  life_steps(worker->life, worker->thread, worker->first, worker->keys, worker->steps);
  return NULL;
}

// Several threads, each with its own keys: they share slots, sectors and syncs.
static void work_together(struct life *life) {
  uint32_t count = 2 + rng_below(&life->rng, ACTORS_MAX - 1);
  struct worker workers[ACTORS_MAX];
  pthread_t threads[ACTORS_MAX];
  for (uint32_t i = 0; i < count; i++) {
    workers[i] = (struct worker){life, i + 1, (uint16_t)(i * KEYS / ACTORS_MAX), KEYS / ACTORS_MAX,
                                 4 + rng_below(&life->rng, 6)};
    if (pthread_create(&threads[i], NULL, work, &workers[i])) give_up("no thread");
  }
  for (uint32_t i = 0; i < count; i++)
    if (pthread_join(threads[i], NULL)) give_up("no join");
}

static void take_backup(struct life *life, struct backup *backup) {
  const struct disk_file *file = &life->disk.files[disk_lookup(&life->disk, "s")];
  free(backup->bytes);
  backup->length = disk_size(file);
  backup->bytes = need_memory(malloc(backup->length));
  memcpy(backup->bytes, file->map, backup->length);
  for (unsigned key = 0; key < KEYS; key++) backup->state.numbers[key] = log_newest(&life->log, key);
}

// The data file goes back to what it was; the index stays that of the newer state.
static void restore_backup(struct life *life, struct backup *backup) {
  life_trace(life, "the data file is restored from a backup");
  seam_enter(NULL);
  disk_restore(&life->disk, disk_lookup(&life->disk, "s"), backup->bytes, backup->length);
  seam_enter(&life->seam);
  log_rebase(&life->log, &backup->state);
  life->changes++;
  free(backup->bytes);
  backup->bytes = NULL;
}

static void live(struct life *life, struct backup *backup) {
  if (rng_once_in(&life->rng, FAULT_ONE_IN)) life->seam.fail_sync = 1 + rng_below(&life->rng, FAULT_WITHIN);
  if (rng_once_in(&life->rng, THREADED_ONE_IN))
    work_together(life);
  else
    life_steps(life, 0, 0, KEYS, 6 + rng_below(&life->rng, 12));
  life_close(life);
  life->seam.fail_sync = 0;
  if (life->run->failed) return;
  bool clean = !life->seam.sync_failed;
  if (!clean) life->run->counts.failed_syncs++;
  if (clean && backup->bytes)
    restore_backup(life, backup);
  else if (clean && rng_once_in(&life->rng, BACKUP_ONE_IN))
    take_backup(life, backup);
  life_open(life, false, clean);
}

void folder_make(char *path, uint32_t room) {
  static const char *const inside[] = {"", "/image", "/0", "/1", "/2"};
  const char *parent = getenv("TEST_DIR");
  snprintf(path, room, "%s/crash-XXXXXX", parent ? parent : "/tmp");
  if (!mkdtemp(path)) give_up(path);
  for (size_t i = 1; i < sizeof inside / sizeof *inside; i++) {
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%s%s", path, inside[i]);
    if (mkdir(folder, 0700)) give_up(folder);
  }
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}

void folder_remove(const char *path) {
  if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS)) give_up(path);
}

void history_run(struct run *run) {
  struct life *life = need_memory(calloc(1, sizeof *life));
  struct backup backup = {0};
  char folder[PATH_ROOM];
  uint64_t before = run->counts.operations;
  life_begin(life, run, 0, run->seed);
  snprintf(folder, sizeof folder, "%s/0", run->folder);
  disk_init(&life->disk, folder);
  log_init(&life->log, run->policy);
  plan(life);
  life_trace(life, "%s", life->spec);
  threads_begin(&life->rng);
  parts_watch(&run->counts.parts);
  seam_enter(&life->seam);
  life_open(life, true, true);
  while (!run->failed && run->counts.operations - before < OPERATIONS) live(life, &backup);
  life_close(life);
  seam_enter(NULL);
  parts_watch(NULL);
  threads_end();
  free(backup.bytes);
  life_end(life);
  free(life);
  run->counts.histories++;
}
