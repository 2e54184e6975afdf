// SPDX-License-Identifier: MIT
// storebench load STORE [FILE]: puts the records of a dump.
//
// The whole text is read and checked before the store is opened, so that a damaged dump changes nothing; standard input
// is copied to an unnamed temporary file for that.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/commands/commands.h"
#include "harness/commands/dump_text.h"
#include "harness/commands/store_batch.h"
#include "harness/commands/store_common.h"

enum { OPTION_CREATE = STORE_OPTION_OWN };

struct load_arguments {
  struct store_arguments store;  // first: see store_argument
  bool create;
};

static const struct argp_option options[] = {
    STORE_OPTIONS, {"create", OPTION_CREATE, NULL, 0, "Make the store, which must not be there yet", 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct load_arguments *arguments = state->input;
  if (key != OPTION_CREATE) return store_argument(key, text, state);
  arguments->create = true;
  return 0;
}

const struct argp load_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE [FILE]",
    .doc =
        "Puts the records of a dump (default: standard input). Keys that are there already get the dump's "
        "values.\vExample:\n\n  storebench load copy.store people.txt --create",
};

static const char *const names[] = {"STORE", "FILE", NULL};

// The dump being read, line by line.
struct input {
  const char *name;
  FILE *stream;
  char *line;
  size_t room;
  ssize_t length;   // of the line, without its newline
  uint64_t number;  // of the line, from 1
};

// Reads the next line. 1, 0 at the end, or -errno after a complaint.
static int next_line(struct input *input) {
  errno = 0;
  input->length = getline(&input->line, &input->room, input->stream);
  if (input->length < 0) {
    if (!ferror(input->stream) && errno != ENOMEM) return 0;
    int error = errno ? -errno : -EIO;
    complain(input->name, "cannot be read: %s; check the file", strerror(-error));
    return error;
  }
  input->number++;
  if (input->line[input->length - 1] != '\n') {
    complain(input->name, "line %" PRIu64 " is cut short; dump again", input->number);
    return -EINVAL;
  }
  input->line[--input->length] = 0;
  return 1;
}

static int next_record(struct input *input, struct dump_record *record) {
  int more = next_line(input);
  if (more <= 0) return more;
  const char *why;
  if (!dump_parse_record(input->line, (size_t)input->length, record, &why)) return 1;
  complain(input->name, "line %" PRIu64 " %s; correct it, or dump again", input->number, why);
  return -EINVAL;
}

static int read_head(struct input *input, struct dump_head *head) {
  input->number = 0;
  int more = next_line(input);
  if (more < 0) return more;
  if (more && !dump_parse_head(input->line, head)) return 0;
  complain(input->name, "is not a dump; its first line is \"# storebench dump 1 record_size=BYTES records=COUNT\"");
  return -EINVAL;
}

static int check_input(struct input *input, struct dump_head *head, size_t *longest) {
  int error = read_head(input, head);
  if (error) return error;
  uint64_t records = 0;
  struct dump_record record;
  int more;
  *longest = 0;
  while ((more = next_record(input, &record)) > 0) {
    if (record.value_length > *longest) *longest = record.value_length;
    records++;
  }
  if (more < 0) return more;
  if (records == head->records) return 0;
  complain(input->name, "holds %" PRIu64 " records where its first line says %" PRIu64 "; dump again", records,
           head->records);
  return -EINVAL;
}

// Copies standard input to a file that can be read twice.
static int spool(FILE *from, FILE **copy) {
  *copy = tmpfile();
  if (!*copy) return -errno;
  char block[1 << 16];
  size_t length;
  while ((length = fread(block, 1, sizeof block, from)) > 0) {
    if (fwrite(block, 1, length, *copy) != length) return -errno;
  }
  if (ferror(from) || fflush(*copy)) return errno ? -errno : -EIO;
  rewind(*copy);
  return 0;
}

static int open_input(const char *path, struct input *input) {
  input->name = path ? path : "standard input";
  int error = 0;
  FILE *stream = path ? fopen(path, "re") : stdin;
  struct stat status;
  if (!stream || fstat(fileno(stream), &status)) {
    error = -errno;
  } else if (S_ISREG(status.st_mode) && path) {
    input->stream = stream;
  } else {
    error = spool(stream, &input->stream);
    if (path) fclose(stream);
  }
  if (error) complain(input->name, "cannot be read: %s; give a dump", strerror(-error));
  return error;
}

static void close_input(struct input *input) {
  if (input->stream) fclose(input->stream);  // read only: nothing is lost
  free(input->line);
}

static int put_all(const struct tool *tool, struct input *input, struct store_batch *batch) {
  rewind(input->stream);
  struct dump_head head;
  int error = read_head(input, &head);
  struct dump_record record;
  int more = 0;
  while (!error && (more = next_record(input, &record)) > 0) error = store_batch_put(tool, batch, &record);
  if (!error) error = more;
  return error ? error : store_batch_finish(tool, batch);
}

struct load {
  struct input input;
  size_t longest;  // value, bytes
};

static int load_store(const struct tool *tool, void *user) {
  struct load *load = user;
  int error = store_check_room(tool, "dump", load->longest);
  if (error) return error;
  struct store_batch *batch = store_batch_new();
  if (!batch) return no_memory(tool->path);
  error = put_all(tool, &load->input, batch);
  store_batch_free(batch);
  return error;
}

static int load_input(struct load_arguments *arguments, struct load *load) {
  struct dump_head head;
  if (check_input(&load->input, &head, &load->longest)) return EXIT_CELL_FAILED;
  struct store_config *config = &arguments->store.config;
  if (arguments->create) {
    config->create = config->exclusive = true;
    config->record_size = head.record_size;
    config->capacity_hint = head.records;
  }
  struct tool tool;
  if (tool_open(&tool, &arguments->store)) return EXIT_CELL_FAILED;
  int error = load_store(&tool, load);
  int closed = tool_close(&tool);
  if (!error && !closed) return EXIT_DONE;
  if (arguments->create) store_remove(tool.path);
  return EXIT_CELL_FAILED;
}

int command_load(int argc, char **argv) {
  struct load_arguments arguments = {.store = {.command = argv[0], .names = names, .required = 1}};
  int status;
  if (!command_parse(&load_argp, argc, argv, &arguments, &status)) return status;

  struct load load = {0};
  const char *file = arguments.store.count > 1 ? arguments.store.operands[1] : NULL;
  status = open_input(file, &load.input) ? EXIT_CELL_FAILED : load_input(&arguments, &load);
  close_input(&load.input);
  return status;
}
