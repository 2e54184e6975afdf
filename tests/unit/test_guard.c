// SPDX-License-Identifier: MIT
// SIGBUS inside a guarded range is an error; anywhere else it goes to whoever handled it before.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/file.h"
#include "engines/slots/guard.h"
#include "tests/unit/temporary.h"

enum { PAGE = 4096, PAGES = 4, EXIT_HANDLED = 42 };

// A map whose second half has no file behind it.
static char *half_map(void) {
  int fd = temporary_file((uint64_t)PAGES * PAGE);
  char *base = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_ptr_not_equal(base, MAP_FAILED);
  assert_int_equal(file_truncate(fd, (uint64_t)PAGES / 2 * PAGE), 0);
  close(fd);
  return base;
}

static void unmap(char *base) { munmap(base, (size_t)PAGES * PAGE); }

static int load(void *argument) { return *(volatile char *)argument; }

static int store(void *argument) {
  *(volatile char *)argument = 7;
  return 0;
}

static void handle_with_info(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  _exit(info && info->si_code == BUS_ADRERR ? EXIT_HANDLED : 1);
}

static void handle_plain(int number) { _exit(number == SIGBUS ? EXIT_HANDLED : 1); }

// Faults outside the guarded range in a child whose handler was `before` when the guard came; returns its wait status.
// The handler is installed once a process, so these tests run before the parent enters a guard.
static int fault_elsewhere(const struct sigaction *before) {
  char *base = half_map();
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    struct guard_stack *stack;
    if (sigaction(SIGBUS, before, NULL) || guard_enter(&stack)) _exit(1);
    guard_run(base, PAGE, load, base + 3 * (size_t)PAGE);
    _exit(2);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  unmap(base);
  return status;
}

static void test_default_handler_still_kills(void **state) {
  (void)state;
  int status = fault_elsewhere(&(struct sigaction){.sa_handler = SIG_DFL});
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGBUS);
}

static void test_ignored_fault_still_kills(void **state) {
  (void)state;
  int status = fault_elsewhere(&(struct sigaction){.sa_handler = SIG_IGN});
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGBUS);
}

static void test_previous_handlers_are_called(void **state) {
  (void)state;
  int status = fault_elsewhere(&(struct sigaction){.sa_sigaction = handle_with_info, .sa_flags = SA_SIGINFO});
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), EXIT_HANDLED);
  status = fault_elsewhere(&(struct sigaction){.sa_handler = handle_plain});
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), EXIT_HANDLED);
}

// A SIGBUS that a process sends is not a fault: with the default handler it kills, ignored it does nothing.
static int send_to_child(const struct sigaction *before) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    struct guard_stack *stack;
    if (sigaction(SIGBUS, before, NULL) || guard_enter(&stack)) _exit(1);
    kill(getpid(), SIGBUS);
    _exit(EXIT_HANDLED);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void test_sent_signal(void **state) {
  (void)state;
  int status = send_to_child(&(struct sigaction){.sa_handler = SIG_DFL});
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGBUS);
  status = send_to_child(&(struct sigaction){.sa_handler = SIG_IGN});
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), EXIT_HANDLED);
}

static void test_fault_inside_is_an_error(void **state) {
  (void)state;
  struct guard_stack *stack;
  assert_int_equal(guard_enter(&stack), 0);
  char *base = half_map();
  base[0] = 5;
  assert_int_equal(guard_run(base, (size_t)PAGES * PAGE, load, base), 5);
  // Many times: a signal that stayed blocked would kill at the second.
  for (int i = 0; i < 100; i++) {
    assert_int_equal(guard_run(base, (size_t)PAGES * PAGE, load, base + (size_t)PAGES * PAGE - 1), -EIO);
    assert_int_equal(guard_run(base, (size_t)PAGES * PAGE, store, base + 2 * (size_t)PAGE), -EIO);
  }
  assert_int_equal(guard_run(base, (size_t)PAGES * PAGE, store, base), 0);
  assert_int_equal(base[0], 7);
  unmap(base);
  guard_leave(stack);
}

static void test_leaving_out_of_order(void **state) {
  (void)state;
  struct guard_stack *first, *second;
  assert_int_equal(guard_enter(&first), 0);
  assert_int_equal(guard_enter(&second), 0);
  guard_leave(first);
  char *base = half_map();
  assert_int_equal(guard_run(base, (size_t)PAGES * PAGE, load, base + 3 * (size_t)PAGE), -EIO);
  stack_t now;
  assert_int_equal(sigaltstack(NULL, &now), 0);
  assert_false(now.ss_flags & SS_DISABLE);
  unmap(base);
  guard_leave(second);
}

