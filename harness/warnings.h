// SPDX-License-Identifier: MIT
// What about this machine spoils measurements: each with a name, the cause and the remedy.
#ifndef STOREBENCH_WARNINGS_H
#define STOREBENCH_WARNINGS_H

#include <jansson.h>

#include "base/error.h"

// All that hold now, but those in `silenced` (names with commas, or NULL): an array of {"id", "text"}. `root` stands
// before the paths of /proc and /sys: "" but for tests; `environment` is environment_read's; data files go to `folder`.
// The caller's; NULL when memory is short.
json_t *warnings_read(const char *root, const json_t *environment, const char *folder, const char *silenced);

// -EINVAL with the nearest name where one of the list is no warning's, or 0.
int warnings_check_names(const char *silenced, struct error *error);

#endif
