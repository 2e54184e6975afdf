// SPDX-License-Identifier: MIT
// Where the files that the program reads stand: experiments, plots, the schema.
#ifndef STOREBENCH_DATA_DIR_H
#define STOREBENCH_DATA_DIR_H

// The environment variable STOREBENCH_DATA, else the folder compiled in. Valid while the environment is not changed.
const char *data_dir(void);

#endif
