// SPDX-License-Identifier: MIT
// A made-up run in a folder of its own, drawn and written as a run's end does, and what its files must hold.
#ifndef STOREBENCH_TESTS_REPORT_FIXTURE_H
#define STOREBENCH_TESTS_REPORT_FIXTURE_H

#include <jansson.h>
#include <limits.h>

#include "base/error.h"
#include "tests/unit/made_run.h"

extern const char *const syncs[], *const batches[], *const engines[];
extern const struct made_experiment ladder, bars, lines, heatmap;

struct fixture {
  char folder[PATH_MAX];
  json_t *run;
};

// Adds an experiment to its run, which begins with the first.
void fixture_add(struct fixture *fixture, const char *host, const struct made_experiment *experiment);
// Fails the test with the message of the error.
void must(int code, const struct error *error);
// Sums the run up and writes all but charts and pages.
void write_data(struct fixture *fixture);
// All of it.
void draw(struct fixture *fixture);
// For cmocka: *state is a new fixture, without a run.
int set_up(void **state);
int tear_down(void **state);
// The bytes of FOLDER/NAME with a zero behind them; NULL if there is no such file.
char *read_all(const struct fixture *fixture, const char *name);
// The bytes of FOLDER/NAME with a zero behind them. The caller frees them.
char *must_read(const struct fixture *fixture, const char *name);
// FOLDER/NAME has these words, or lacks them.
void must_hold(const struct fixture *fixture, const char *name, const char *words);
void must_lack(const struct fixture *fixture, const char *name, const char *words);
// The chart is there in three formats, none of them empty, and holds no script.
void must_be_drawn(const struct fixture *fixture, const char *chart);
// Of the run, by their places.
json_t *sample_at(const struct fixture *fixture, size_t cell, size_t sample);
// Takes `value` over.
void set_all_cells(const struct fixture *fixture, const char *key, json_t *value);

#endif
