// SPDX-License-Identifier: MIT
// Verdicts: what an experiment's claim is worth on this machine, in words that follow from the numbers.
#ifndef STOREBENCH_VERDICT_H
#define STOREBENCH_VERDICT_H

#include <jansson.h>

// The four words.
extern const char verdict_holds[], verdict_fails[], verdict_depends[], verdict_not_shown[];

// Puts the experiment's claim to the test, after winners_find: adds to its verdict outcome (one of the words above),
// text (a sentence that begins with it and says where), points[] and the ratio that is nearest to its bound with its
// interval (docs/results.md). Nothing is done without a verdict. 0 or -ENOMEM.
int verdict_find(const json_t *run, json_t *experiment);

// "13.1 (12.9-13.4)": the ratio of a point, or of the verdict, with its interval; "-" where there is none. `room` bytes
// at `text`, where it is cut.
void verdict_ratio_format(const json_t *point, char *text, size_t room);
// "batch 64, threads 2": where a point is; "" where nothing is left out.
void verdict_at_format(const json_t *point, char *text, size_t room);
// "mmap / pread at batch 64, claimed > 1": what the verdict's ratio is of.
void verdict_test_format(const json_t *verdict, char *text, size_t room);

#endif
