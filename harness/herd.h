// SPDX-License-Identifier: MIT
// Several stores that one sample opens and keeps open (operation = open, stores = N). The first is sample->store.
#ifndef STOREBENCH_HERD_H
#define STOREBENCH_HERD_H

#include "harness/sample.h"

// Where store `number` (from 0 on) is; room for DATASET_PATH_MAX bytes.
void herd_path(const struct sample *sample, unsigned number, char *path);
// Calls `fn` for each of their paths. 0, or what the first that failed returned.
int herd_each(const struct sample *sample, int (*fn)(const char *path, void *user), void *user);
// Opens all but the first, one after the other. herd_close in either case. 0 or -errno with a message.
int herd_open(struct sample *sample, struct error *error);
int herd_close(struct sample *sample, struct error *error);
// What the process holds now, with all of them open: resident memory, mappings, pages of their files in the page cache.
void herd_memory(struct sample *sample);

#endif
