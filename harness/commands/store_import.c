// SPDX-License-Identifier: MIT
// storebench import STORE FILE: puts the live records of a file in version 1 of the format, the lecture's.
//
// An update of the lecture's program appends another entry. They are put in the order in which they stand, so the later
// one wins (its own get finds the first). The whole file is checked before the store is opened.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "harness/commands/commands.h"
#include "harness/commands/store_batch.h"
#include "harness/commands/store_common.h"
#include "harness/commands/version1.h"

enum { OPTION_CREATE = STORE_OPTION_OWN, ENTRIES_AT_A_TIME = 4096 };

struct import_arguments {
  struct store_arguments store;  // first: see store_argument
  bool create;
};

static const struct argp_option options[] = {
    STORE_OPTIONS, {"create", OPTION_CREATE, NULL, 0, "Make the store, which must not be there yet", 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct import_arguments *arguments = state->input;
  if (key != OPTION_CREATE) return store_argument(key, text, state);
  arguments->create = true;
  return 0;
}

const struct argp import_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE FILE",
    .doc =
        "Puts the live records of FILE, which the lecture's program wrote (version 1 of the format), into STORE. Of "
        "several entries of a key the last one counts.\vExample:\n\n  storebench import people.store lecture.db "
        "--create",
};

static const char *const names[] = {"STORE", "FILE", NULL};

struct import {
  const char *name;
  int fd;
  uint64_t entries;
  size_t longest;  // value of a live entry, bytes
};

// Called for each live entry. 0 or -errno after a complaint.
typedef int (*entry_fn)(struct import *import, const struct version1_entry *entry, void *user);

static int each_in_block(struct import *import, const unsigned char *block, uint64_t first, size_t count, entry_fn fn,
                         void *user) {
  for (size_t i = 0; i < count; i++) {
    struct version1_entry entry;
    if (version1_decode_entry(block + i * VERSION1_ENTRY, &entry)) {
      complain(import->name, "entry %" PRIu64 " is damaged; restore the file", first + i + 1);
      return -EINVAL;
    }
    int error = entry.live ? fn(import, &entry, user) : 0;
    if (error) return error;
  }
  return 0;
}

static int each_entry(struct import *import, entry_fn fn, void *user) {
  unsigned char *block = malloc((size_t)ENTRIES_AT_A_TIME * VERSION1_ENTRY);
  if (!block) return no_memory(import->name);
  int error = 0;
  for (uint64_t at = 0; at < import->entries && !error; at += ENTRIES_AT_A_TIME) {
    uint64_t left = import->entries - at;
    size_t count = left < ENTRIES_AT_A_TIME ? (size_t)left : ENTRIES_AT_A_TIME;
    error = file_read(import->fd, block, count * VERSION1_ENTRY, VERSION1_HEADER + at * VERSION1_ENTRY, 0);
    if (error) complain(import->name, "cannot be read: %s; check the file", strerror(-error));
    if (!error) error = each_in_block(import, block, at, count, fn, user);
  }
  free(block);
  return error;
}

static int measure(struct import *import, const struct version1_entry *entry, void *user) {
  (void)user;
  if (entry->value_length > import->longest) import->longest = entry->value_length;
  return 0;
}

static int check_file(struct import *import) {
  unsigned char header[VERSION1_HEADER];
  struct stat status;
  const char *why;
  int error = fstat(import->fd, &status) ? -errno : 0;
  if (!error && !S_ISREG(status.st_mode)) {
    complain(import->name, "is not a plain file; give a file that the lecture's program wrote");
    return -EINVAL;
  }
  if (!error && status.st_size >= VERSION1_HEADER) error = file_read(import->fd, header, sizeof header, 0, 0);
  if (error) {
    complain(import->name, "cannot be read: %s; check the file", strerror(-error));
  } else if (version1_decode_header(header, (uint64_t)status.st_size, &import->entries, &why)) {
    complain(import->name, "%s", why);
    error = -EINVAL;
  }
  return error ? error : each_entry(import, measure, NULL);
}

struct putting {
  const struct tool *tool;
  struct store_batch *batch;
};

static int put_entry(struct import *import, const struct version1_entry *entry, void *user) {
  struct putting *putting = user;
  char key[VERSION1_KEY], value[VERSION1_VALUE];
  (void)import;
  memcpy(key, entry->key, entry->key_length);
  memcpy(value, entry->value, entry->value_length);
  return store_batch_put(putting->tool, putting->batch,
                         &(struct dump_record){key, value, entry->key_length, entry->value_length});
}

static int import_into(const struct tool *tool, struct import *import) {
  int error = store_check_room(tool, "file", import->longest);
  if (error) return error;
  struct putting putting = {tool, store_batch_new()};
  if (!putting.batch) return no_memory(tool->path);
  error = each_entry(import, put_entry, &putting);
  if (!error) error = store_batch_finish(tool, putting.batch);
  store_batch_free(putting.batch);
  return error;
}

static int import_file(struct import_arguments *arguments, struct import *import) {
  struct store_config *config = &arguments->store.config;
  struct tool tool;
  if (check_file(import)) return EXIT_CELL_FAILED;
  if (arguments->create) {
    config->create = config->exclusive = true;
    config->capacity_hint = import->entries;
  }
  if (tool_open(&tool, &arguments->store)) return EXIT_CELL_FAILED;
  int error = import_into(&tool, import);
  int closed = tool_close(&tool);
  if (!error && !closed) return EXIT_DONE;
  if (arguments->create) store_remove(tool.path);
  return EXIT_CELL_FAILED;
}

int command_import(int argc, char **argv) {
  struct import_arguments arguments = {.store = {.command = argv[0], .names = names, .required = 2}};
  int status;
  if (!command_parse(&import_argp, argc, argv, &arguments, &status)) return status;

  struct import import = {.name = arguments.store.operands[1]};
  // A FIFO would wait for its writer.
  import.fd = open(import.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (import.fd < 0) {
    if (errno == ELOOP)
      complain(import.name, "is a symbolic link; give the file itself");
    else
      complain(import.name, "cannot be read: %s; give a file that the lecture's program wrote", strerror(errno));
    return EXIT_CELL_FAILED;
  }
  status = import_file(&arguments, &import);
  close(import.fd);  // read only: nothing is lost
  return status;
}
