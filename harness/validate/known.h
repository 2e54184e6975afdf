// SPDX-License-Identifier: MIT
// Known results: what others have published, or what was found here before, measured again in small and judged. Each
// is an experiment file in workloads/validate/ whose claim is the result and whose source says where it is from.
#ifndef STOREBENCH_KNOWN_H
#define STOREBENCH_KNOWN_H

#include <jansson.h>
#include <stdbool.h>

// The words an outcome is one of.
extern const char known_reproduced[], known_not_reproduced[], known_not_applicable[], known_stated[];

// What an experiment of a summarised run says of the known result that it repeats: a new object {name, result, source,
// outcome, why, figures[]} (docs/validate.md), the caller's; NULL when memory is short. This is the one rule:
//
// - not applicable here: nothing was measured (all of it was skipped), or its cells promise durability and the target
//   keeps nothing over a power loss. `why` is the reason.
// - stated: the file has no [verdict]; `why` says what was found, which on one machine is neither for nor against.
// - reproduced: all comparisons that could be measured hold, by their intervals and beyond the noise floor.
// - not reproduced: anything else, whether it is shown not to hold or not shown at all.
json_t *known_judge(const json_t *run, const json_t *experiment);

// Judges all experiments of a summarised run and prints that to standard output, in words or as JSON, and to standard
// error what failed. The exit code: EXIT_DONE, EXIT_CELL_FAILED if a cell failed or a result was not reproduced,
// EXIT_NOTHING_RAN if none was applicable.
int known_print(const json_t *run, const char *folder, bool json);

#endif