// A runtime that comes after the guard, as Go does: it takes the place of the handler, answers faults of its own map
// and hands the others on to whoever was there before. File scope is what its handler can reach.
static struct {
  struct sigaction before;
  char *volatile base;
  sigjmp_buf back;
} later;

static void handle_later(int number, siginfo_t *info, void *context) {
  uintptr_t offset = (uintptr_t)info->si_addr - (uintptr_t)later.base;
  if (offset < (uintptr_t)PAGES * PAGE) siglongjmp(later.back, 1);
  if (later.before.sa_flags & SA_SIGINFO) {
    later.before.sa_sigaction(number, info, context);
  } else {
    signal(SIGBUS, SIG_DFL);
  }
}

static int later_comes(void) {
  struct sigaction action = {.sa_sigaction = handle_later, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  return sigaction(SIGBUS, &action, &later.before);
}

// Whether a fault in the map of the later one comes to it.
static bool later_catches(void) {
  if (sigsetjmp(later.back, 1)) return true;
  load(later.base + 3 * (size_t)PAGE);
  return false;
}

// In a child: the guard comes first, or second; then the guard goes before the other again. Each answers what is its
// own, as often as it is asked, and what is nobody's ends the process, at once.
static int be_neighbours(bool guard_first, char *guarded, char *nobodys) {
  struct guard_stack *stack = NULL, *again = NULL;
  int wrong = guard_first ? guard_enter(&stack) || later_comes() : later_comes() || guard_enter(&stack);
  for (int round = 0; round < 2 && !wrong; round++) {
    for (int i = 0; i < 3 && !wrong; i++) {
      wrong = guard_run(guarded, (size_t)PAGES * PAGE, load, guarded + 3 * (size_t)PAGE) != -EIO || !later_catches();
    }
    if (!wrong && round == 0) wrong = guard_enter(&again);
  }
  if (!wrong) load(nobodys + 3 * (size_t)PAGE);
  return wrong ? 3 : 2;
}

static void test_a_handler_beside_it(void **state) {
  (void)state;
  char *guarded = half_map(), *nobodys = half_map();
  later.base = half_map();
  for (int guard_first = 0; guard_first < 2; guard_first++) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
      signal(SIGBUS, SIG_DFL);
      alarm(60);  // handlers that hand a fault to and fro
      _exit(be_neighbours(guard_first, guarded, nobodys));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
  }
  unmap(guarded);
  unmap(nobodys);
  unmap(later.base);
}

// Returns the number of wrong results.
static void *fault_in_thread(void *argument) {
  char *base = argument;
  stack_t before, during, after;
  uintptr_t wrong = sigaltstack(NULL, &before) != 0;
  struct guard_stack *stack;
  wrong += guard_enter(&stack) != 0;
  wrong += sigaltstack(NULL, &during) != 0 || during.ss_flags & SS_DISABLE;
  for (int i = 0; i < 100; i++) {
    wrong += guard_run(base, (size_t)PAGES * PAGE, load, base + 3 * (size_t)PAGE) != -EIO;
    wrong += guard_run(base, (size_t)PAGES * PAGE, load, base) != 0;
  }
  guard_leave(stack);
  wrong += sigaltstack(NULL, &after) != 0 || after.ss_flags != before.ss_flags;
  return (void *)wrong;
}

static void test_threads_at_a_time(void **state) {
  (void)state;
  char *base = half_map();
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, fault_in_thread, base), 0);
  for (int i = 0; i < 4; i++) {
    void *wrong;
    assert_int_equal(pthread_join(threads[i], &wrong), 0);
    assert_null(wrong);
  }
  unmap(base);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_default_handler_still_kills),  cmocka_unit_test(test_ignored_fault_still_kills),
      cmocka_unit_test(test_previous_handlers_are_called), cmocka_unit_test(test_sent_signal),
      cmocka_unit_test(test_a_handler_beside_it),          cmocka_unit_test(test_fault_inside_is_an_error),
      cmocka_unit_test(test_leaving_out_of_order),         cmocka_unit_test(test_threads_at_a_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
