// SPDX-License-Identifier: MIT
// What is opened to be read: files, also by a link; all else is refused at once.
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/temporary.h"

enum { ROOM = 1024 };

static int make_folder(void **state) {
  char *folder;
  if (asprintf(&folder, "%s/input-XXXXXX", temporary_folder()) < 0 || !mkdtemp(folder)) return -1;
  *state = folder;
  return 0;
}

// Each test makes files of these names.
static int remove_folder(void **state) {
  static const char *const names[] = {"fifo", "socket", "file", "link"};
  char path[ROOM];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    snprintf(path, sizeof path, "%s/%s", (char *)*state, names[i]);
    if (unlink(path) && errno != ENOENT) return -1;
  }
  int failed = rmdir(*state);
  free(*state);
  return failed;
}

static void join(char *path, const char *folder, const char *name) {
  assert_true(snprintf(path, ROOM, "%s/%s", folder, name) < ROOM);
}

static void assert_no_file(const char *path, int code) {
  FILE *stream = NULL;
  assert_int_equal(input_open(path), code);
  assert_int_equal(input_stream(path, &stream), code);
  assert_null(stream);
  assert_string_equal(input_reason(code), "not a file");
}

static void test_what_is_no_file(void **state) {
  char path[ROOM];
  assert_no_file(*state, -EISDIR);
  assert_no_file("/dev/zero", -EINVAL);
  join(path, *state, "fifo");
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(60);  // waits for a writer where it is opened as a file is
  assert_no_file(path, -EINVAL);
  alarm(0);
  join(path, *state, "missing");
  assert_int_equal(input_open(path), -ENOENT);
  assert_string_equal(input_reason(-ENOENT), "No such file or directory");
}

static void test_socket(void **state) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char path[ROOM];
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  join(path, *state, "socket");
  if (strlen(path) >= sizeof address.sun_path) {
    close(fd);
    skip();  // the folder's name is too long for a socket's
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_no_file(path, -ENXIO);
  close(fd);
}

static void test_file_and_link(void **state) {
  char path[ROOM], link[ROOM], text[8] = "";
  FILE *stream;
  join(path, *state, "file");
  join(link, *state, "link");
  stream = fopen(path, "we");
  assert_non_null(stream);
  assert_true(fputs("words", stream) >= 0);
  assert_int_equal(fclose(stream), 0);
  assert_int_equal(symlink(path, link), 0);
  assert_int_equal(input_stream(link, &stream), 0);
  assert_non_null(fgets(text, sizeof text, stream));
  assert_string_equal(text, "words");
  assert_true(fcntl(fileno(stream), F_GETFD) & FD_CLOEXEC);
  assert_int_equal(fclose(stream), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_is_no_file, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(test_socket, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(test_file_and_link, make_folder, remove_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
