// SPDX-License-Identifier: MIT
// Contract: a store belongs to the process that opened it. A child of fork(2) can do nothing with it and nothing to it,
// neither by its calls nor by its exit, and does not hold its lock.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/slots/check.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, RECORDS = 100, MORE = 40, FORKS = SCALED(40, 10), GROWN_RECORDS = 6000, CHILD_SECONDS = 60 };

static const char *const specs[] = {
    "mmap",  "mmap:write=pwrite", "pread",          "pread:direct=on", "stdio", "stdio:buffer=0", "stdio:buffer=1M",
    "uring", "uring:direct=on",   "uring:fixed=on", "uring:sqpoll=on", NULL};

static const struct sync_policy policies[] = {{SYNC_NONE, 0}, {SYNC_ALWAYS, 0}, {SYNC_INTERVAL, 1}};

// ThreadSanitizer lets a child of a process with threads start none of its own.
static void skip_where_children_start_no_threads(void) {
#ifdef __SANITIZE_THREAD__
  print_message("skipped: under ThreadSanitizer a child of a process with threads starts none\n");
  skip();
#endif
}

// glibc holds the locks of its allocator across a fork, a sanitizer's own allocator does not.
static void skip_where_threads_hold_the_allocator(void) {
  if (!SCALED(false, true)) return;
  print_message("skipped: a sanitizer's allocator may be locked for ever in a child forked beside threads\n");
  skip();
}

// With all that exit(3) does to open streams. Under sanitizers without: what threads of the parent held in their stacks
// looks leaked in a child.
static void leave(int status) { SCALED(exit, _exit)(status); }

// The child ends with 0 if body returned 0.
static pid_t start_child(struct fixture *f, int (*body)(struct fixture *f)) {
  fflush(NULL);  // cmocka's words are not to be said twice
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) leave(body(f) ? 1 : 0);
  return child;
}

static void join_child(pid_t child) {
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status) || WEXITSTATUS(status)) fail_msg("the child ended with wait status %#x", (unsigned)status);
}

static int expect(int code, int expected, const char *what) {
  if (code == expected) return 0;
  print_error("in the child: %s is %d, not %d\n", what, code, expected);
  return 1;
}

static int visit_none(void *user, const void *key, uint32_t key_length, const void *value, uint32_t length) {
  (void)user, (void)key, (void)key_length, (void)value, (void)length;
  return 0;
}

static int tell_none(void *user, const char *name, const char *value) {
  (void)user, (void)name, (void)value;
  return 0;
}

static int try_everything(struct fixture *f) {
  const struct engine *engine = f->engine;
  struct session *session = f->access.session, *another = NULL;
  struct op *done;
  struct store_stat stat;
  struct error opening = {0}, compacting = {0}, closing = {0};
  int wrong = expect(access_put(&f->access, 1, 2, LENGTH), -ECHILD, "put");
  wrong += expect(access_expect(&f->access, 1, 1, LENGTH), -ECHILD, "get");
  wrong += expect(access_delete(&f->access, 1), -ECHILD, "delete");
  wrong += expect(engine->reap(session, &done, 1, 0), -ECHILD, "reap");
  wrong += expect(engine->scan(session, NULL, 0, 0, visit_none, NULL), -ECHILD, "scan");
  wrong += expect(engine->settings(session, tell_none, NULL), -ECHILD, "settings");
  wrong += expect(engine->session_close(session), -ECHILD, "session_close");
  wrong += expect(engine->session_open(f->store, &another, &opening), -ECHILD, "session_open");
  wrong += expect(engine->sync(f->store), -ECHILD, "sync");
  wrong += expect(engine->forget(f->store), -ECHILD, "forget");
  wrong += expect(engine->compact(f->store, &compacting), -ECHILD, "compact");
  wrong += expect(engine->stat(f->store, &stat), -ECHILD, "stat");
  wrong += expect(engine->close(f->store, &closing), -ECHILD, "close");
  wrong += expect(opening.code, -ECHILD, "the error of session_open");
  wrong += expect(closing.code, -ECHILD, "the error of close");
  return wrong;
}

static int do_nothing(struct fixture *f) {
  (void)f;
  return 0;
}

// What closing leaves is whole, and `count` records of `version` are in it.
static void close_and_expect(struct fixture *f, uint64_t count, uint64_t version) {
  struct slot_check_report report;
  uint64_t at;
  assert_code(access_expect_all(&f->access, 0, count, version, LENGTH, &at), 0);
  fixture_close(f);
  assert_done(slot_check(f->path, &report, &f->error), &f->error);
  assert_true(slot_check_sound(&report));
  assert_true(report.clean);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, count, version, LENGTH, &at), 0);
  assert_int_equal(fixture_records(f), count);
  fixture_close(f);
}

// Before and after each child the buffers hold something: what was written and not flushed, what was read ahead.
static void with_child(struct fixture *f, int (*body)(struct fixture *f)) {
  uint64_t at;
  f->config.sync = policies[f->variant];
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, RECORDS, 1, LENGTH), 0);
  assert_code(access_expect_all(&f->access, 0, 3, 1, LENGTH, &at), 0);
  join_child(start_child(f, body));
  assert_code(access_expect_all(&f->access, 3, RECORDS - 3, 1, LENGTH, &at), 0);
  for (uint64_t id = 0; id < MORE; id++) assert_code(access_put(&f->access, RECORDS + id, 1, LENGTH), 0);
  join_child(start_child(f, body));
  for (uint64_t id = 0; id < MORE; id++) assert_code(access_put(&f->access, RECORDS + MORE + id, 1, LENGTH), 0);
  close_and_expect(f, RECORDS + 2 * (uint64_t)MORE, 1);
}

