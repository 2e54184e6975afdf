// SPDX-License-Identifier: MIT
// What is done to a store before it is measured, in order and untimed: a store that was only filled is one that nobody
// has lived with.
#ifndef STOREBENCH_PHASES_H
#define STOREBENCH_PHASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"

struct workload;

enum phase_kind {
  PHASE_CHURN,    // updates of keys drawn at random, `amount` times as many as there are records
  PHASE_AGE,      // records, `amount` times as many as there are, are deleted a quarter of the store at a time, and put
                  // back in another order, so that the file's order is no longer that of the keys
  PHASE_DELETE,   // that share of the records, wherever they lie, for good; once
  PHASE_COMPACT,  // the engine gives space back
  PHASE_REOPEN,   // closed cleanly and opened again
  PHASE_KILL,     // written to, and its process ends without closing it; the last one
  PHASE_KINDS
};

enum { PHASES_MAX = 8 };

struct phases {
  size_t count;
  struct phase {
    enum phase_kind kind;
    double amount;  // in records of the store; 0 for those without
  } list[PHASES_MAX];
};

// "churn", "age", "delete", "compact", "reopen", "kill".
const char *phase_name(enum phase_kind kind);

// Parses "churn=2x+delete=50%+kill"; an amount is a share or a multiple. "none" has no phase. -EINVAL with a message.
int phases_parse(const char *text, struct phases *phases, struct error *error);
// Writes them as phases_parse reads them. `room` of PHASES_TEXT is always enough.
enum { PHASES_TEXT = PHASES_MAX * 32 };
void phases_format(const struct phases *phases, char *text, size_t room);

bool phases_same(const struct phases *a, const struct phases *b);
// How many of `records` are left: ids 0 up to that.
uint64_t phases_left(const struct phases *phases, uint64_t records);
// Operations they make of a store of one record: what they cost.
double phases_work(const struct phases *phases);

// Puts every record, at version 0: in the order of keys, or, where a phase deletes, at random, so that what will be
// deleted lies everywhere. 0 or -errno with a message.
int phases_fill(const struct phases *phases, const struct workload *workload, const struct engine *engine,
                struct store *store, struct error *error);
// Runs one phase of those that only need an open store: churn, age, delete and compact. The workload has all records,
// value_size and seed. 0 or -errno with a message.
int phase_run(const struct phase *phase, const struct workload *workload, const struct engine *engine,
              struct store *store, struct error *error);

#endif
