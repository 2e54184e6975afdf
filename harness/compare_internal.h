// SPDX-License-Identifier: MIT
// What the parts of compare share.
#ifndef STOREBENCH_COMPARE_INTERNAL_H
#define STOREBENCH_COMPARE_INTERNAL_H

#include <jansson.h>

// What differs between the runs beside their samples: [{group, what, a, b}], machine, build and settings. NULL: memory.
json_t *compare_differences(const json_t *a, const json_t *b);
// {floor, source, controls, moved, control}: see docs/compare.md. NULL: memory.
json_t *compare_floor(const json_t *a, const json_t *b, const json_t *differences, double threshold);
// The cell of that id, or NULL.
const json_t *compare_find(const json_t *run, const char *id);

#endif
