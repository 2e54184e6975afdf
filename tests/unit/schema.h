// SPDX-License-Identifier: MIT
// A validator for as much of JSON Schema (draft 2020-12) as results/schema.json uses.
#ifndef STOREBENCH_TESTS_SCHEMA_H
#define STOREBENCH_TESTS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// Whether `value` is what `schema` (the root, which $ref points into) asks for; else `why` says where it is not. A
// keyword that is not known here is a failure too, so that none is believed to be checked when it is not.
bool schema_check(const json_t *schema, const json_t *value, char *why, size_t room);

#endif
