// SPDX-License-Identifier: MIT
// Contract: files that somebody made on purpose. Headers whose numbers are huge, overlap or overflow, records copied
// from elsewhere, holes larger than any disk: an error, or the records that are there; never a hang, all memory, or
// another's record.
#define XXH_INLINE_ALL
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "engines/slots/check.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, HEADER = 64, SECOND_HEADER = 4096, RECORDS_AT = 8192, RECORD = 128, COUNT = 20 };
enum {
  AT_ENTRY_COUNT = 8,
  AT_NEXT_FREE = 16,
  AT_MAX_SIZE = 24,
  AT_RECORD_SIZE = 32,
  AT_STORE_ID = 40,
  AT_GENERATION = 48
};
#define COUNTER_MAX (UINT64_MAX / 2)

static void make_store(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, COUNT, 1, LENGTH), 0);
  fixture_close(f);
}

static void put64(unsigned char *at, uint64_t value) { memcpy(at, &value, sizeof value); }

// Makes both header copies the newer one (the other one's generation is one less) with this field changed, and
// checksums that fit.
static void patch_headers(const char *path, size_t offset, uint64_t value) {
  struct bytes file = file_bytes(path);
  uint64_t generations[2];
  memcpy(&generations[0], file.data + AT_GENERATION, 8);
  memcpy(&generations[1], file.data + SECOND_HEADER + AT_GENERATION, 8);
  size_t newer = generations[1] > generations[0];
  for (size_t i = 0; i < 2; i++) {
    unsigned char *header = file.data + (i ? 1 - newer : newer) * SECOND_HEADER;
    memmove(header, file.data + newer * SECOND_HEADER, HEADER);
    put64(header + AT_GENERATION, generations[newer] - i);
    put64(header + offset, offset == AT_GENERATION ? value - i : value);
    put64(header + HEADER - 8, XXH3_64bits(header, HEADER - 8));
  }
  file_put_bytes(path, file.data, file.length);
  free(file.data);
}

static void seal_record(const char *path, uint64_t slot) {
  struct bytes file = file_bytes(path);
  unsigned char seed_of[16], *record = file.data + RECORDS_AT + slot * RECORD;
  memcpy(seed_of, file.data + AT_STORE_ID, 8);
  put64(seed_of + 8, slot);
  put64(record + RECORD - 8, XXH3_64bits_withSeed(record, RECORD - 8, XXH3_64bits(seed_of, sizeof seed_of)));
  file_put_bytes(path, file.data, file.length);
  free(file.data);
}

static void remove_index(struct fixture *f) {
  char index[PATH_ROOM + 8];
  snprintf(index, sizeof index, "%s.index", f->path);
  assert_int_equal(unlink(index), 0);
}

static void refused_for_good(struct fixture *f, int code) {
  struct bytes before = file_bytes(f->path);
  for (int way = 0; way < 2; way++) {
    f->config.read_only = way == 1;
    f->config.create = false;
    fixture_refused(f, code);
  }
  assert_file_is(f->path, &before);
  free(before.data);
  f->config.read_only = false;
}

// Each number is right by its checksum. Those of a cleanly closed store must fit the file.
static void numbers_in_the_header(struct fixture *f) {
  static const struct {
    size_t offset;
    uint64_t value;
    int code;
  } cases[] = {
      {AT_ENTRY_COUNT, UINT64_MAX, -EBADMSG},
      {AT_ENTRY_COUNT, COUNT + 1, -EBADMSG},  // more live records than slots were ever used
      {AT_NEXT_FREE, 0, -EBADMSG},
      {AT_NEXT_FREE, 64, -EBADMSG},  // records over the headers
      {AT_NEXT_FREE, RECORDS_AT - RECORD, -EBADMSG},
      {AT_NEXT_FREE, RECORDS_AT + COUNT * RECORD + 1, -EBADMSG},   // in the middle of a record
      {AT_NEXT_FREE, RECORDS_AT + (UINT64_C(1) << 40), -EBADMSG},  // more slots than any store has
      {AT_NEXT_FREE, UINT64_MAX - RECORD + 1, -EBADMSG},
      {AT_NEXT_FREE, RECORDS_AT + (UINT64_C(1) << 30), -EINVAL},  // past the end of the file
      {AT_GENERATION, COUNTER_MAX + 2, -EBADMSG},
      {AT_GENERATION, UINT64_MAX, -EBADMSG},
  };
  make_store(f);
  struct bytes whole = file_bytes(f->path);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    patch_headers(f->path, cases[i].offset, cases[i].value);
    refused_for_good(f, cases[i].code);
    file_put_bytes(f->path, whole.data, whole.length);
  }
  free(whole.data);
}

// It is a hint, and fstat decides.
static void max_file_size_is_a_hint(struct fixture *f) {
  static const uint64_t values[] = {0, 1, 8192, UINT64_C(1) << 62, UINT64_MAX};
  uint64_t at;
  make_store(f);
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    patch_headers(f->path, AT_MAX_SIZE, values[i]);
    fixture_open(f);
    assert_code(access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at), 0);
    fixture_close(f);
  }
}

