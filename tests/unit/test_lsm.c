// SPDX-License-Identifier: MIT
// What the LSM trees' words for errors become: the texts are those that LevelDB 1.23 and RocksDB write.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engines/peers/lsm.h"

static const struct {
  const char *text;
  int code;
} known[] = {
    {"Corruption: block checksum mismatch", -EBADMSG},
    {"Corruption: unlock me: No space left on device", -EBADMSG},
    {"Not implemented: lock", -EOPNOTSUPP},
    {"NotFound: /s/000005.ldb: No such file or directory", -ENOENT},
    {"Invalid argument: /s/locks: bad block size", -EINVAL},
    {"Invalid argument: /s/CURRENT: does not exist (create_if_missing is false)", -ENOENT},
    {"Invalid argument: /s/does not exist/: comparator", -EINVAL},
    {"IO error: lock /s/LOCK: already held by process", -EWOULDBLOCK},
    {"IO error: lock /s/LOCK: Resource temporarily unavailable", -EWOULDBLOCK},
    {"IO error: lock hold by current process, acquire time 1 acquiring thread 2: /s/LOCK: No locks available",
     -EWOULDBLOCK},
    {"IO error: While lock file: /s/LOCK: Resource temporarily unavailable", -EWOULDBLOCK},
    {"IO error: /s/LOCK: Permission denied", -EACCES},
    {"IO error: /blocks/000003.log: No space left on device", -ENOSPC},
    {"IO error: No space left on deviceWhile appending to file: /s/000003.log: No space left on device", -ENOSPC},
    {"IO error: No space left on deviceWhile appending to file: /s/000003.log; retried", -ENOSPC},
    {"IO error: While open a file for random read: /s/000004.sst: No such file or directory", -ENOENT},
    {"IO error: While fdatasync: /s/000003.log: Input/output error", -EIO},
    {"IO error: /s/Permission denied/000003.log: Input/output error", -EIO},
    {"IO error: While open a file for random read: /s/000004.sst: Too many open files", -EMFILE},
    {"Resource busy: lock", -EIO},
    {"", -EIO},
};

// That a file of the tree is not there does not mean that a key is not.
static void test_kind_comes_before_words(void **state) {
  (void)state;
  assert_int_equal(lsm_status(NULL), 0);
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    int code = lsm_status(strdup(known[i].text)), expected = known[i].code == -ENOENT ? -EIO : known[i].code;
    if (code != expected) fail_msg("%s: %d, not %d", known[i].text, code, expected);
  }
}

static void test_an_open_keeps_the_words(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct error said = {0};
    int code = lsm_open_status(strdup(known[i].text), "/s", &said);
    if (code != known[i].code) fail_msg("%s: %d, not %d", known[i].text, code, known[i].code);
  }
  struct error error = {0};
  assert_int_equal(lsm_open_status(NULL, "/s", &error), 0);
  assert_int_equal(lsm_open_status(strdup("Corruption: two\nlines"), "/s", &error), -EBADMSG);
  assert_string_equal(error.text, "/s: Corruption: two lines");
}

static void test_work_that_is_not_known_is_not_work(void **state) {
  (void)state;
  assert_string_equal(lsm_work(1, "due"), "due");
  assert_string_equal(lsm_work(0, "due"), "none left");
  assert_string_equal(lsm_work(-EOPNOTSUPP, "due"), "not known");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kind_comes_before_words),
      cmocka_unit_test(test_an_open_keeps_the_words),
      cmocka_unit_test(test_work_that_is_not_known_is_not_work),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
