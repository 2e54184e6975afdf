// SPDX-License-Identifier: MIT
// Where the files that the program reads stand: experiments, plots, the schema.
#ifndef STOREBENCH_DATA_DIR_H
#define STOREBENCH_DATA_DIR_H

#include <stddef.h>

#include "base/error.h"

// Writes the path of the program's own file or folder `name`, such as "plots", to `path`, which has `room` bytes. It
// stands in the folder that the environment variable STOREBENCH_DATA names; without it, where the program is: in
// ../share/storebench beside an installed one, in the folder of an unpacked one; else in the sources it was built from.
// 0, or -ENAMETOOLONG with a message. From any thread while the environment is not changed.
int data_path(const char *name, char *path, size_t room, struct error *error);

#endif
