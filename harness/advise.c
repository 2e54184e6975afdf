// SPDX-License-Identifier: MIT
// Advice from a run.
#include "harness/advise.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "harness/results_file.h"

// How far apart two sizes are: doublings, either way.
static double doublings(double a, double b) { return a > 0 && b > 0 ? fabs(log2(a / b)) : 0; }

static double number_of(const json_t *cell, const char *field) {
  return json_number_value(json_object_get(cell, field));
}

static double data_bytes(const json_t *cell) { return number_of(cell, "records") * number_of(cell, "record_size"); }

// Data over memory in a cell: caches that hold all of it count as half full, cold ones as endless data.
enum { COLD_DATA = 64 };

static double data_of(const json_t *cell) {
  const char *cache = json_text(cell, "cache");
  if (strcmp(cache, "pressure") == 0) return data_bytes(cell) / number_of(cell, "memory_bytes");
  return strcmp(cache, "cold") == 0 ? COLD_DATA : 0.5;
}

// Nothing beside the operations, nothing done to the store before them, and its file written as a load writes it.
static bool is_plain(const json_t *cell) {
  const char *before = json_text(cell, "before");
  const json_t *background = json_object_get(cell, "background");
  return !json_is_number(json_object_get(cell, "fill_write")) && (!background || json_is_null(background)) &&
         (!*before || strcmp(before, "none") == 0);
}

// A cache that still fills has no steady state to go by.
static bool answers(const json_t *cell, const char *operation) {
  return strcmp(json_text(cell, "cache"), "filling") != 0 && strcmp(json_text(cell, "operation"), operation) == 0 &&
         strcmp(json_text(cell, "keys"), "uniform") == 0 && number_of(cell, "threads") == 1 &&
         number_of(cell, "processes") == 1 && !json_is_peak(cell) && is_plain(cell) &&
         !json_is_number(json_object_get(cell, "rate_of_peak")) && !json_is_number(json_object_get(cell, "rate")) &&
         json_is_store(cell);
}

enum state { MEASURED, LOST, OTHER };  // LOST: failed or skipped

static enum state state_of(const json_t *cell) {
  if (strcmp(json_text(cell, "status"), "ok") != 0) return LOST;
  return json_object_get(json_object_get(cell, "summary"), "ops_per_s") ? MEASURED : OTHER;
}

// Whether the cell's policy keeps the same kind of promise; *amount is its own.
static bool same_promise(const json_t *cell, const struct sync_policy *wanted, uint64_t *amount) {
  struct sync_policy own;
  struct error error;
  if (sync_policy_parse(json_text(cell, "sync"), &own, &error) || own.kind != wanted->kind) return false;
  *amount = own.amount;
  return true;
}

// Fitting in memory or not changes what is measured; sizes only shift it.
enum { OTHER_SIDE = 1000 };

// Doublings between the data of a cell that memory (bytes; 0: unknown) holds and as much of the load's as it holds:
// caches of the processor and the reach of its page tables make small data faster. 0 where memory does not hold it.
static double data_apart(const json_t *cell, const struct advise_load *load, double memory) {
  return data_of(cell) > 1 ? 0 : doublings(data_bytes(cell), fmin(load->data, 1) * memory);
}

// A store that has run for a while has met all of the data that memory holds: where pages are only cached, a map still
// fills its page table.
static bool other_cache(const json_t *cell) {
  return data_of(cell) <= 1 && strcmp(json_text(cell, "cache"), "mapped") != 0;
}

static double distance(const json_t *cell, const struct advise_load *load, double memory, bool updates) {
  double data = data_of(cell), far = (data > 1) != (load->data > 1) ? OTHER_SIDE : 0;
  uint64_t amount = 0;
  far += data > 1 || load->data > 1 ? doublings(data, load->data) : 0;
  far += data_apart(cell, load, memory) / 4;  // what is asked for and how changes more
  far += doublings(number_of(cell, "record_size"), advise_record_size(load->value_size));
  far += 2 * doublings(number_of(cell, "batch"), load->batch);
  far += 2 * doublings(number_of(cell, "depth"), load->batch);  // more in flight than handed in at a time
  if (!updates && other_cache(cell)) far += 0.25;
  if (updates && same_promise(cell, &load->sync, &amount)) far += doublings((double)amount, (double)load->sync.amount);
  return far;
}

static double memory_of(const json_t *run) { return number_of(json_object_get(run, "environment"), "memory_bytes"); }

static const json_t *nearest_cell(const json_t *run, const char *spec, const struct advise_load *load, bool updates,
                                  enum state state) {
  const json_t *cell, *best = NULL;
  const double memory = memory_of(run);
  size_t i;
  uint64_t amount;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "spec"), spec) != 0 || !answers(cell, updates ? "update" : "get")) continue;
    if (state_of(cell) != state) continue;
    if (updates && !same_promise(cell, &load->sync, &amount)) continue;
    if (!best || distance(cell, load, memory, updates) < distance(best, load, memory, updates)) best = cell;
  }
  // Reads of data that memory holds say nothing of data that it does not, nor the other way round.
  return best && !updates && distance(best, load, memory, updates) >= OTHER_SIDE ? NULL : best;
}

