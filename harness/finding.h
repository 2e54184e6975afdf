// SPDX-License-Identifier: MIT
// The sentence that heads an experiment's chart.
#ifndef STOREBENCH_FINDING_H
#define STOREBENCH_FINDING_H

#include <jansson.h>

// Adds the finding to an experiment that has its winners and verdict: the most telling sentence that is true. That is,
// the comparison which the experiment's claim is about, if a difference is shown there; else the largest one between
// plain engines at the chart's main point, at any point, and between all series; else that none is shown. 0 or -ENOMEM.
int finding_choose(const json_t *run, json_t *experiment);

// The point of the chart that the claim names, or else its last x and first panel. Texts of the experiment's own.
void finding_main_point(const json_t *experiment, const char **panel, const char **x);

#endif
