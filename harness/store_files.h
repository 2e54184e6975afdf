// SPDX-License-Identifier: MIT
// The files of a store, as the harness sees them: one file, or (of some engines) a folder of them.
#ifndef STOREBENCH_STORE_FILES_H
#define STOREBENCH_STORE_FILES_H

#include <stdint.h>

// Called for each file; a value other than 0 ends the walk.
typedef int (*store_file_fn)(const char *path, void *user);

// Calls fn for `path` itself unless that is a folder, then for each file directly in it. What fn returned, or -errno.
int store_files_each(const char *path, store_file_fn fn, void *user);

// The sizes of all of them together, in bytes. 0 or -errno.
int store_files_size(const char *path, uint64_t *bytes);

#endif