static double rate_of(const json_t *cell, const char *which) {
  return json_real_or_nan(json_object_get(json_object_get(cell, "summary"), "ops_per_s"), which);
}

// Seconds of an operation add up by the shares of reads and updates.
static double combined(const struct advise_choice *choice, const struct advise_load *load, const char *which) {
  double seconds = 0;
  if (choice->read) seconds += load->reads / rate_of(choice->read, which);
  if (choice->update) seconds += (1 - load->reads) / rate_of(choice->update, which);
  return 1 / seconds;
}

static bool known(const struct advice *advice, const char *spec) {
  for (size_t i = 0; i < advice->count; i++)
    if (strcmp(advice->choices[i].spec, spec) == 0) return true;
  for (size_t i = 0; i < advice->missing_count; i++)
    if (strcmp(json_text(advice->missing[i].cell, "spec"), spec) == 0) return true;
  return false;
}

// Of an engine's reads or updates: the cell that answers, and whether a nearer one has no result. An engine is looked
// at once, so that there is room for two of each.
static const json_t *find_answer(const json_t *run, const char *spec, const struct advise_load *load, bool updates,
                                 struct advice *advice) {
  const json_t *found = nearest_cell(run, spec, load, updates, MEASURED);
  const json_t *lost = nearest_cell(run, spec, load, updates, LOST);
  const double memory = memory_of(run);
  bool nearer = lost && (!found || distance(lost, load, memory, updates) < distance(found, load, memory, updates));
  if (nearer && advice->missing_count < sizeof advice->missing / sizeof advice->missing[0])
    advice->missing[advice->missing_count++] =
        (struct advise_missing){lost, updates ? "updates" : "reads", found == NULL};
  return found;
}

static int faster_first(const void *a, const void *b) {
  double x = ((const struct advise_choice *)a)->rate, y = ((const struct advise_choice *)b)->rate;
  return (x < y) - (x > y);
}

// A cell that choice number `choice` rests on, and what it was measured for.
struct noted {
  struct advice *advice;
  size_t choice;
  const json_t *cell;
  const struct advise_load *load;
  double memory;     // bytes; 0: unknown
  const char *what;  // "reads" or "updates"
};

static void note_text(struct advice *advice, size_t choice, const char *text) {
  size_t i = 0;
  while (i < advice->note_count && strcmp(advice->notes[i].text, text) != 0) i++;
  if (i == advice->note_count) snprintf(advice->notes[advice->note_count++].text, ADVISE_NOTE_MAX, "%s", text);
  advice->notes[i].of |= UINT64_C(1) << choice;
}

