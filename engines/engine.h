// SPDX-License-Identifier: MIT
// The vtable: everything the floors above may know about a store.
//
// An engine is one constant `struct engine`. It opens stores; a store hands out sessions; a session, used by the one
// thread that opened it, takes operations with `submit` and gives finished ones back with `reap`. Every function
// returns 0 (or a count where it says so) or -errno; where there is more to say than the code, it fills a
// `struct error`. Unless a function says otherwise, it may be called from any thread.
//
// A store belongs to the process that opened it. In a child of fork(2), each call on it or its sessions is -ECHILD and
// does nothing: the child has no descriptor of it, does not hold its lock, and keeps the memory until it ends or runs
// another program. Its exit does nothing to the store. It may open stores of its own. (Engines of others' libraries and
// plug-ins have their own rules; children made by clone(2) itself, past fork(2), are not noticed.) What a session lent
// is not valid in the child.
#ifndef STOREBENCH_ENGINE_H
#define STOREBENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define ENGINE_API 3u  // grows with every change of this file that breaks a plug-in

#define KEY_LENGTH_MAX 16u
#define RECORD_SIZE_MIN 64u
#define RECORD_SIZE_MAX (1u << 20)
#define RECORD_SIZE_DEFAULT 128u
#define RECORD_OVERHEAD 40u  // bytes of a record that are not its value
#define ENGINE_OPTIONS_MAX 16

// When an acknowledged write must be durable. What each promises is in docs/sync-policies.md.
enum sync_kind { SYNC_NONE, SYNC_ASYNC, SYNC_EVERY, SYNC_INTERVAL, SYNC_ALWAYS, SYNC_KINDS };

struct sync_policy {
  enum sync_kind kind;
  uint64_t amount;  // SYNC_EVERY: operations, at least 1; SYNC_INTERVAL: milliseconds, at least 1; else 0
};

// What an engine can do beyond put, get and delete.
enum engine_caps {
  CAP_SCAN_ORDERED = 1 << 0,   // scan visits records in key order (else in slot order)
  CAP_LEND = 1 << 1,           // OP_PEEK lends a pointer into the store (else peek is -EOPNOTSUPP)
  CAP_QUEUE = 1 << 2,          // submit may return before the operations are finished
  CAP_SHARED_FORMAT = 1 << 3,  // opens files written by the other engines with this flag
  CAP_PROCESSES = 1 << 4,      // several processes may have one store open for reading
  CAP_PERSISTENT = 1 << 5,     // what is put can be read back, also after closing and reopening
};

enum option_type { OPTION_BOOL, OPTION_COUNT, OPTION_SIZE, OPTION_CHOICE };

// One option of an engine. The table drives parsing, `storebench list` and the manual.
struct engine_option {
  const char *name;  // NULL ends the table
  enum option_type type;
  const char *choices;        // OPTION_CHOICE: the words, separated by '/', in the order of their numbers
  const char *initial;        // default, as one would write it
  uint64_t minimum, maximum;  // OPTION_COUNT and OPTION_SIZE (bytes): inclusive
  const char *help;           // one line
};

// Options in effect: values[i] belongs to engine->options[i]. Bool 0/1, count and size the number, choice its index.
struct engine_options {
  uint64_t values[ENGINE_OPTIONS_MAX];
};

struct store_config {
  uint32_t record_size;  // bytes: a power of two from 64 to 4096, then a multiple of 4096 to 1 MiB; 0: the file's own,
                         // or the default for a new file
  uint64_t capacity_hint;  // records the caller expects to hold; 0: unknown
  struct sync_policy sync;
  bool read_only;
  bool create;      // make the store if it is not there
  bool exclusive;   // with create: an existing file is an error (-EEXIST)
  bool disposable;  // nobody opens it again, its files are removed: close need not make anything durable, but tells
                    // what went wrong. What the policy promises until then stands
  struct engine_options options;
};

enum op_kind { OP_PUT, OP_GET, OP_PEEK, OP_DELETE };

// One operation. The caller owns it and all it points to, and leaves both alone from submit until reap gives it back.
struct op {
  enum op_kind kind;
  uint32_t key_length;
  int status;             // out: 0, -ENOENT (get, peek, delete: no such key), -EINVAL, -EMSGSIZE (get: room too small;
                          // put: value too long), -EROFS, -EIO ...
  uint32_t value_length;  // put: bytes to write. get: in, room at `value`; out, bytes of the value. peek: out
  const void *key;        // 1 to KEY_LENGTH_MAX bytes
  void *value;            // put: read only. get: copied to here. peek: out, the lent pointer, valid until the session's
                          // next call; it may fault (SIGBUS) if someone else truncates the file meanwhile
  void *user;             // the caller's; the store never looks at it
};

// What is asked, and what came of it: neighbours, so that the fastest callers and engines look at each as one word.
static inline uint64_t op_asked(const struct op *op) { return (uint64_t)op->key_length << 32 | (uint32_t)op->kind; }
static inline uint64_t op_outcome(const struct op *op) {
  return (uint64_t)op->value_length << 32 | (uint32_t)op->status;
}

#define STAT_UNKNOWN UINT64_MAX  // of records, capacity and bytes_written: the engine does not know

