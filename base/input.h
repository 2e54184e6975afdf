// SPDX-License-Identifier: MIT
// Files that somebody names, or that stand where a file of ours should: what they are is not known until they are open.
#ifndef STOREBENCH_INPUT_H
#define STOREBENCH_INPUT_H

#include <stdio.h>

// Opens a regular file to be read. Never waits, which opening a FIFO does until there is a writer. A descriptor, the
// caller's to close, or -errno: -EISDIR, -ENXIO or -EINVAL where something else stands there. Thread safe.
int input_open(const char *path);

// The same as a stream: 0 or -errno. *stream is the caller's to close, and left alone on errors.
int input_stream(const char *path, FILE **stream);

// What to say of such an error: "not a file" for all that is none, else the system's words, valid as strerror's are.
const char *input_reason(int code);

#endif
