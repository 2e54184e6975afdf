// SPDX-License-Identifier: MIT
// The contract suite's frame: a case is a function that gets a store's engine and options and an empty folder. Every
// case runs on every spec as a cmocka test of its own, called "SPEC CASE". A spec whose probe fails is skipped with
// the reason.
#ifndef STOREBENCH_TEST_CONTRACT_H
#define STOREBENCH_TEST_CONTRACT_H

#include "engines/engine.h"
#include "tests/contract/check.h"
#include "tests/contract/folder.h"
#include "tests/contract/records.h"
#include "tests/contract/spawner.h"

enum { FIXTURE_CHILDREN = 4, FIXTURE_SHARED = 1 << 16 };

// What a case gets; made afresh for each test and cleaned up after it, also when it failed.
struct fixture {
  const char *spec;
  const struct engine *engine;
  struct store_config config;  // create, policy none, default record size; a case may change it before opening
  uint64_t variant;            // the case's own number
  char folder[FOLDER_ROOM];
  char path[PATH_ROOM];            // "store" in the folder; nothing is there yet
  struct store *store;             // NULL while closed
  struct access access;            // the test thread's; session NULL while closed
  int children[FIXTURE_CHILDREN];  // process ids of fixture_fork that still run, else 0
  struct spawner spawner;          // of a peer, else none
  unsigned char *shared;           // memory shared with children, zeroed at first
  size_t shared_used;              // bytes of it that fixture_share has given away
  struct error error;              // of the last call that filled one
};

struct contract_case {
  const char *name;
  void (*run)(struct fixture *fixture);
  uint32_t needs;            // enum engine_caps that the engine must have, else the case is left out
  uint64_t variant;          // handed to the case
  const char *const *specs;  // ends with NULL; NULL: every_spec. "peers" stands for peer_specs
};

extern const char *const every_spec[];  // each way with each option that changes how bytes move
extern const char *const peer_specs[];  // stores that others wrote, where they were built
extern const char *const main_specs[];  // each way once, and with direct I/O

// Runs all cases on all their specs. argv[1], if there, is a pattern of names ("uring*"). What main returns.
int contract_main(const char *group, const struct contract_case *cases, size_t count, int argc, char **argv);

// Open and close the fixture's store and its session; fail the test on an error.
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
void fixture_reopen(struct fixture *fixture);
struct store_stat fixture_stat(struct fixture *fixture);
// Fails unless opening with the fixture's config fails with `code` and one line that says why.
void fixture_refused(struct fixture *fixture, int code);
// What stat says of them; where the engine does not count, a scan does.
uint64_t fixture_records(struct fixture *fixture);
// Largest value of the config's record size.
uint32_t fixture_room(const struct fixture *fixture);
// Whether the engine keeps written bytes in memory of its own, which a killed process loses, with these options.
bool fixture_buffers(const struct fixture *fixture);
// `full` operations, or fewer where every get scans the file.
uint64_t fixture_count(const struct fixture *fixture, uint64_t full);

// Runs body in a child process that opens the store itself (the parent's must be closed) with a session. The body
// returns 0 or -errno, or kills itself. A child must not use assertions: they belong to the parent's cmocka. In cases
// that run on peers, the argument is NULL or from fixture_share.
typedef int (*child_fn)(struct fixture *fixture, void *argument);
int fixture_fork(struct fixture *fixture, child_fn body, void *argument);  // the process id
// Waits. Fails the test unless the child ended as expected: with body's 0, or by SIGKILL.
void fixture_join(struct fixture *fixture, int child);
void fixture_join_killed(struct fixture *fixture, int child);
// fixture_fork of a body that ends with SIGKILL to itself, and the wait for it.
void fixture_crash(struct fixture *fixture, child_fn body, void *argument);

// Memory shared with children, zeroed; gone after the case.
void *fixture_share(struct fixture *fixture, size_t bytes);
// The same with a number in it.
uint64_t *fixture_share_number(struct fixture *fixture, uint64_t number);
// The spawner that a peer's case forks by, whose store starts threads; before the store is opened.
void fixture_start_spawner(struct fixture *fixture);

#endif
