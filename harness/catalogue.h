// SPDX-License-Identifier: MIT
// The files that come with the program, by name: experiments and chart shapes.
#ifndef STOREBENCH_CATALOGUE_H
#define STOREBENCH_CATALOGUE_H

#include <stddef.h>

#include "base/error.h"

#define EXPERIMENTS_FOLDER "workloads/experiments"
#define KNOWN_FOLDER "workloads/validate"
#define PLOTS_FOLDER "plots"

struct catalogue {
  size_t count;
  char **names;  // sorted, without folder and suffix
};

// The files in `folder` (of the program's own, see data_path) whose names end in `suffix`. 0 or -errno with a message;
// free with catalogue_free, also after an error.
int catalogue_read(const char *folder, const char *suffix, struct catalogue *catalogue, struct error *error);
void catalogue_free(struct catalogue *catalogue);

// The path of the experiment a user named: a shipped one by its name, or a file (a word with '/' or ending in ".ini").
// 0, -ENOENT with the nearest name, or -ENAMETOOLONG.
int catalogue_experiment(const struct catalogue *experiments, const char *word, char *path, size_t room,
                         struct error *error);

#endif