static void note(const struct noted *noted, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(const struct noted *noted, const char *format, ...) {
  char text[ADVISE_NOTE_MAX];
  int length = snprintf(text, sizeof text, "%s: measured ", noted->what);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
  va_end(arguments);
  note_text(noted->advice, noted->choice, text);
}

// Two cells of which neither differs from the load by more than this are one doubling apart at most.
static const double alike_doublings = 0.5;

static void note_data(const struct noted *noted) {
  const double data = data_of(noted->cell), wanted = noted->load->data;
  char own[32], asked[32];
  format_size((uint64_t)data_bytes(noted->cell), own, sizeof own);
  if (data <= 1 && wanted > 1) {
    note(noted, "with data of %s, which memory holds", own);
  } else if (data > 1 && wanted <= 1) {
    note(noted, "with data that memory does not hold");
  } else if (data >= COLD_DATA) {
    note(noted, "from a cold cache, where every one goes to the device");
  } else if (data > 1 && doublings(data, wanted) > 0.1) {
    note(noted, "with data of %.3gx the memory, not %.3gx", data, wanted);
  } else if (data <= 1 && !(noted->memory > 0)) {
    note(noted, "with data of %s; the run does not tell its memory", own);
  } else if (data_apart(noted->cell, noted->load, noted->memory) > alike_doublings) {
    format_size((uint64_t)(wanted * noted->memory), asked, sizeof asked);
    note(noted, "with data of %s, not %s", own, asked);
  }
}

static void note_cell(const struct noted *noted) {
  const json_t *cell = noted->cell;
  const uint32_t batch = noted->load->batch, size = advise_record_size(noted->load->value_size);
  char own[32], wanted[32];
  if (number_of(cell, "record_size") != size) {
    format_size((uint64_t)number_of(cell, "record_size"), own, sizeof own);
    format_size(size, wanted, sizeof wanted);
    note(noted, "with records of %s, not %s", own, wanted);
  }
  note_data(noted);
  if (number_of(cell, "batch") != batch) note(noted, "in batches of %.0f, not %u", number_of(cell, "batch"), batch);
  if (number_of(cell, "depth") > number_of(cell, "batch")) note(noted, "with %.0f in flight", number_of(cell, "depth"));
}

static void note_read(const struct noted *noted) {
  note_cell(noted);
  if (other_cache(noted->cell)) note(noted, "with cache = %s, not mapped", json_text(noted->cell, "cache"));
}

static void note_update(const struct noted *noted) {
  uint64_t amount;
  note_cell(noted);
  if (same_promise(noted->cell, &noted->load->sync, &amount) && amount != noted->load->sync.amount)
    note(noted, "with sync policy %s", json_text(noted->cell, "sync"));
}

static void note_choice(struct advice *advice, size_t number, const struct advise_load *load, double memory) {
  const struct advise_choice *choice = &advice->choices[number];
  const struct noted read = {advice, number, choice->read, load, memory, "reads"};
  const struct noted update = {advice, number, choice->update, load, memory, "updates"};
  if (choice->read) note_read(&read);
  if (choice->update) note_update(&update);
  if (choice->read && choice->update)
    note_text(advice, number, "reads and updates were measured apart: how they disturb each other was not");
}

// What there would have been, had it not failed or been skipped: ": ID failed: why (and N more)", or nothing.
static void put_missing(const struct advice *advice, const char *what, char *text, size_t room) {
  const json_t *first = NULL;
  size_t count = 0;
  for (size_t i = 0; i < advice->missing_count; i++) {
    if (strcmp(advice->missing[i].what, what) != 0 || !advice->missing[i].left_out) continue;
    if (!count++) first = advice->missing[i].cell;
  }
  *text = '\0';
  if (!count) return;
  int length = snprintf(text, room, ": %.80s %s: %.120s", json_text(first, "id"), advise_lost(first),
                        json_text(first, "reason"));
  if (count > 1)
    snprintf(text + length, room - (size_t)length, " (and %zu more engine%s)", count - 1, count > 2 ? "s" : "");
}

static int nothing(const struct advise_load *load, const struct advice *advice, bool reads, struct error *error) {
  char policy[32], missing[300];
  put_missing(advice, reads ? "reads" : "updates", missing, sizeof missing);
  sync_policy_format(&load->sync, policy, sizeof policy);
  if (!reads)
    return error_set(error, -ENODATA,
                     "the run has no updates with sync policy %s%s; measure this first: storebench run update-random",
                     policy, missing);
  return error_set(error, -ENODATA,
                   "the run has no random reads of data that memory %s%s; measure this first: storebench run %s",
                   load->data > 1 ? "does not hold" : "holds", missing,
                   load->data > 1 ? "read-random-pressure" : "read-random-warm");
}

int advise(const json_t *run, const struct advise_load *load, struct advice *advice, struct error *error) {
  const json_t *cell;
  size_t i;
  bool any_reads = false, any_updates = false;
  *advice = (struct advice){0};
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    struct advise_choice choice = {.spec = json_text(cell, "spec")};
    if (known(advice, choice.spec) || advice->count == ADVISE_ENGINES_MAX) continue;
    if (load->reads > 0) choice.read = find_answer(run, choice.spec, load, false, advice);
    if (load->reads < 1) choice.update = find_answer(run, choice.spec, load, true, advice);
    any_reads |= choice.read != NULL;
    any_updates |= choice.update != NULL;
    if ((load->reads > 0 && !choice.read) || (load->reads < 1 && !choice.update)) continue;
    choice.rate = combined(&choice, load, "median");
    choice.low = combined(&choice, load, "low");
    choice.high = combined(&choice, load, "high");
    if (isfinite(choice.rate)) advice->choices[advice->count++] = choice;
  }
  if (!advice->count)
    return nothing(load, advice, load->reads > 0 && (!any_reads || any_updates || load->reads >= 1), error);
  qsort(advice->choices, advice->count, sizeof advice->choices[0], faster_first);
  while (advice->alike < advice->count && advice->choices[advice->alike].high >= advice->choices[0].low)
    advice->alike++;
  for (i = 0; i < advice->count; i++) note_choice(advice, i, load, memory_of(run));
  return 0;
}

const char *advise_lost(const json_t *cell) {
  return strcmp(json_text(cell, "status"), "failed") == 0 ? "failed" : "was skipped";
}

uint64_t advise_first(size_t count) { return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX; }

uint32_t advise_record_size(uint32_t value_size) {
  uint32_t size = RECORD_SIZE_MIN, wanted = value_size + RECORD_OVERHEAD;
  while (size < wanted && size < 4096) size *= 2;
  return size < wanted ? (wanted + 4095) / 4096 * 4096 : size;
}
