// SPDX-License-Identifier: MIT
// What tests of keys share: an experiment around a few lines, and what comes of its first point.
#ifndef STOREBENCH_TESTS_ONE_POINT_H
#define STOREBENCH_TESTS_ONE_POINT_H

#include "workloads/experiment.h"

// An experiment "keys.ini" with `sections` from line 4 on ("[hold]\n..."), a sweep of two engines behind them, and a
// chart of that metric. NULL with the error when it is refused.
struct experiment *one_point_parse(const char *sections, const char *y, struct error *error);
// The settings of its first point; a refusal fails the test.
struct cell_settings one_point(const char *sections, const char *y);
// The text of the error that the sections must give; anything else fails the test.
void one_point_refused(const char *sections, const char *y, const char *message);

#endif