struct store_stat {
  uint64_t records;          // live
  uint64_t capacity;         // records that fit before the next growth
  uint32_t record_size;      // bytes
  uint64_t bytes_apparent;   // st_size of the data file(s)
  uint64_t bytes_allocated;  // st_blocks * 512
  uint64_t bytes_written;    // handed to the kernel (or stored into the map) since open, overhead included
  uint64_t syncs;            // completed since open, of data: each counted once however many writers shared it
  uint64_t growths;          // since open
  uint64_t index_bytes;      // memory of index and allocation
  uint64_t tombstones;       // deleted records that still hold a slot
  uint64_t recovered;        // 1 if this open had to recover from an unclean stop
  uint64_t corrupt;          // records whose checksum failed in that recovery
  uint64_t window_max_ns;    // SYNC_INTERVAL: the longest time acknowledged writes went without a sync
  uint32_t queue_depth;      // CAP_QUEUE: most requests in flight at a time
  uint64_t in_flight_sum;    // CAP_QUEUE: over completions, the requests in flight as each was taken...
  uint64_t in_flight_count;  // ...and how many completions that was: sum / count is the mean depth
};

// Called by scan for each live record. The bytes are valid during the call only. A value other than 0 ends the scan,
// which then returns it.
typedef int (*scan_fn)(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length);

// Called by `settings` with one of them: what it is ("ring flags") and how it stands ("SINGLE_ISSUER DEFER_TASKRUN"),
// both valid during the call only. A value other than 0 ends `settings`, which then returns it.
typedef int (*setting_fn)(void *user, const char *name, const char *value);

struct store;    // an open store; each engine has its own
struct session;  // a thread's way into it

struct engine {
  uint32_t api;         // ENGINE_API
  const char *name;     // in specs: letters, digits, '-'
  const char *label;    // in charts
  const char *summary;  // one line
  uint32_t caps;        // enum engine_caps
  const struct engine_option *options;

  // In words, which call keeps this policy's promise with these options ("fdatasync after each put"). A constant
  // string. `config->sync` says which policy.
  const char *(*durability)(const struct store_config *config);

  // 0 if this engine can run with these options on files in `folder`, found out by trying, else -errno and the reason.
  int (*probe)(const char *folder, const struct store_config *config, struct error *error);

  // Opens (or creates) the store at `path`. On success *store is the caller's until close. Errors, among others:
  // -ENOENT, -EWOULDBLOCK (in use), -EINVAL (not a store, wrong record size), -ENOSPC.
  int (*open)(const char *path, const struct store_config *config, struct store **store, struct error *error);

  // Makes everything durable unless the policy is none or async (a clean close always leaves a clean file) or the store
  // is disposable, closes and frees the store, also when it returns an error. No session may be open.
  int (*close)(struct store *store, struct error *error);

  // Opens a session on the calling thread, which alone may use and close it.
  int (*session_open)(struct store *store, struct session **session, struct error *error);
  // Waits for what is in flight and frees the session. 0 or -errno of the flush.
  int (*session_close)(struct session *session);

  // Starts `count` operations. The writes of one submit take effect in the order given; its reads may see the store
  // before or after any of those writes. What was reaped before a submit is seen by it. Errors of single operations
  // are in their status; the return value is for the session as a whole (-ENOMEM ...): then none was started.
  int (*submit)(struct session *session, struct op *const *ops, size_t count);

  // Waits until at least `min` operations are finished (capped at what is outstanding; 0: looks and does not wait),
  // stores up to `max` of them in `done`, and returns how many, or -errno.
  int (*reap)(struct session *session, struct op **done, size_t max, size_t min);

  // Visits up to `limit` live records (0: all), in key order where caps say so, else in slot order. `from` is the first
  // key to visit (NULL: the first record); on unordered stores a non-NULL `from` is -EOPNOTSUPP. The records are those
  // live when the scan began. No operation of this session may be outstanding. Returns 0, -errno or what fn returned.
  int (*scan)(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn, void *user);

  // Makes all acknowledged writes durable.
  int (*sync)(struct store *store);
  // Drops every cached page and buffer this store holds (its own map included), after a sync. The index stays. No
  // operation may be outstanding and no pointer lent.
  int (*forget)(struct store *store);
  // Gives space back: moves records together and truncates. Waits for sessions that hold a lent pointer.
  int (*compact)(struct store *store, struct error *error);
  int (*stat)(struct store *store, struct store_stat *stat);

  // Tells what is in effect in this session beyond what its options say: what was asked of the kernel or a library, and
  // what came of it, found out from them. What cannot be found out is told as "unknown: why". No operation may be
  // outstanding; some of it (huge pages) shows only after operations have run. 0, -errno or what `tell` returned. NULL:
  // the options say all.
  int (*settings)(struct session *session, setting_fn tell, void *user);
};

// A plug-in is a shared object that exports one function of this type by this name (examples/engine/ has one). It gets
// the caller's ENGINE_API and returns its engine, or NULL when it was built for another one. It is loaded into the
// process that opens the store, and stays there. Programs that only want to name the engine ask another process to load
// it.
#define STOREBENCH_PLUGIN_FUNCTION "storebench_engine"
#define STOREBENCH_EXPORT __attribute__((visibility("default")))
typedef const struct engine *storebench_engine_function(uint32_t api);

// Stands for several engines in lists of them: the plug-ins that come with the program, built or not.
#define ENGINE_PEERS "peers"
// The names that such a word stands for, in the order of charts, and how many in *count; of any other word NULL.
const char *const *engine_group(const char *word, size_t *count);

// Submits all and reaps all, in that order. `count` operations; each one's result is in its status. 0 or -errno.
int session_run(const struct engine *engine, struct session *session, struct op *ops, size_t count);

// Parses "none", "async", "every=64", "interval=10ms", "always". -EINVAL with the nearest valid word.
int sync_policy_parse(const char *text, struct sync_policy *policy, struct error *error);
// Writes a policy as sync_policy_parse reads it. `room` of 32 bytes is always enough.
void sync_policy_format(const struct sync_policy *policy, char *text, size_t room);

#endif
