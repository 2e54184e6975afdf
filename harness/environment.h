// SPDX-License-Identifier: MIT
// The machine, kernel, file system and build that a run was measured with: what is cheap and readable without
// privileges.
#ifndef STOREBENCH_ENVIRONMENT_H
#define STOREBENCH_ENVIRONMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// The object "environment" of run.json for data files in `folder`. What cannot be read is null, with the reason under
// "unreadable". The caller's; NULL when memory is short.
json_t *environment_read(const char *folder);

// Whether files in `folder` can outlive a power loss: false on file systems in memory, overlays and network file
// systems. `name` (room bytes) gets the file system's type. 0 or -errno.
int environment_durable(const char *folder, bool *durable, char *name, size_t room);

// The text with every folder of a person (/home/NAME, /Users/NAME, /root) as "~"; cut to `room` bytes.
void environment_mask_homes(const char *text, char *masked, size_t room);
// The kernel's command line with "*" for the values of keys that are not known to be harmless, and for words that are
// no known key; without what comes after "--". `room` bytes.
void environment_mask_command_line(const char *line, char *masked, size_t room);

// The host's name, with anything but letters, digits, '.', '-' and '_' replaced by '-'. `room` bytes.
void environment_host(char *host, size_t room);

#endif
