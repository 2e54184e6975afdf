// SPDX-License-Identifier: MIT
// Advice from a run: for a load that somebody plans, which engine of those measured, how fast it should be, and what of
// that was not measured but concluded.
//
// A load is reads and updates of records of one size, on data of some size beside memory, under a sync policy. Each
// engine's rate for reads is taken from the cell of gets nearest to it, that for updates from the nearest cell of
// updates, and both are put together: seconds per operation add up by their shares. How far the cells of each engine
// are from the load is said with the result: engines whose cells are unlike each other differ in what is said of them.
#ifndef STOREBENCH_ADVISE_H
#define STOREBENCH_ADVISE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engines/engine.h"

struct advise_load {
  uint32_t value_size;      // bytes
  double reads;             // share of reads, 0 to 1; the rest are updates
  double data;              // size of the data over memory: 2 is twice as much
  struct sync_policy sync;  // of the updates
  uint32_t batch;           // operations handed in at a time
};

enum { ADVISE_ENGINES_MAX = 64, ADVISE_NOTE_MAX = 160, ADVISE_NOTES_EACH = 11 };

struct advise_choice {
  const char *spec;             // the run's, as are the cells
  const json_t *read, *update;  // the cells it rests on; NULL: the load has none of these
  double rate, low, high;       // operations a second; the interval is as wide as those of both together
};

// What the figures of some choices were concluded from.
struct advise_note {
  uint64_t of;  // bit i: of choice i
  char text[ADVISE_NOTE_MAX];
};

// A cell that was nearer to the load than what an engine's answer rests on, or the only one that it could have rested
// on, and has no result.
struct advise_missing {
  const json_t *cell;  // the run's: the nearest of them to the load
  const char *what;    // "reads" or "updates"
  bool left_out;       // nothing else answers for its engine
};

struct advice {
  size_t count;
  struct advise_choice choices[ADVISE_ENGINES_MAX];  // the fastest first
  size_t alike;  // how many from the first on are not shown to be slower than it: their intervals meet
  size_t note_count;
  struct advise_note notes[ADVISE_ENGINES_MAX * ADVISE_NOTES_EACH];  // no two alike, those of the first choice first
  size_t missing_count;
  struct advise_missing missing[2 * ADVISE_ENGINES_MAX];
};

// Finds the choices in a summarised run, which must outlive the advice. 0; -ENODATA where the run has no cell for the
// reads, or none for the updates, with a message that says what to measure first, and what failed or was skipped.
int advise(const json_t *run, const struct advise_load *load, struct advice *advice, struct error *error);

// "failed" or "was skipped": what became of a missing cell.
const char *advise_lost(const json_t *cell);

// The first so many choices, as in a note's `of`.
uint64_t advise_first(size_t count);

// The record size that holds such values.
uint32_t advise_record_size(uint32_t value_size);

#endif
