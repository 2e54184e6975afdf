// SPDX-License-Identifier: MIT
// Many records put into an open store, a few hundred in one submit. For one thread.
#ifndef STOREBENCH_COMMANDS_STORE_BATCH_H
#define STOREBENCH_COMMANDS_STORE_BATCH_H

#include "harness/commands/store_common.h"

struct store_batch;  // records on their way

// An empty one, to be freed with store_batch_free, or NULL when memory is short.
struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch *batch);

// Takes a copy of the record and puts all that have gathered once they are many. 0, or -errno after a complaint.
int store_batch_put(const struct tool *tool, struct store_batch *batch, const struct dump_record *record);
// Puts the rest. 0, or -errno after a complaint.
int store_batch_finish(const struct tool *tool, struct store_batch *batch);

// Whether a value of `longest` bytes, the longest of `what` ("dump"), fits the store's records. 0, or -errno after a
// complaint.
int store_check_room(const struct tool *tool, const char *what, size_t longest);

#endif
