// SPDX-License-Identifier: MIT
#include "tests/parts/parts.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "engines/slots/internal.h"

size_t __real_records_at_once(const struct store *store);
int __real_write_ahead(struct session *session, const uint32_t *slots, const struct record *records, size_t count);
int __real_resize_file(struct store *store, uint64_t old_bytes, uint64_t new_bytes);
size_t __wrap_records_at_once(const struct store *store);
int __wrap_write_ahead(struct session *session, const uint32_t *slots, const struct record *records, size_t count);
int __wrap_resize_file(struct store *store, uint64_t old_bytes, uint64_t new_bytes);

enum { FEW = 2 };

// The wrapped functions have no argument that could carry it.
static struct parts *seen;

// The commit under way. One of another store may come in between, where a test goes on with a copy in the middle of a
// call: then what is left of the first is not counted.
static struct {
  const struct store *store;
  uint64_t parts;  // handed over
} commit;

void parts_watch(struct parts *parts) { seen = parts; }

bool parts_expected(const char *spec, struct sync_policy policy) {
  return !strncmp(spec, "uring", strlen("uring")) && policy.kind != SYNC_ALWAYS && !strstr(spec, "direct=on");
}

// Asked at the beginning of each commit.
size_t __wrap_records_at_once(const struct store *store) {
  commit.store = store;
  commit.parts = 0;
  return __real_records_at_once(store) < COMMIT_MAX ? FEW : COMMIT_MAX;
}

static void note_moment(void) {
  if (++seen->moments == seen->die_at) (void)raise(SIGKILL);
}

int __wrap_write_ahead(struct session *session, const uint32_t *slots, const struct record *records, size_t count) {
  int error = __real_write_ahead(session, slots, records, count);
  if (error || !seen || commit.store != session->store) return error;
  if (commit.parts++ == 0) seen->commits++;
  note_moment();
  return 0;
}

// Growing is a commit's alone; compacting shrinks.
int __wrap_resize_file(struct store *store, uint64_t old_bytes, uint64_t new_bytes) {
  int error = __real_resize_file(store, old_bytes, new_bytes);
  if (error || !seen || new_bytes < old_bytes || commit.store != store || !commit.parts) return error;
  seen->growths++;
  note_moment();
  return 0;
}
