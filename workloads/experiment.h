// SPDX-License-Identifier: MIT
// Experiment files: a question, what is held, what is swept, how it is drawn and judged. See docs/experiments.md.
#ifndef STOREBENCH_EXPERIMENT_H
#define STOREBENCH_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"
#include "workloads/background.h"
#include "workloads/client.h"
#include "workloads/phases.h"

enum { EXPERIMENT_AXES_MAX = 3, EXPERIMENT_VALUES_MAX = 32, EXPERIMENT_KEYS_MAX = 32, EXPERIMENT_WORD_MAX = 128 };
enum { EXPERIMENT_TESTS_MAX = 8, EXPERIMENT_BESIDE_MAX = 3 };

enum cache_state { CACHE_ASIS, CACHE_COLD, CACHE_WARM, CACHE_MAPPED, CACHE_PRESSURE, CACHE_FILLING, CACHE_STATES };
enum better { BETTER_HIGHER, BETTER_LOWER };

// Every key that may stand in [hold] or [sweep], for one point of the sweep.
struct cell_settings {
  char engine[EXPERIMENT_WORD_MAX];  // as the chart names it: an alias of [engines], or a spec
  char spec[EXPERIMENT_WORD_MAX];    // the spec behind it, for registry_parse
  struct workload workload;
  struct sync_policy sync;
  enum cache_state cache;
  uint64_t data_bytes;    // size of all records (records * record_size)
  uint64_t memory_bytes;  // page cache that the data may take, where the state limits it; else 0
  uint32_t record_size;
  uint32_t fill_write;  // bytes written at a time when the file to change was made; 0: as the kernel copies
  unsigned threads;
  unsigned processes;
  unsigned stores;                    // that a sample of OPERATION_OPEN opens and keeps open; 0 is 1
  double duration;                    // seconds of a sample; 0: as long as the profile says
  uint64_t operations;                // after which a sample ends, if its time has not; 0: it goes on until then
  struct phases before;               // what is done to the store first...
  struct background_role background;  // what somebody else does meanwhile
  uint64_t filled;                    // ...once it has so many records; workload.records are those left
  // Operations asked for at a rate (an open loop); both 0: as fast as the store takes them (a closed loop).
  struct {
    double per_s;    // of all threads together
    double of_peak;  // of what the same cell does in a closed loop: 0.6 is 60%
    enum arrival_kind arrivals;
  } rate;
};

static inline unsigned cell_stores(const struct cell_settings *settings) {
  return settings->stores ? settings->stores : 1;
}

// Whether the state limits the memory that cached pages may take.
static inline bool cache_limited(enum cache_state state) { return state == CACHE_PRESSURE || state == CACHE_FILLING; }

// Whether the cell runs an open loop.
static inline bool cell_rated(const struct cell_settings *settings) {
  return settings->rate.per_s > 0 || settings->rate.of_peak > 0;
}

struct experiment_axis {
  char key[32];  // "engine", "sync", "batch" ...
  size_t count;
  char values[EXPERIMENT_VALUES_MAX][EXPERIMENT_WORD_MAX];
};

struct experiment_chart {
  char shape[16];   // bars, lines, ladder or spectrum: plots/<shape>.gp
  char x[32];       // axis key
  char series[32];  // axis key
  char panel[32];   // third axis: one panel a value; "" if none
  char y[32];       // a metric: which there are is known to those who measure, and not checked here
  char beside[EXPERIMENT_BESIDE_MAX][32];  // further metrics, a chart each; "" after the last
  bool log_y;
  char read[1600];  // how to read it, a paragraph; "" if none
};

// One comparison of a claim: what y of `over` divided by y of `under` is claimed to be. A side names values of swept
// axes, "mmap sync=always", both sides of the same ones; of the others all values are meant, one by one. `under` may
// also be "bound NAME": what the machine cannot beat there. Which bounds there are is known to those who measure.
struct experiment_test {
  char over[200], under[200];
  char holds[32];  // "< 0.5"
};

struct experiment_verdict {
  size_t count;  // 0: the file has no [verdict]
  struct experiment_test tests[EXPERIMENT_TESTS_MAX];
};

struct experiment;

// What a file may refer to.
struct experiment_machine {
  uint64_t memory;      // bytes; "2x memory"
  unsigned processors;  // at least 1; "2x cores"
};

// The machine that this process runs on.
struct experiment_machine experiment_machine_here(void);

// Reads a file. On error the text is "FILE:LINE: what is wrong; nearest valid word". *experiment is the caller's.
int experiment_load(const char *path, struct experiment_machine machine, struct experiment **experiment,
                    struct error *error);
// The same for text in memory; `name` stands for the file in messages and results.
int experiment_parse(const char *name, const char *text, struct experiment_machine machine,
                     struct experiment **experiment, struct error *error);
void experiment_free(struct experiment *experiment);

const char *experiment_name(const struct experiment *experiment);  // file name without folder and ".ini"
const char *experiment_title(const struct experiment *experiment);
const char *experiment_question(const struct experiment *experiment);
const char *experiment_claim(const struct experiment *experiment);                     // "" if none
const char *experiment_source(const struct experiment *experiment);                    // of the claim; "" if none
bool experiment_in_profile(const struct experiment *experiment, const char *profile);  // none listed: in all
const struct experiment_chart *experiment_chart(const struct experiment *experiment);
// Where the chart's y and beside stand, for messages.
int experiment_y_line(const struct experiment *experiment);
int experiment_beside_line(const struct experiment *experiment);
const struct experiment_verdict *experiment_verdict(const struct experiment *experiment);
bool experiment_side_is_bound(const char *side);

// The swept axes for a profile ([sweep], or [sweep quick] where the file has one). `engines`, a comma-separated list or
// NULL, replaces the engine axis. Returned through a caller's array of EXPERIMENT_AXES_MAX; sets *count.
int experiment_axes(const struct experiment *experiment, const char *profile, const char *engines,
                    struct experiment_axis *axes, size_t *count, struct error *error);
// Whether the file leaves the point out (`omit` in [sweep]); index as below.
bool experiment_omits(const struct experiment *experiment, const struct experiment_axis *axes, size_t count,
                      const size_t *index);
// The settings at one point: index[i] chooses the value of axis i. Impossible combinations are -EINVAL with a message.
int experiment_cell(const struct experiment *experiment, const char *profile, const struct experiment_axis *axes,
                    size_t count, const size_t *index, struct cell_settings *settings, struct error *error);

#endif