// The next number would be one that nobody takes for valid: an acknowledged put would be gone, or the header.
static void worn_generation(struct fixture *f) {
  uint64_t at;
  make_store(f);
  patch_headers(f->path, AT_GENERATION, COUNTER_MAX);
  f->config.create = false;
  fixture_refused(f, -EOVERFLOW);
  f->config.read_only = true;
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void worn_sequence(struct fixture *f) {
  uint64_t at, sequence = COUNTER_MAX;
  make_store(f);
  file_patch(f->path, RECORDS_AT + RECORD - 16, &sequence, sizeof sequence);
  seal_record(f->path, 0);
  remove_index(f);
  f->config.create = false;
  fixture_refused(f, -EOVERFLOW);
  f->config.read_only = true;
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static struct slot_check_report checked(struct fixture *f) {
  struct slot_check_report report;
  struct error error = {0};
  assert_done(slot_check(f->path, &report, &error), &error);
  return report;
}

static int kill_after_put(struct fixture *f, void *argument) {
  (void)argument;
  int code = access_put(&f->access, COUNT, 1, LENGTH);
  return code ? code : f->engine->sync(f->store);
}

// Opened after a kill, nothing but the store's own records at their own places counts: not these bytes in slot `slot`.
static void is_no_record(struct fixture *f, uint64_t slot, const unsigned char *record) {
  uint64_t at;
  fixture_crash(f, kill_after_put, NULL);
  file_patch(f->path, RECORDS_AT + slot * RECORD, record, RECORD);
  fixture_open(f);
  assert_int_equal(fixture_stat(f).corrupt, 1);
  assert_int_equal(fixture_stat(f).records, COUNT + 1);
  assert_code(access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at), 0);
  fixture_close(f);
  struct slot_check_report report = checked(f);
  assert_true(slot_check_sound(&report));
}

static void record_of_another_slot(struct fixture *f) {
  make_store(f);
  struct bytes file = file_bytes(f->path);
  file_patch(f->path, RECORDS_AT + (COUNT + 5) * RECORD, file.data + RECORDS_AT, RECORD);
  struct slot_check_report report = checked(f);
  assert_int_equal(report.corrupt, 1);
  assert_int_equal(report.corrupt_slots[0], COUNT + 5);
  assert_false(slot_check_sound(&report));
  file_put_bytes(f->path, file.data, file.length);
  is_no_record(f, COUNT + 5, file.data + RECORDS_AT);
  free(file.data);
}

// The other store has a newer value of the key in the same slot.
static void record_of_another_store(struct fixture *f) {
  make_store(f);
  struct bytes mine = file_bytes(f->path);
  assert_int_equal(unlink(f->path), 0);
  remove_index(f);
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, COUNT, 1, LENGTH), 0);
  assert_code(access_fill(&f->access, 0, COUNT, 2, LENGTH), 0);
  fixture_close(f);
  struct bytes other = file_bytes(f->path);
  remove_index(f);
  file_put_bytes(f->path, mine.data, mine.length);
  is_no_record(f, COUNT + 5, other.data + RECORDS_AT + (COUNT + 5) * RECORD);
  free(mine.data);
  free(other.data);
}

// What a file that ends inside a block has there is no slot, and is gone before the store grows over it.
static void ends_inside_a_block(struct fixture *f) {
  uint64_t at;
  f->config.capacity_hint = COUNT;
  make_store(f);
  struct bytes whole = file_bytes(f->path);
  for (size_t more = 1; more < 4096; more += 333) {
    unsigned char rest[4096];
    memset(rest, 0xA5, sizeof rest);
    file_put_bytes(f->path, whole.data, whole.length);
    file_patch(f->path, whole.length, rest, more);
    fixture_open(f);
    assert_code(access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at), 0);
    assert_code(access_fill(&f->access, COUNT, 100, 1, LENGTH), 0);
    assert_true(fixture_stat(f).growths > 0);
    fixture_close(f);
    struct slot_check_report report = checked(f);
    assert_true(slot_check_sound(&report));
  }
  free(whole.data);
}

// In a child of its own, whose memory is then that of this alone. A hole of 8 TiB is no data, and no reason to take
// long.
static int use_giant(struct fixture *f, void *argument) {
  struct slot_check_report report = {0};
  struct rusage before, after;
  uint64_t at;
  (void)argument;
  getrusage(RUSAGE_SELF, &before);
  int code = access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at);
  if (!code && !f->config.read_only) code = access_put(&f->access, COUNT, 1, LENGTH);
  if (!code && f->config.read_only) code = slot_check(f->path, &report, &f->error);
  if (!code && f->config.read_only && report.live_found != COUNT) code = -EILSEQ;
  getrusage(RUSAGE_SELF, &after);
  if (!code && after.ru_maxrss > before.ru_maxrss + (256 << 10)) code = -ENOMEM;
  return code;
}

static void make_giant(struct fixture *f) {
  if (NO_GIANTS) skip();
  f->config.create = false;
  if (truncate(f->path, (off_t)8 << 40)) {
    print_message("no file of 8 TiB here: %s\n", strerror(errno));
    skip();
  }
}

