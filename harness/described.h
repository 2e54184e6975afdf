// SPDX-License-Identifier: MIT
// What is known of engines in a process that opens no store. Engines built in are known as they are. Plug-ins are
// described by a child process that loads them, so that one that crashes or hangs costs its description alone.
#ifndef STOREBENCH_DESCRIBED_H
#define STOREBENCH_DESCRIBED_H

#include <stdbool.h>

#include "base/error.h"
#include "engines/engine.h"

enum { DESCRIBED_REASON_MAX = 512 };

// One spec's engine. `engine` has name, label, summary, caps and options; of a plug-in, every function is NULL but
// probe and open, which refuse: what it can do is done in a process that has loaded it.
struct described {
  const struct engine *engine;
  struct engine_options options;
  const char *durability[SYNC_KINDS];      // in words, with these options
  char unavailable[DESCRIBED_REASON_MAX];  // why it cannot be used here at all, "" if it can
  bool failed;                             // with `unavailable`: it is there, and could not be described
};

// Those described so far, each spec once. All zero: none.
struct described_list {
  struct described_entry *first;
};
void described_free(struct described_list *list);

// The engine of a spec, asked for once. *described belongs to the list. A mistake in the spec is an error: -EINVAL with
// the nearest valid word; so is a plug-in named by its path that cannot be used. A plug-in known by name that was not
// built, or cannot be described, is no error: `unavailable` says why, and the engine has nothing but its name.
int described_find(struct described_list *list, const char *spec, const struct described **described,
                   struct error *error);

// Whether the engine of a spec can run on files in `folder`, tried where it may be loaded. 0, or -errno with the
// reason.
int described_probe(const char *spec, const char *folder, struct error *error);

// The child that describes a plug-in: reads what is asked from standard input, prints JSON. What main returns.
int described_command(void);

#endif
