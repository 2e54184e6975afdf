// SPDX-License-Identifier: MIT
// What the store commands have in common: their arguments, an open store with one session, and its errors in words.
#ifndef STOREBENCH_COMMANDS_STORE_COMMON_H
#define STOREBENCH_COMMANDS_STORE_COMMON_H

#include <stdio.h>

#include "engines/engine.h"
#include "harness/commands/dump_text.h"
#include "harness/commands/parse.h"

enum { STORE_OPERANDS_MAX = 3, STORE_OPTION_ENGINE = 256, STORE_OPTION_SYNC, STORE_OPTION_OWN };

// Stands at the head of each command's option table; its own options have keys from STORE_OPTION_OWN on.
#define STORE_OPTIONS                                                                                                 \
  {"engine", STORE_OPTION_ENGINE, "SPEC", 0, "Engine and its options, as in uring:depth=8 (default: mmap)", 1}, {     \
    "sync", STORE_OPTION_SYNC, "POLICY", 0, "One of none, async, every=N, interval=TIME or always (default: always)", \
        1                                                                                                             \
  }

struct store_arguments {
  const char *command;       // set by the command: its name
  const char *const *names;  // set by the command: its operands, as shown to people; NULL ends. The first is STORE
  size_t required;           // set by the command: how many of them must be there
  const char *operands[STORE_OPERANDS_MAX];
  size_t count;  // operands given
  const struct engine *engine;
  struct store_config config;  // the engine's options and the sync policy; the command sets the rest
};

// The argp parser of what store commands share; a command's own parser passes on every key it does not know.
// state->input is a struct store_arguments, or a struct that begins with one.
error_t store_argument(int key, char *text, struct argp_state *state);

// Prints `storebench: PATH: TEXT` on standard error, as command_complain does. TEXT says what is wrong; what to do.
void complain(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Parse a count above zero, and a record size in bytes, given to `option`. 0, or EINVAL after a usage error.
error_t store_count_argument(const char *option, const char *text, uint64_t *count);
error_t store_record_size_argument(const char *option, const char *text, uint32_t *record_size);

// An open store with a session on the calling thread.
struct tool {
  const struct engine *engine;
  const char *path;
  struct store *store;
  struct session *session;
};

// Opens operands[0] with arguments->config and a session on it. Leaves nothing open on failure. 0 or -errno; the first
// fills `error`, the second complains.
int tool_try_open(struct tool *tool, const struct store_arguments *arguments, struct error *error);
int tool_open(struct tool *tool, const struct store_arguments *arguments);
// Closes it. Complains on failure. 0 or -errno.
int tool_close(struct tool *tool);

// Runs one operation. 0, or -errno after a complaint that names the key.
int tool_run(const struct tool *tool, struct op *op);
// Complains about an operation that came back with a status other than 0.
void tool_complain(const struct tool *tool, const struct op *op);
// Complains about the record of a key: what is wrong with it, and what to do.
void tool_complain_key(const struct tool *tool, const void *key, size_t length, const char *wrong, const char *remedy);

// Sets the op's key from an operand. 0, or -EINVAL after a complaint about the store at `path`.
int tool_key(const char *path, const char *text, struct op *op);

// Removes a closed store: the file and the index beside it. What is not there, or cannot be removed, stays.
void store_remove(const char *path);

// Says that memory is short. -ENOMEM.
int no_memory(const char *path);
// Says that stat failed with this -errno, and returns it.
int no_stat(const char *path, int error);

// Opens the store, runs body (0 or -errno after its own complaint), closes the store. EXIT_DONE or EXIT_CELL_FAILED
// (commands.h).
typedef int (*tool_fn)(const struct tool *tool, void *user);
int tool_do(const struct store_arguments *arguments, tool_fn body, void *user);

// Hands each of up to `limit` live records (0: all) to fn, as a copy that is valid during the call: the bytes in a map
// may go away, and must not do so under a stream's lock. 0, -errno or what fn returned.
typedef int (*tool_record_fn)(void *user, const struct dump_record *record);
int tool_scan(const struct tool *tool, uint64_t limit, tool_record_fn fn, void *user);
// From here on the engine verifies the checksum of each record it reads, if it has such an option.
void store_verify(struct store_arguments *arguments);

// Whether all that was printed reached standard output. 0, or -errno after a complaint.
int finish_output(void);

#endif
