// SPDX-License-Identifier: MIT
// The system calls on files: whole transfers, real allocation, the page cache, and what stays behind on failure.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/file.h"
#include "tests/unit/temporary.h"

enum { BLOCK = 4096, PATH_ROOM = 4096 };

int __real_posix_fadvise(int fd, off_t offset, off_t length, int advice);
int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice);

static int passed_over;  // so many calls from now drop nothing, as when the kernel holds the pages itself

int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice) {
  if (passed_over == 0) return __real_posix_fadvise(fd, offset, length, advice);
  passed_over--;
  return 0;
}

static uint64_t size_of(int fd) {
  uint64_t bytes;
  assert_int_equal(file_size(fd, &bytes), 0);
  return bytes;
}

static void test_whole_transfers(void **state) {
  (void)state;
  int fd = temporary_file(2 * BLOCK);
  char out[100], in[100];
  memset(out, 'x', sizeof out);
  assert_int_equal(file_write(fd, out, sizeof out, 4050, 0), 0);
  assert_int_equal(file_read(fd, in, sizeof in, 4050, 0), 0);
  assert_memory_equal(in, out, sizeof in);
  assert_int_equal(file_write(fd, out, sizeof out, 10, RWF_DSYNC), 0);
  assert_int_equal(file_read(fd, in, sizeof in, 10, RWF_DSYNC), 0);
  assert_memory_equal(in, out, sizeof in);
  assert_int_equal(file_read(fd, in, sizeof in, 2 * BLOCK - 50, 0), -EIO);
  assert_int_equal(file_read(-1, in, sizeof in, 0, 0), -EBADF);
  assert_int_equal(file_fdatasync(fd), 0);
  assert_int_equal(file_fsync(fd), 0);
  assert_int_equal(file_fsync(-1), -EBADF);
  assert_int_equal(file_start_writeback(fd, 0, 2 * BLOCK), 0);
  close(fd);
}

// A limit on the size of files cuts a write short, and refuses the rest.
static void test_short_write_is_an_error(void **state) {
  (void)state;
  int fd = temporary_file(BLOCK);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){BLOCK, before.rlim_max}), 0);
  char bytes[100] = {1};
  int result = file_write(fd, bytes, sizeof bytes, BLOCK - 50, 0);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  assert_int_equal(result, -EFBIG);
  close(fd);
}

static void test_extend_allocates(void **state) {
  (void)state;
  int fd = temporary_file(BLOCK);
  assert_int_equal(file_extend(fd, BLOCK, 64 * BLOCK), 0);
  assert_int_equal(size_of(fd), 64 * BLOCK);
  struct stat status;
  assert_int_equal(fstat(fd, &status), 0);
  assert_true(status.st_blocks * 512 >= 64 * BLOCK);
  char block[BLOCK], zeros[BLOCK] = {0};
  assert_int_equal(file_read(fd, block, BLOCK, 63 * BLOCK, 0), 0);
  assert_memory_equal(block, zeros, BLOCK);
  assert_int_equal(file_extend(fd, 64 * BLOCK, 64 * BLOCK), 0);
  assert_int_equal(file_extend(fd, 64 * BLOCK, BLOCK), -EINVAL);
  close(fd);
}

static void test_extend_beyond_the_disk(void **state) {
  (void)state;
  int fd = temporary_file(BLOCK);
  struct statvfs space;
  assert_int_equal(fstatvfs(fd, &space), 0);
  uint64_t more = ((uint64_t)space.f_bavail + 1000000) * space.f_frsize;
  assert_int_equal(file_extend(fd, BLOCK, BLOCK + more), -ENOSPC);
  assert_int_equal(size_of(fd), BLOCK);
  close(fd);
}

static void test_failed_extend_gives_back(void **state) {
  (void)state;
  int fd = temporary_file(BLOCK);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){2 * BLOCK, before.rlim_max}), 0);
  int result = file_extend(fd, BLOCK, 4 * BLOCK);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  assert_int_equal(result, -EFBIG);
  assert_int_equal(size_of(fd), BLOCK);
  close(fd);
}

