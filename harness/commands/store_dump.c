// SPDX-License-Identifier: MIT
// storebench dump STORE: writes the live records as text that load reads.
#include <errno.h>
#include <string.h>

#include "harness/commands/commands.h"
#include "harness/commands/dump_text.h"
#include "harness/commands/output_file.h"
#include "harness/commands/store_common.h"

enum { OPTION_OUTPUT = STORE_OPTION_OWN };

struct dump_arguments {
  struct store_arguments store;  // first: see store_argument
  const char *output;            // NULL: standard output
};

static const struct argp_option options[] = {
    STORE_OPTIONS, {"output", OPTION_OUTPUT, "FILE", 0, "Write to FILE, which appears when it is whole", 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct dump_arguments *arguments = state->input;
  if (key != OPTION_OUTPUT) return store_argument(key, text, state);
  arguments->output = text;
  return 0;
}

const struct argp dump_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE",
    .doc =
        "Writes the live records as text, one a line, that load reads. Every record's checksum is "
        "verified.\vExample:\n\n  storebench dump people.store --output people.txt",
};

static const char *const names[] = {"STORE", NULL};

struct dump {
  FILE *stream;
  uint64_t records;
};

static int write_record(void *user, const struct dump_record *record) {
  struct dump *dump = user;
  dump_write_record(dump->stream, record);
  dump->records++;
  return ferror(dump->stream) ? -EIO : 0;
}

// Writes all records to the stream. Complains on failure.
static int write_records(const struct tool *tool, FILE *stream, const char *where) {
  struct store_stat stat = {0};
  int error = tool->engine->stat(tool->store, &stat);
  if (error) return no_stat(tool->path, error);
  dump_write_head(stream, &(struct dump_head){stat.record_size, stat.records});
  struct dump dump = {stream, 0};
  error = tool_scan(tool, 0, write_record, &dump);
  if (fflush(stream) || ferror(stream)) {
    error = errno ? -errno : -EIO;
    complain(where, "%s; not all of it was written", strerror(-error));
  } else if (error || dump.records != stat.records) {
    complain(tool->path, "only %llu of %llu records can be read; run check on the store",
             (unsigned long long)dump.records, (unsigned long long)stat.records);
    if (!error) error = -EBADMSG;
  }
  return error;
}

static int dump_to_stream(FILE *stream, const char *where, void *user) {
  const struct tool *const *tool = user;
  return write_records(*tool, stream, where);
}

static int dump_store(const struct tool *tool, void *user) {
  const struct dump_arguments *arguments = user;
  if (!arguments->output) return write_records(tool, stdout, "standard output");
  return output_file_write(arguments->output, tool->path, "leave out --output and redirect standard output",
                           dump_to_stream, &tool);
}

int command_dump(int argc, char **argv) {
  struct dump_arguments arguments = {.store = {.command = argv[0], .names = names, .required = 1}};
  int status;
  if (!command_parse(&dump_argp, argc, argv, &arguments, &status)) return status;
  arguments.store.config.read_only = true;
  store_verify(&arguments.store);
  return tool_do(&arguments.store, dump_store, &arguments);
}
