// SPDX-License-Identifier: MIT
// Contract: what is not a usable store is refused with one line, at once, and stays as it was.
#define XXH_INLINE_ALL
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "tests/contract/contract.h"

enum { LENGTH = 64, HEADER = 64, SECOND_HEADER = 4096, RECORDS_AT = 8192 };

// Refused read-write, read-only and with create alike; nothing about the file or its folder changes.
static void refused_every_way(struct fixture *f, int code) {
  struct bytes before = file_bytes(f->path);
  size_t entries = folder_entries(f->folder, "store", NULL);
  for (int way = 0; way < 3; way++) {
    f->config.read_only = way == 1;
    f->config.create = way == 2;
    fixture_refused(f, code);
  }
  assert_file_is(f->path, &before);
  assert_int_equal(folder_entries(f->folder, "store", NULL), entries);
  free(before.data);
}

static void make_store(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 50, 1, LENGTH), 0);
  fixture_close(f);
}

static void missing(struct fixture *f) {
  f->config.create = false;
  fixture_refused(f, -ENOENT);
  f->config.read_only = true;
  fixture_refused(f, -ENOENT);
  f->config.create = true;  // a store to be read only cannot be made
  fixture_refused(f, -EINVAL);
  assert_int_equal(folder_entries(f->folder, "", NULL), 0);
}

static void folder_missing(struct fixture *f) {
  strcat(f->path, "/none/store");
  fixture_refused(f, -ENOENT);
}

static void exclusive(struct fixture *f) {
  f->config.exclusive = true;
  make_store(f);
  struct bytes before = file_bytes(f->path);
  fixture_refused(f, -EEXIST);
  assert_file_is(f->path, &before);
  free(before.data);
}

static void directory(struct fixture *f) {
  assert_int_equal(mkdir(f->path, 0700), 0);
  fixture_refused(f, -EISDIR);
  f->config.read_only = true;
  f->config.create = false;
  fixture_refused(f, -EISDIR);
  assert_int_equal(folder_entries(f->path, "", NULL), 0);
}

// Opening one the plain way waits for somebody to write into it: the alarm would end the suite.
static void fifo(struct fixture *f) {
  assert_int_equal(mkfifo(f->path, 0600), 0);
  fixture_refused(f, -EINVAL);
  f->config.read_only = true;
  f->config.create = false;
  fixture_refused(f, -EINVAL);
}

static void symbolic_link(struct fixture *f) {
  char target[PATH_ROOM], path[PATH_ROOM];
  strcpy(path, f->path);
  strcpy(target, f->path);
  strcat(target, "-target");
  strcpy(f->path, target);
  make_store(f);
  strcpy(f->path, path);
  assert_int_equal(symlink(target, path), 0);
  struct bytes before = file_bytes(target);
  fixture_refused(f, -ELOOP);
  f->config.read_only = true;
  f->config.create = false;
  fixture_refused(f, -ELOOP);
  assert_file_is(target, &before);
  free(before.data);
}

static void not_a_store(struct fixture *f) {
  static unsigned char text[20000];
  memset(text, 'x', sizeof text);
  static const size_t lengths[] = {0, 1, 63, 64, 4096, 8191, 8192, sizeof text};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    file_put_bytes(f->path, text, lengths[i]);
    refused_every_way(f, -EINVAL);
  }
}

static void short_file(struct fixture *f) {
  static const size_t lengths[] = {1, 63, 64, 4095, 4096, 4160, 8191};
  make_store(f);
  struct bytes whole = file_bytes(f->path);
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    file_put_bytes(f->path, whole.data, lengths[i]);
    refused_every_way(f, -EINVAL);
  }
  free(whole.data);
}

// Writes a header field and the checksum that fits it into both copies.
static void patch_headers(struct fixture *f, size_t offset, uint32_t value) {
  struct bytes file = file_bytes(f->path);
  for (size_t copy = 0; copy <= SECOND_HEADER; copy += SECOND_HEADER) {
    unsigned char *header = file.data + copy;
    memcpy(header + offset, &value, sizeof value);
    uint64_t checksum = XXH3_64bits(header, HEADER - 8);
    memcpy(header + HEADER - 8, &checksum, sizeof checksum);
  }
  file_put_bytes(f->path, file.data, file.length);
  free(file.data);
}

