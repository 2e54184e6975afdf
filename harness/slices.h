// SPDX-License-Identifier: MIT
// The child of a pair: a sample whose timed part is many short slices, each run when the parent says so.
//
// `storebench __slices` speaks lines, in by standard input, out by standard output:
//
//   child   storebench-slices PROTOCOL VERSION COMMIT     at once, before anything is read
//   parent  lead ORDER, or join ORDER                     a sample_order as JSON; join: the other side has the same
//   file
//                                                         open, and in its cache state
//   child   ready ORDER                                   open, warmed up, cache in its state; the order as understood
//   parent  run NS                                        any number of times
//   child   ran OPERATIONS NS                             nothing is outstanding any more
//   parent  end
//   child   sample {"status", "reason", "operations", "seconds", "verified", "residency": {"before", "after"}}
//
// A child that cannot go on answers anything with its `sample`, whose status is then not ok. Between two lines it
// sleeps in read(2): while it is idle, the other child has the CPU to itself.
#ifndef STOREBENCH_SLICES_H
#define STOREBENCH_SLICES_H

#include <stdint.h>
#include <stdio.h>

#include "harness/sample.h"

// Grows with every change of the lines above.
#define SLICES_PROTOCOL 1
#define SLICES_GREETING "storebench-slices"

// The clients of a sample, one a thread, which wait between slices.
struct crew;

// Opens a client on each thread and runs its warm-up. 0 or -errno; sets sample->out_of_reach where the operation cannot
// be had with this engine. `sample` is borrowed until crew_close. *crew is the caller's.
int crew_open(struct sample *sample, struct crew **crew, struct error *error);
// All threads run for `ns` (scans: until the scan is over that they are in by then) and finish what they began. Sets
// the operations of all together and the time from the first one's start to the last one's end. 0 or -errno of the
// first operation that failed.
int crew_run(struct crew *crew, uint64_t ns, uint64_t *operations, uint64_t *took, struct error *error);
// Closes the clients, frees the crew, and adds what was counted in all slices to the sample. 0 or -errno.
int crew_close(struct crew *crew, struct error *error);

// Serves one order (`joins`: as above) on this engine, which need not be in the registry, from `ready` to `sample`. 0,
// or -EIO when the parent cannot be talked to.
int slices_serve(const struct sample_order *order, const struct engine *engine, const struct engine_options *options,
                 bool joins, FILE *in, FILE *out);

// The hidden command `__slices`. Exit code 0 if it could say how it went.
int slices_command(void);

#endif
