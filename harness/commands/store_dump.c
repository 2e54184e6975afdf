// SPDX-License-Identifier: MIT
// storebench dump STORE: writes the live records as text that load reads.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/commands/commands.h"
#include "harness/commands/dump_text.h"
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

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE",
    .doc =
        "Writes the live records as text, one a line, that load reads. Every record's checksum is verified.\n\n"
        "Example: storebench dump people.store --output people.txt",
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

// An existing output is replaced only when it is a plain file: a rename over a device or a pipe would take it away.
static int refuse_special(const char *path) {
  struct stat status;
  if (lstat(path, &status) || S_ISREG(status.st_mode)) return 0;
  complain(path, "is not a plain file; leave out --output and redirect standard output");
  return -EINVAL;
}

// Makes a file of the name that `temporary` becomes.
static int open_temporary(char *temporary, FILE **stream) {
  int fd = mkstemp(temporary);
  if (fd < 0) return -errno;
  *stream = fdopen(fd, "w");
  if (*stream) return 0;
  int error = -errno;
  close(fd);  // nothing was written
  unlink(temporary);
  return error;
}

// Puts the dump in place, complete and durable, or removes it. `error`: what went wrong in writing it.
static int finish_file(FILE *stream, const char *temporary, const char *path, int error) {
  int finished = 0;
  if (!error && fsync(fileno(stream))) finished = -errno;
  if (fclose(stream) && !error && !finished) finished = -errno;
  if (!error && !finished && rename(temporary, path)) finished = -errno;
  if (finished) complain(path, "cannot be written: %s; choose another place", strerror(-finished));
  if (error || finished) unlink(temporary);
  return error ? error : finished;
}

static int dump_to_file(const struct tool *tool, const char *path) {
  if (refuse_special(path)) return -EINVAL;
  char *temporary;
  if (asprintf(&temporary, "%s.XXXXXX", path) < 0) return no_memory(path);
  FILE *stream = NULL;
  int error = open_temporary(temporary, &stream);
  if (error) {
    complain(path, "cannot be written: %s; choose another place", strerror(-error));
  } else {
    error = finish_file(stream, temporary, path, write_records(tool, stream, path));
  }
  free(temporary);
  return error;
}

static int dump_store(const struct tool *tool, void *user) {
  const struct dump_arguments *arguments = user;
  if (arguments->output) return dump_to_file(tool, arguments->output);
  return write_records(tool, stdout, "standard output");
}

int command_dump(int argc, char **argv) {
  struct dump_arguments arguments = {.store = {.command = argv[0], .names = names, .required = 1}};
  int status;
  if (!command_parse(&argp, argc, argv, &arguments, &status)) return status;
  arguments.store.config.read_only = true;
  store_verify(&arguments.store);
  return tool_do(&arguments.store, dump_store, &arguments);
}
