// SPDX-License-Identifier: MIT
// How environment.c and its parts collect facts.
#ifndef STOREBENCH_ENVIRONMENT_INTERNAL_H
#define STOREBENCH_ENVIRONMENT_INTERNAL_H

#include <jansson.h>
#include <stddef.h>

struct facts {
  json_t *known, *unreadable;
  int code;  // 0 or -ENOMEM
};

// A fact and its value (a new reference, taken over; NULL: no memory).
void fact_set(struct facts *facts, const char *name, json_t *value);
// A fact that could not be read: null, and why.
void fact_missing(struct facts *facts, const char *name, const char *reason);
// The first line of a file in /proc or /sys as a text. `path` is printf's.
void fact_file(struct facts *facts, const char *name, const char *path, ...) __attribute__((format(printf, 3, 4)));

// The first line of a file, without its newline. 0 or -errno.
int read_line_of(const char *path, char *text, size_t room);
// In a file of "key : value" lines, the value of the first line with that key. 0, -ENOENT or -errno.
int read_value_of(const char *path, const char *key, char *text, size_t room);

// The file system of `folder` and the device below it.
void storage_facts(struct facts *facts, const char *folder);

#endif
