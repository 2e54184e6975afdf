// SPDX-License-Identifier: MIT
// The slot store: what the four native engines share. Each engine's open passes its own io; the other members of its
// vtable are the functions below, whose contracts stand in engines/engine.h.
#ifndef STOREBENCH_SLOTS_STORE_H
#define STOREBENCH_SLOTS_STORE_H

#include "engines/engine.h"
#include "engines/slots/io.h"

// The options every slot store has, to stand at the end of each engine's table.
#define SLOT_STORE_OPTIONS                                                                                            \
  {"lookup", OPTION_CHOICE, "hash/linear", "hash", 0, 0, "get by the index, or by scanning records in file order"},   \
      {"verify", OPTION_BOOL, NULL, "off", 0, 0, "check the record's checksum on every get"},                         \
      {"grow_step", OPTION_SIZE, NULL, "0", 0, 1ull << 40, "bytes to grow by; 0: double up to 1 GiB, then by 1 GiB"}, \
  {                                                                                                                   \
    "fill_write", OPTION_SIZE, NULL, "0", 0, 1u << 20,                                                                \
        "most bytes of consecutive records put in one write; a map then loads by pwrite; 0: as the engine writes"     \
  }

// `io` and `engine` must outlive the store.
int slot_store_open(const char *path, const struct store_config *config, const struct engine *engine,
                    const struct io_ops *io, struct store **out, struct error *error);
// Tries the io with these options on a small file of its own in `folder`: opens it, writes, reads back, syncs; the file
// is removed. The `probe` of each engine.
int slot_store_probe(const char *folder, const struct store_config *config, const struct engine *engine,
                     const struct io_ops *io, struct error *error);
int slot_store_close(struct store *store, struct error *error);
int slot_store_session_open(struct store *store, struct session **out, struct error *error);
int slot_store_session_close(struct session *session);
int slot_store_submit(struct session *session, struct op *const *ops, size_t count);
int slot_store_reap(struct session *session, struct op **done, size_t max, size_t min);
int slot_store_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                    void *user);
int slot_store_sync(struct store *store);
int slot_store_forget(struct store *store);
int slot_store_compact(struct store *store, struct error *error);
int slot_store_stat(struct store *store, struct store_stat *stat);
int slot_store_settings(struct session *session, setting_fn tell, void *user);

#endif
