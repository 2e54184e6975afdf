// SPDX-License-Identifier: MIT
// Command lines through glibc's argp, with every complaint on one line and the nearest valid option named.
#ifndef STOREBENCH_PARSE_H
#define STOREBENCH_PARSE_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

// Parses argv[1..] with `argp`, whose parser gets `input`. Adds --help, which prints to standard output. The options of
// `argp` must be long ones (keys above 255), and its parser must take every argument: it returns usage_error(...) for
// one that is wrong. True: go on. False: stop with *exit_code (0 after --help, else EXIT_USAGE, the message printed).
bool command_parse(const struct argp *argp, int argc, char **argv, void *input, int *exit_code);

// Prints "storebench: ..." and a newline on standard error. Returns EINVAL, as an argp parser does to stop.
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

// What --engine-path DIR does: puts the folder first among those searched for plug-ins, for this process and its
// children. 0 or usage_error.
int engine_path_add(const char *command, const char *folder);
// A count of samples from 1 to 1000, given to `command` by --repetitions. 0, or EINVAL after a message.
int parse_repetitions(const char *command, const char *text, unsigned *count);
// A seed from 0 to INT64_MAX, which results can hold, given to `command` by --seed. 0, or EINVAL after a message.
int parse_seed(const char *command, const char *text, uint64_t *seed);

// Prints a message of the form `storebench: TEXT` or, with `path`, `storebench: PATH: TEXT` on standard error. Control
// characters in either are escaped, so that a message is one line and no command to a terminal.
void command_complain(const char *path, const char *text);

#endif
