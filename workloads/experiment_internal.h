// SPDX-License-Identifier: MIT
// What the parts of the experiment reader share. Not for the floors above.
//
// A file is read into settings: a key's text and the line it stands on. Only when a point of the sweep is asked for are
// the texts of that point put together (base, profile, axes) and turned into numbers, so that one table of keys serves
// [hold], [sweep] and every profile.
#ifndef STOREBENCH_EXPERIMENT_INTERNAL_H
#define STOREBENCH_EXPERIMENT_INTERNAL_H

#include "workloads/experiment.h"

enum { EXPERIMENT_COUNT_MAX = 1 << 16 };  // batch, depth, threads, processes
enum {
  PROFILES = 3,
  ALIASES_MAX = 32,
  READ_LINES_MAX = 8,
  OMIT_MAX = 16,
  TEXT_MAX = 200
};  // 200: the longest line inih takes

// In the order they are read in: a key may look at those before it.
enum key {
  KEY_ENGINE,
  KEY_OPTIONS,
  KEY_OPERATION,
  KEY_KEYS,
  KEY_THETA,
  KEY_MIX,
  KEY_SYNC,
  KEY_CACHE,
  KEY_RECORD_SIZE,
  KEY_VALUE_SIZE,
  KEY_FILL_WRITE,
  KEY_DATA,
  KEY_RECORDS,
  KEY_MEMORY,
  KEY_PRESSURE,
  KEY_BATCH,
  KEY_DEPTH,
  KEY_THREADS,
  KEY_PROCESSES,
  KEY_STORES,
  KEY_DURATION,
  KEY_OPERATIONS,
  KEY_BEFORE,
  KEY_BACKGROUND,
  KEY_BACKGROUND_RATE,
  KEY_RATE,
  KEY_ARRIVALS,
  KEY_COUNT
};

struct setting {
  int line;  // 0: not given
  char text[TEXT_MAX];
};

struct alias {
  int line;
  char name[EXPERIMENT_WORD_MAX];
  char spec[EXPERIMENT_WORD_MAX];
};

struct experiment {
  char name[256];
  char file[256];  // for messages
  struct experiment_machine machine;
  int last_line;
  struct setting title, question, claim, source, profiles;
  bool in_profile[PROFILES];
  struct alias aliases[ALIASES_MAX];
  size_t alias_count;
  struct setting hold[PROFILES + 1][KEY_COUNT];  // index 0: for all profiles; 1 + profile: overrides
  struct setting sweep[PROFILES + 1][KEY_COUNT];
  enum key sweep_order[KEY_COUNT];  // axes in the order of the file
  size_t sweep_count;
  struct setting omit[OMIT_MAX];  // points of it that are left out
  size_t omit_count;
  bool before_section;  // hold's `before` is what [before] says
  struct setting shape, x, series, panel, y, beside, log_y;
  struct setting compare[EXPERIMENT_TESTS_MAX], holds;
  size_t compare_count;
  struct setting read[READ_LINES_MAX];
  size_t read_count;
  struct experiment_chart chart;
  struct experiment_verdict verdict;
};

// One point, as texts.
struct point {
  const struct setting *texts[KEY_COUNT];  // NULL: not given
};

extern const char *const profile_names[PROFILES];
extern const char *const key_names[KEY_COUNT];

// The index of `text` in `words`, or -EINVAL with "FILE:LINE: unknown WHAT "TEXT"; did you mean "..."?".
int experiment_word(const struct experiment *experiment, int line, const char *what, const char *text,
                    const char *const *words, size_t count, struct error *error);
// Fills the error with "FILE:LINE: ..." and returns -EINVAL.
int experiment_error(const struct experiment *experiment, int line, struct error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Reads the text into settings.
int experiment_read(struct experiment *experiment, const char *text, struct error *error);

// What reads the text of one key into the settings.
struct reader {
  const struct experiment *experiment;
  const struct setting *setting;  // the text to read
  struct cell_settings *settings;
  struct error *error;
};
// "bad KEY "TEXT"; WANT". Returns -EINVAL.
int reader_bad(const struct reader *reader, const char *key, const char *want);
// Operations a second such as "20k" or "1.5M", from 1 to 1e9. False for another text.
bool reader_per_second(const char *text, double *per_s);

// The keys of whole sections, and what the sections say in other words (experiment_sections.c): adds one line of
// [before] to what [hold] says of `before`.
int experiment_add_phase(struct experiment *experiment, int line, const char *key, const char *text,
                         struct error *error);
int experiment_read_before(const struct reader *reader);
// The keys that `operation` and `rate` of [background] stand for.
int experiment_add_background(struct experiment *experiment, int line, const char *key, const char *text,
                              struct error *error);
int experiment_read_background(const struct reader *reader);
int experiment_read_background_rate(const struct reader *reader);
// How long a sample lasts (experiment_length.c).
int experiment_read_duration(const struct reader *reader);
int experiment_read_operations(const struct reader *reader);
// Adds options to the spec that the engine stands for.
int experiment_read_options(const struct reader *reader);

// Turns the texts of one point into settings, with defaults for those not given.
int experiment_apply(const struct experiment *experiment, const struct point *point, struct cell_settings *settings,
                     struct error *error);
// Refuses combinations that cannot run or mean nothing.
int experiment_check_point(const struct experiment *experiment, const struct point *point,
                           const struct cell_settings *settings, struct error *error);

// Cuts a comma-separated list into the values of an axis, whose key is set: engines may be named as a group. -EINVAL
// for an empty value, a value twice, or too many.
int experiment_split(const struct experiment *experiment, int line, const char *list, struct experiment_axis *axis,
                     struct error *error);

// Adds one value to the axis. -EINVAL if it is there, empty or too long, or if there are too many.
int experiment_add_value(const struct experiment *experiment, int line, const char *value, size_t length,
                         struct experiment_axis *axis, struct error *error);

// Counts of threads and processes by the machine's cores (experiment_counts.c). "cores" or "2x cores" as a number;
// false for another text.
bool experiment_cores_word(const struct experiment *experiment, const char *text, unsigned *count);
// Adds what such a word or a range ("1 to 2x cores") stands for to an axis of threads or processes; numbers that it has
// are left out. -ENOENT where the text is neither or the axis another.
int experiment_add_counts(const struct experiment *experiment, int line, const char *text, struct experiment_axis *axis,
                          struct error *error);
// A side of a comparison with such words as numbers. And whether it has any.
void experiment_resolve_side(const struct experiment *experiment, const char *side, char *to, size_t room);
bool experiment_side_is_relative(const char *side);

// Whether what the lines of `omit` name is swept. `axes` is room for all of them.
int experiment_check_omit(const struct experiment *experiment, struct experiment_axis *axes, struct error *error);

// Cuts the lines of [verdict] into what is compared; and, for a profile, whether its sweep has those cells.
int experiment_cut_verdict(struct experiment *experiment, struct error *error);
int experiment_check_verdict(const struct experiment *experiment, const char *profile,
                             const struct experiment_axis *axes, size_t count, struct error *error);

// Checks [experiment], [chart], [verdict] and every point of every profile the experiment is in.
int experiment_check(struct experiment *experiment, struct error *error);

// The number of a profile, or -1.
int profile_find(const char *profile);

#endif