static void test_reopen_is_another_description(void **state) {
  (void)state;
  int fd = temporary_file(BLOCK);
  int again = file_reopen(fd, O_APPEND);
  assert_true(again >= 0);
  assert_int_equal(fcntl(again, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
  assert_false(fcntl(fd, F_GETFL) & O_APPEND);
  assert_int_equal(fcntl(again, F_GETFD), FD_CLOEXEC);
  close(again);
  close(fd);
  assert_int_equal(file_reopen(fd, 0), -EBADF);
}

static void test_direct_alignment_is_enough(void **state) {
  (void)state;
  int fd = temporary_file(4 * BLOCK);
  int alignment = file_direct_alignment(fd);
  if (alignment == -EINVAL) {  // tmpfs and others
    close(fd);
    skip();
  }
  assert_true(alignment >= 512 && alignment <= BLOCK && (alignment & (alignment - 1)) == 0);
  int direct = file_reopen(fd, O_DIRECT);
  assert_true(direct >= 0);
  char *block = aligned_alloc(BLOCK, 2 * BLOCK);
  memset(block, 'd', 2 * BLOCK);
  char *lowest = block + alignment;  // aligned to this and no more
  assert_int_equal(file_write(direct, lowest, (size_t)alignment, (uint64_t)alignment, 0), 0);
  assert_int_equal(file_read(direct, lowest, (size_t)alignment, (uint64_t)alignment, 0), 0);
  free(block);
  close(direct);
  close(fd);
}

static void test_drop_cache(void **state) {
  (void)state;
  int fd = temporary_file(16 * BLOCK);
  if (file_direct_alignment(fd) == -EINVAL) {  // tmpfs: the page cache is all there is
    assert_int_equal(file_drop_cache(fd, 16 * BLOCK), -EBUSY);
    close(fd);
    return;
  }
  char *bytes = malloc(16 * BLOCK);
  memset(bytes, 'c', 16 * BLOCK);
  assert_int_equal(file_write(fd, bytes, 16 * BLOCK, 0, 0), 0);
  assert_int_equal(file_fdatasync(fd), 0);
  assert_int_equal(file_drop_cache(fd, 16 * BLOCK), 0);
  // Not there. (A read that must not wait is no proof: it starts reading ahead, and a fast device may be done in time.)
  unsigned char cached = 1;
  void *look = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);
  assert_ptr_not_equal(look, MAP_FAILED);
  assert_int_equal(mincore(look, BLOCK, &cached), 0);
  assert_false(cached & 1);
  munmap(look, BLOCK);
  assert_int_equal(file_drop_cache(fd, 0), 0);

  // A page that is mapped and touched stays, and this says so.
  volatile char *map = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);
  assert_ptr_not_equal(map, MAP_FAILED);
  assert_int_equal(map[0], 'c');
  assert_int_equal(file_drop_cache(fd, 16 * BLOCK), -EBUSY);
  munmap((void *)map, BLOCK);
  assert_int_equal(file_drop_cache(fd, 16 * BLOCK), 0);
  free(bytes);
  close(fd);
}

static void test_drop_cache_goes_on(void **state) {
  int fd = temporary_file(16 * BLOCK);
  (void)state;
  if (file_direct_alignment(fd) == -EINVAL) {
    close(fd);
    skip();
  }
  char byte = 'c';
  assert_int_equal(file_write(fd, &byte, 1, 0, 0), 0);
  assert_int_equal(file_fdatasync(fd), 0);
  passed_over = 3;
  assert_int_equal(file_drop_cache(fd, 16 * BLOCK), 0);
  assert_int_equal(passed_over, 0);
  close(fd);
}

static void assert_holds(const char *path, const char *text) {
  char bytes[64] = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(size_of(fd), strlen(text));
  assert_int_equal(file_read(fd, bytes, strlen(text), 0, 0), 0);
  assert_string_equal(bytes, text);
  struct stat status;
  assert_int_equal(fstat(fd, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  close(fd);
}

static void test_replace(void **state) {
  (void)state;
  char folder[PATH_ROOM], path[PATH_ROOM + 8], temporary[PATH_ROOM + 16];
  snprintf(folder, sizeof folder, "%s/replace.XXXXXX", temporary_folder());
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/file", folder);
  snprintf(temporary, sizeof temporary, "%s.new", path);
  assert_int_equal(file_replace(path, "one", 3), 0);
  assert_holds(path, "one");
  // What a crash left behind is in nobody's way, and a link there is not followed.
  assert_int_equal(symlink(path, temporary), 0);
  assert_int_equal(file_replace(path, "second", 6), 0);
  assert_holds(path, "second");
  assert_int_equal(access(temporary, F_OK), -1);
  assert_int_equal(file_sync_folder(path), 0);
  unlink(path);

  // A folder in its place: the rename fails and nothing stays.
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(file_replace(path, "third", 5), -EISDIR);
  assert_int_equal(access(temporary, F_OK), -1);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(rmdir(folder), 0);
  assert_int_equal(file_sync_folder(path), -ENOENT);
  assert_int_equal(file_sync_folder("no-slash"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_transfers),
      cmocka_unit_test(test_short_write_is_an_error),
      cmocka_unit_test(test_extend_allocates),
      cmocka_unit_test(test_extend_beyond_the_disk),
      cmocka_unit_test(test_failed_extend_gives_back),
      cmocka_unit_test(test_reopen_is_another_description),
      cmocka_unit_test(test_direct_alignment_is_enough),
      cmocka_unit_test(test_drop_cache),
      cmocka_unit_test(test_drop_cache_goes_on),
      cmocka_unit_test(test_replace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