static void sparse_giant(struct fixture *f) {
  f->config.record_size = (uint32_t)f->variant;
  make_store(f);
  make_giant(f);
  f->config.read_only = true;
  fixture_join(f, fixture_fork(f, use_giant, NULL));
  remove_index(f);  // now by its records
  fixture_join(f, fixture_fork(f, use_giant, NULL));
  f->config.read_only = false;
  fixture_crash(f, use_giant, NULL);
  fixture_join(f, fixture_fork(f, use_giant, NULL));  // recovery
}

// The header counts as many records as the hole could hold.
static void sparse_giant_that_lies(struct fixture *f) {
  f->config.record_size = 4096;
  make_store(f);
  patch_headers(f->path, AT_NEXT_FREE, UINT64_C(8) << 40);
  patch_headers(f->path, AT_ENTRY_COUNT, (UINT64_C(8) << 40) / 4096 - 2);
  remove_index(f);
  make_giant(f);
  f->config.read_only = true;
  fixture_join(f, fixture_fork(f, use_giant, NULL));
  f->config.read_only = false;
  fixture_join(f, fixture_fork(f, use_giant, NULL));
}

static void too_many_slots(struct fixture *f) {
  struct slot_check_report report;
  struct error error = {0};
  make_store(f);
  make_giant(f);
  f->config.read_only = true;
  fixture_refused(f, -EFBIG);
  f->config.read_only = false;
  fixture_refused(f, -EFBIG);
  assert_code(slot_check(f->path, &report, &error), -EFBIG);
  assert_message(&error, -EFBIG, "slots");
}

// Every descriptor into the store's folder is closed on exec: a program that this one starts gets none of them.
static void nothing_is_inherited(struct fixture *f) {
  size_t seen = 0;
  fixture_open(f);
  DIR *descriptors = opendir("/proc/self/fd");
  assert_non_null(descriptors);
  for (struct dirent *entry; (entry = readdir(descriptors));) {
    char link[PATH_ROOM], target[PATH_ROOM] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
    if (readlink(link, target, sizeof target - 1) < 0 || strncmp(target, f->folder, strlen(f->folder)) != 0) continue;
    seen++;
    int flags = fcntl(atoi(entry->d_name), F_GETFD);
    if (!(flags & FD_CLOEXEC)) fail_msg("%s stays open on exec", target);
  }
  closedir(descriptors);
  assert_true(seen >= 2);  // the data and the lock
  fixture_close(f);
}

// Where the index belongs stands a link to somebody's file, and another where its new version is written first.
static void index_is_a_link(struct fixture *f) {
  char index[PATH_ROOM + 8], temporary[PATH_ROOM + 16], victim[PATH_ROOM];
  uint64_t at;
  snprintf(index, sizeof index, "%s.index", f->path);
  snprintf(temporary, sizeof temporary, "%s.tmp", index);
  snprintf(victim, sizeof victim, "%s/victim", f->folder);
  make_store(f);
  struct bytes sound = file_bytes(index);
  file_put_bytes(victim, sound.data, sound.length);
  assert_int_equal(unlink(index), 0);
  assert_int_equal(symlink(victim, index), 0);
  assert_int_equal(symlink(victim, temporary), 0);
  f->config.create = false;
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, COUNT, 1, LENGTH, &at), 0);
  assert_code(access_put(&f->access, COUNT, 1, LENGTH), 0);
  fixture_close(f);
  assert_file_is(victim, &sound);
  struct stat status;
  assert_int_equal(lstat(index, &status), 0);
  assert_true(S_ISREG(status.st_mode) && (status.st_mode & 0777) == 0600);
  free(sound.data);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"numbers in the header", numbers_in_the_header, CAP_SHARED_FORMAT, 0, main_specs},
      {"max_file_size is a hint", max_file_size_is_a_hint, CAP_SHARED_FORMAT, 0, main_specs},
      {"worn generation", worn_generation, CAP_SHARED_FORMAT, 0, main_specs},
      {"worn sequence", worn_sequence, CAP_SHARED_FORMAT, 0, main_specs},
      {"record of another slot", record_of_another_slot, CAP_SHARED_FORMAT, 0, main_specs},
      {"record of another store", record_of_another_store, CAP_SHARED_FORMAT, 0, main_specs},
      {"ends inside a block", ends_inside_a_block, CAP_SHARED_FORMAT, 0, main_specs},
      {"sparse giant, records of 4 KiB", sparse_giant, CAP_SHARED_FORMAT, 4096, main_specs},
      {"sparse giant, records of 1 MiB", sparse_giant, CAP_SHARED_FORMAT, 1 << 20, main_specs},
      {"sparse giant that lies", sparse_giant_that_lies, CAP_SHARED_FORMAT, 0, main_specs},
      {"too many slots", too_many_slots, CAP_SHARED_FORMAT, 0, main_specs},
      {"nothing is inherited", nothing_is_inherited, CAP_SHARED_FORMAT, 0, main_specs},
      {"index is a link", index_is_a_link, CAP_SHARED_FORMAT, 0, main_specs},
  };
  return contract_main("hostile", cases, sizeof cases / sizeof cases[0], argc, argv);
}