static void refused(struct fixture *f) { with_child(f, try_everything); }
static void exits(struct fixture *f) { with_child(f, do_nothing); }

// The child has stores of its own: the parent's is in use, another is not.
static int open_own(struct fixture *f) {
  struct store *store = NULL;
  struct access access;
  struct error error = {0};
  int wrong = expect(f->engine->open(f->path, &f->config, &store, &error), -EWOULDBLOCK, "opening the parent's");
  snprintf(f->path, sizeof f->path, "%s/of-%d", f->folder, (int)getpid());
  int code = f->engine->open(f->path, &f->config, &store, &error);
  if (code) return expect(code, 0, error.text);
  code = access_open(&access, f->engine, store);
  if (!code) code = access_fill(&access, 0, RECORDS, 1, LENGTH);
  if (!code) code = access_close(&access);
  wrong += expect(code, 0, "filling a store of its own");
  return wrong + expect(f->engine->close(store, &error), 0, "closing it");
}

static void opens_its_own(struct fixture *f) {
  skip_where_children_start_no_threads();
  with_child(f, open_own);
}

// A store whose files a child has copies of is free as soon as the parent has closed it, or is killed.
struct lives {
  atomic_int child, leave;
};

static int wait_to_leave(struct lives *lives) {
  atomic_store(&lives->child, (int)getpid());
  while (!atomic_load(&lives->leave)) usleep(500);
  return 0;
}

static int fork_and_die(struct fixture *f, void *argument) {
  struct lives *lives = argument;
  int code = access_fill(&f->access, 0, RECORDS, 1, LENGTH);
  if (!code) code = f->engine->sync(f->store);
  if (code) return code;
  pid_t child = fork();
  if (child == 0) {
    alarm(CHILD_SECONDS);  // whatever becomes of the test
    _exit(wait_to_leave(lives));
  }
  while (child > 0 && !atomic_load(&lives->child)) usleep(500);
  return child < 0 ? -errno : 0;
}

static void free_when_killed(struct fixture *f) {
  struct lives *lives = fixture_share(f, sizeof *lives);
  uint64_t at;
  fixture_crash(f, fork_and_die, lives);
  assert_int_equal(kill(atomic_load(&lives->child), 0), 0);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
  assert_int_equal(kill(atomic_load(&lives->child), 0), 0);
  atomic_store(&lives->leave, 1);
}

static void free_when_closed(struct fixture *f) {
  int pipes[2];
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, RECORDS, 1, LENGTH), 0);
  assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    char byte;
    close(pipes[1]);
    leave(read(pipes[0], &byte, 1) == 0 ? 0 : 1);
  }
  close_and_expect(f, RECORDS, 1);
  assert_code(f->engine->open(f->path, &f->config, &f->store, &f->error), 0);
  assert_code(f->engine->forget(f->store), 0);
  assert_code(f->engine->close(f->store, &f->error), 0);
  f->store = NULL;
  close(pipes[0]);
  close(pipes[1]);
  join_child(child);
}

// Children of one thread while another writes and the timer syncs: any lock may be held at that moment.
struct writer {
  struct fixture *f;
  atomic_bool stop;
  uint64_t rounds;
  int code;
};

static void *write_on(void *argument) {
  struct writer *writer = argument;
  struct access access;
  writer->code = access_open(&access, writer->f->engine, writer->f->store);
  if (writer->code) return NULL;
  while (!writer->code && !atomic_load(&writer->stop))
    writer->code = access_fill(&access, 0, RECORDS, ++writer->rounds, LENGTH);
  int closed = access_close(&access);
  if (!writer->code) writer->code = closed;
  return NULL;
}

static void among_threads(struct fixture *f) {
  struct writer writer = {.f = f};
  pthread_t thread;
  skip_where_threads_hold_the_allocator();
  f->config.sync = policies[f->variant];
  fixture_open(f);
  assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
  for (int i = 0; i < FORKS; i++) join_child(start_child(f, i % 2 ? open_own : try_everything));
  atomic_store(&writer.stop, true);
  pthread_join(thread, NULL);
  assert_code(writer.code, 0);
  close_and_expect(f, RECORDS, writer.rounds);
}

static int fork_visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t length) {
  pid_t *child = user;
  (void)key, (void)key_length, (void)value, (void)length;
  if (*child < 0) *child = fork();
  return 0;
}

// The child comes back from the scan that it was forked in.
static void inside_a_scan(struct fixture *f) {
  pid_t child = -1;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, GROWN_RECORDS, 1, LENGTH), 0);
  fflush(NULL);
  int code = f->engine->scan(f->access.session, NULL, 0, 0, fork_visit, &child);
  if (child == 0) leave(try_everything(f) ? 1 : 0);
  assert_true(child > 0);
  assert_code(code, 0);
  join_child(child);
  close_and_expect(f, GROWN_RECORDS, 1);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"a child is refused everything, none", refused, CAP_PERSISTENT, 0, specs},
      {"a child is refused everything, always", refused, CAP_PERSISTENT, 1, specs},
      {"a child is refused everything, interval", refused, CAP_PERSISTENT, 2, specs},
      {"a child's exit does nothing", exits, CAP_PERSISTENT, 0, specs},
      {"a child opens stores of its own", opens_its_own, CAP_PERSISTENT, 2, specs},
      {"free when its process is killed", free_when_killed, CAP_PERSISTENT, 0, specs},
      {"free when closed", free_when_closed, CAP_PERSISTENT, 0, specs},
      {"children among threads, interval", among_threads, CAP_PERSISTENT, 2, specs},
      {"forked inside a scan", inside_a_scan, CAP_PERSISTENT, 0, specs},
  };
  return contract_main("fork", cases, sizeof cases / sizeof cases[0], argc, argv);
}
