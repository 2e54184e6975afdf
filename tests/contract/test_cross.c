// SPDX-License-Identifier: MIT
// Contract: one format. A file written by each way opens in each other, after a clean close and after a kill.
#include <errno.h>

#include "engines/registry.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, RECORDS = 200 };

static const char *const readers[] = {"mmap",  "mmap:write=pwrite", "pread", "pread:direct=on", "stdio",
                                      "uring", "uring:direct=on"};

// Takes the fixture over to another way of moving bytes; false where it cannot run.
static bool become(struct fixture *f, const char *spec) {
  assert_done(registry_parse(spec, &f->engine, &f->config, &f->error), &f->error);
  return f->engine->probe(f->folder, &f->config, &f->error) == 0;
}

static int write_some(struct fixture *f, void *argument) {
  uint64_t version = *(const uint64_t *)argument;
  int code = access_fill(&f->access, 0, RECORDS, version, LENGTH);
  for (uint64_t id = 0; !code && id < RECORDS; id += 10) code = access_delete(&f->access, id);
  return code ? code : f->engine->sync(f->store);
}

static void check(struct fixture *f, uint64_t version) {
  for (uint64_t id = 0; id < RECORDS; id++) {
    assert_code(access_expect(&f->access, id, version, LENGTH), id % 10 ? 0 : -ENOENT);
  }
  assert_int_equal(fixture_records(f), RECORDS - RECORDS / 10);
}

// The fixture's own way writes, another reads and writes, and the first one reads that.
static void there_and_back(struct fixture *f, bool kill) {
  const char *other = readers[f->variant];
  uint64_t one = 1, two = 2;
  if (kill) {
    fixture_crash(f, write_some, &one);
  } else {
    fixture_join(f, fixture_fork(f, write_some, &one));
  }
  if (!become(f, other)) {
    print_message("%s cannot run here: %s\n", other, f->error.text);
    skip();
  }
  fixture_open(f);
  assert_int_equal(fixture_stat(f).recovered, kill);
  check(f, 1);
  fixture_close(f);
  if (kill) {
    fixture_crash(f, write_some, &two);
  } else {
    fixture_join(f, fixture_fork(f, write_some, &two));
  }
  assert_true(become(f, f->spec));
  fixture_open(f);
  check(f, 2);
  fixture_close(f);
}

static void after_clean_close(struct fixture *f) { there_and_back(f, false); }
static void after_kill(struct fixture *f) { there_and_back(f, true); }

int main(int argc, char **argv) {
  static const uint32_t needs = CAP_PERSISTENT | CAP_SHARED_FORMAT;
  const struct contract_case cases[] = {
      {"-> mmap, closed", after_clean_close, needs, 0, main_specs},
      {"-> mmap:write=pwrite, closed", after_clean_close, needs, 1, main_specs},
      {"-> pread, closed", after_clean_close, needs, 2, main_specs},
      {"-> pread:direct=on, closed", after_clean_close, needs, 3, main_specs},
      {"-> stdio, closed", after_clean_close, needs, 4, main_specs},
      {"-> uring, closed", after_clean_close, needs, 5, main_specs},
      {"-> uring:direct=on, closed", after_clean_close, needs, 6, main_specs},
      {"-> mmap, killed", after_kill, needs, 0, main_specs},
      {"-> mmap:write=pwrite, killed", after_kill, needs, 1, main_specs},
      {"-> pread, killed", after_kill, needs, 2, main_specs},
      {"-> pread:direct=on, killed", after_kill, needs, 3, main_specs},
      {"-> stdio, killed", after_kill, needs, 4, main_specs},
      {"-> uring, killed", after_kill, needs, 5, main_specs},
      {"-> uring:direct=on, killed", after_kill, needs, 6, main_specs},
  };
  return contract_main("cross", cases, sizeof cases / sizeof cases[0], argc, argv);
}
