// SPDX-License-Identifier: MIT
// What the contenders share.
#ifndef STOREBENCH_CONTENDERS_INTERNAL_H
#define STOREBENCH_CONTENDERS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/contenders/contenders.h"
#include "harness/limits/loop.h"
#include "harness/sample.h"

// The store's file as a contender sees it: what the functions of its `engine` work on, by which the cache is brought
// into its state in the same way as for a store.
struct store {
  int fd;
  unsigned char *map;  // NULL: not mapped
  size_t bytes;        // of the file
  uint64_t records;
  uint32_t record_size;
};

struct contender_run {
  struct sample *sample;
  const struct engine_options *options;
  struct store file;
  const struct limit_loop *loop;
  struct limit_order order;
  struct limit_target target;
  void *state;           // of the loop; NULL: not open
  const char *ioengine;  // of fio
};

struct contender {
  struct engine engine;
  const char *mark;
  bool elsewhere;  // it works in a process of its own: what this process is counted to do is not what it did
  int (*probe)(struct error *error);
  bool (*takes_threads)(const struct contender_run *run);  // whether it has as many as it is told. NULL: it has one
  const char *for_threads;  // what updates of several threads have to ask for. NULL: there is nothing
  // Opens what it needs on the file. -EOPNOTSUPP with the reason where the order asks for what it does not do.
  int (*open)(struct contender_run *run, struct error *error);
  int (*warm_up)(struct contender_run *run, struct error *error);
  // The timed part: sets seconds and operations of the sample's result.
  int (*time)(struct contender_run *run, struct error *error);
  // After the time: whether what was counted was done; sets `verified` of the sample. NULL: it writes nothing.
  int (*prove)(struct contender_run *run, struct error *error);
  // Closes what `open` opened, also after it failed.
  void (*close)(struct contender_run *run);
};

extern const struct contender contender_bare, contender_fio;

// Gets by a map: the index is made as the loop opens (probe.c).
extern const struct limit_loop contender_probe_loop, contender_chain_loop;

// Durable updates of threads that share a sync (group.c), and a load of new records (load.c). How a loop is proven:
// what it wrote is read back, from all over the file, and counted in *verified. 0 or -errno with the reason.
extern const struct limit_loop contender_group_loop, contender_load_loop;
int contender_group_prove(void *state, uint64_t *verified, struct error *error);
int contender_load_prove(void *state, uint64_t *verified, struct error *error);

// file.c: opens the file of the order (`flags` beside O_CLOEXEC), and maps it, for reading. 0 or -errno.
int contender_file_open(const struct sample_order *order, int flags, bool map, struct store *file, struct error *error);
// Makes the file of the order, with room for all of its records allocated. 0 or -errno.
int contender_file_create(const struct sample_order *order, struct store *file, struct error *error);
void contender_file_close(struct store *file);

// Members of their engines: what cache_set and the counters call.
int contender_forget(struct store *store);
int contender_sync(struct store *store);
int contender_stat(struct store *store, struct store_stat *stat);
int contender_session_open(struct store *store, struct session **session, struct error *error);
int contender_session_close(struct session *session);
int contender_touch(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                    void *user);

// The engine of a contender: name, label, summary, options and durability are its own, the rest is that of all.
#define CONTENDER_ENGINE(...)                                                                                          \
  {                                                                                                                    \
    .api = ENGINE_API, .caps = CAP_SHARED_FORMAT | CAP_PERSISTENT, .sync = contender_sync, .forget = contender_forget, \
    .stat = contender_stat, .session_open = contender_session_open, .session_close = contender_session_close,          \
    .scan = contender_touch, __VA_ARGS__                                                                               \
  }

#endif