static void wrong_version(struct fixture *f) {
  static const uint32_t versions[] = {0, 1, 3, UINT32_MAX};
  make_store(f);
  for (size_t i = 0; i < 4; i++) {
    patch_headers(f, 4, versions[i]);
    refused_every_way(f, -EPROTONOSUPPORT);
  }
  patch_headers(f, 4, 2);  // else the patch itself was what was refused
  f->config.read_only = false;
  fixture_open(f);
  fixture_close(f);
}

static void impossible_record_size_in_header(struct fixture *f) {
  static const uint32_t sizes[] = {0, 1, 32, 100, 4097, 12288 + 64, 2u << 20, UINT32_MAX};
  make_store(f);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    patch_headers(f, 32, sizes[i]);
    refused_every_way(f, -EBADMSG);
  }
}

static void other_record_size(struct fixture *f) {
  make_store(f);
  f->config.record_size = 256;
  refused_every_way(f, -EINVAL);
}

static void impossible_record_size(struct fixture *f) {
  static const uint32_t sizes[] = {1, 32, 63, 65, 100, 4097, 6144, 1 << 21, UINT32_MAX};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct error error = {0};
    f->config.record_size = sizes[i];
    int code = f->engine->open(f->path, &f->config, &f->store, &error);
    if (code) f->store = NULL;
    assert_code(code, -EINVAL);
    assert_message(&error, -EINVAL, "record");
    assert_int_equal(folder_entries(f->folder, "", NULL), 0);
  }
}

static void both_headers_damaged(struct fixture *f) {
  make_store(f);
  for (size_t at = 0; at < HEADER; at += 7) {
    struct bytes file = file_bytes(f->path);
    unsigned char first = file.data[at] ^ 4, second = file.data[SECOND_HEADER + at] ^ 4;
    file_patch(f->path, at, &first, 1);
    file_patch(f->path, SECOND_HEADER + at, &second, 1);
    refused_every_way(f, at < 4 ? -EINVAL : at < 8 ? -EPROTONOSUPPORT : -EBADMSG);
    file_put_bytes(f->path, file.data, file.length);
    free(file.data);
  }
}

// Growth allocates before it writes the header, so a file shorter than its header tells has lost records.
static void records_cut_off(struct fixture *f) {
  make_store(f);
  assert_int_equal(truncate(f->path, RECORDS_AT), 0);
  refused_every_way(f, -EINVAL);
}

static void no_permission(struct fixture *f) {
  if (geteuid() == 0) {
    print_message("permissions do not hold for root\n");
    skip();
  }
  make_store(f);
  assert_int_equal(chmod(f->path, 0), 0);
  fixture_refused(f, -EACCES);
  assert_int_equal(chmod(f->path, 0400), 0);
  fixture_refused(f, -EACCES);
  f->config.read_only = true;
  f->config.create = false;
  fixture_open(f);
  fixture_close(f);
}

static void private_to_its_owner(struct fixture *f) {
  struct stat status;
  mode_t mask = umask(0);
  make_store(f);
  umask(mask);
  assert_int_equal(stat(f->path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
}

// More than any disk holds: the space is looked at before it is taken, and nothing is left behind.
static void no_space(struct fixture *f) {
  f->config.record_size = 1 << 20;
  f->config.capacity_hint = 1u << 30;  // 1 PiB
  fixture_refused(f, -ENOSPC);
  assert_int_equal(folder_entries(f->folder, "", NULL), 0);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"missing file", missing, CAP_PERSISTENT, 0, main_specs},
      {"missing folder", folder_missing, CAP_PERSISTENT, 0, main_specs},
      {"exclusive", exclusive, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"directory", directory, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"FIFO", fifo, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"symbolic link", symbolic_link, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"not a store", not_a_store, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"short file", short_file, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"wrong version", wrong_version, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"impossible record size in the header", impossible_record_size_in_header, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0,
       main_specs},
      {"another record size", other_record_size, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"impossible record size", impossible_record_size, CAP_PERSISTENT, 0, main_specs},
      {"both headers damaged", both_headers_damaged, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"records cut off", records_cut_off, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"no permission", no_permission, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"private to its owner", private_to_its_owner, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"no space", no_space, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
  };
  return contract_main("open errors", cases, sizeof cases / sizeof cases[0], argc, argv);
}
