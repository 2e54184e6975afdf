// SPDX-License-Identifier: MIT
// Several processes that read one store together: the sample's own, the leader, and others that it forks.
//
// Each opens the store and runs its clients as if it were alone. They meet at a few points, so that the cache is set
// when all have warmed up, all clocks start together, and all is measured before anybody closes. A reader hands its
// numbers to the leader, which adds them to its own. A reader that fails or dies fails the sample; readers end with the
// leader, whatever becomes of it.
#ifndef STOREBENCH_READERS_H
#define STOREBENCH_READERS_H

#include <stdbool.h>

#include "harness/sample.h"

// Forks the readers that the order asks for beside this process, which has no store open and no thread but this one.
// Each runs open, `timed` and close, and never returns from here. Without any, sample->readers stays NULL. 0 or -errno
// with a message; sets sample->out_of_reach where the engine cannot be open in several processes. readers_stop in
// either case.
int readers_start(struct sample *sample, sample_timed_fn timed, void *user, struct error *error);

// Whether this process leads: alone, or with readers.
bool readers_lead(const struct sample *sample);
// Waits until every process is here. Any one thread of each. 0 or -errno: somebody failed (the leader learns who and
// why), or is gone.
int readers_meet(struct sample *sample, struct error *error);
// The leader's: waits for every reader's numbers and adds them to the sample's own. 0 or -errno with a message.
int readers_collect(struct sample *sample, struct error *error);
// The leader's: ends those that still run, and frees all. NULL is fine.
void readers_stop(struct sample *sample);

#endif
