// SPDX-License-Identifier: MIT
// A file that a command writes: it appears under its name when it is whole and durable, or not at all.
#ifndef STOREBENCH_COMMANDS_OUTPUT_FILE_H
#define STOREBENCH_COMMANDS_OUTPUT_FILE_H

#include <stdio.h>

// Writes the content to `stream`; `where` names it in complaints. 0, or -errno after a complaint.
typedef int (*output_fn)(FILE *stream, const char *where, void *user);

// Makes or replaces `path` (by temporary file, sync and rename; 0600) with what `content` writes. `instead`: what to do
// where the path is a device, a pipe or a folder. `source`, which the content is read from, is never replaced, whatever
// name leads to it. 0, or -errno after a complaint.
int output_file_write(const char *path, const char *source, const char *instead, output_fn content, void *user);

#endif
