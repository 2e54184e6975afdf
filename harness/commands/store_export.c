// SPDX-License-Identifier: MIT
// storebench export STORE FILE: writes the live records in version 1 of the format, the lecture's.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/commands/commands.h"
#include "harness/commands/output_file.h"
#include "harness/commands/store_common.h"
#include "harness/commands/version1.h"

static const struct argp_option options[] = {STORE_OPTIONS, {0}};

const struct argp export_argp = {
    .options = options,
    .parser = store_argument,
    .args_doc = "STORE FILE",
    .doc =
        "Writes the live records to FILE as the lecture's program would have (version 1 of the format), which pads "
        "keys and values with zeros: a value of more than 64 bytes, or one that ends in a zero byte, cannot be written "
        "and ends the export.\vExample:\n\n  storebench export people.store lecture.db",
};

static const char *const names[] = {"STORE", "FILE", NULL};

struct export {
  const struct tool *tool;
  FILE *stream;
  uint64_t records;
  bool said;  // what is wrong has been said
};

static int write_entry(void *user, const struct dump_record *record) {
  struct export *export = user;
  const struct version1_entry entry = {.key = (const unsigned char *)record->key,
                                       .value = (const unsigned char *)record->value,
                                       .key_length = record->key_length,
                                       .value_length = record->value_length};
  unsigned char bytes[VERSION1_ENTRY];
  const char *why;
  if (version1_encode_entry(&entry, bytes, &why)) {
    tool_complain_key(export->tool, record->key, record->key_length, why, "version 1 cannot hold that; use dump");
    export->said = true;
    return -EINVAL;
  }
  export->records++;
  return fwrite(bytes, sizeof bytes, 1, export->stream) == 1 ? 0 : -EIO;
}

// The lecture's program maps the whole of a file, so the room behind the last entry is there too.
static int pad(FILE *stream, uint64_t size) {
  if (fflush(stream)) return -errno;
  return ftruncate(fileno(stream), (off_t)size) ? -errno : 0;
}

static int write_all(FILE *stream, const char *where, void *user) {
  struct export *export = user;
  const struct tool *tool = export->tool;
  struct store_stat stat = {0};
  unsigned char header[VERSION1_HEADER];
  uint64_t size;
  int error = tool->engine->stat(tool->store, &stat);
  if (error) return no_stat(tool->path, error);
  export->stream = stream;
  version1_encode_header(stat.records, header, &size);
  if (fwrite(header, sizeof header, 1, stream) == 1) error = tool_scan(tool, 0, write_entry, export);
  if (export->said) return error;
  if (!error && !ferror(stream) && export->records == stat.records) error = pad(stream, size);
  if (ferror(stream) || error) {
    if (!error) error = -EIO;
    complain(where, "%s; not all of it was written", strerror(-error));
  } else if (export->records != stat.records) {
    complain(tool->path, "only %llu of %llu records can be read; run check on the store",
             (unsigned long long)export->records, (unsigned long long)stat.records);
    error = -EBADMSG;
  }
  return error;
}

static int export_store(const struct tool *tool, void *user) {
  const char *const *path = user;
  struct export export = {.tool = tool};
  return output_file_write(*path, tool->path, "give the name of a file", write_all, &export);
}

int command_export(int argc, char **argv) {
  struct store_arguments arguments = {.command = argv[0], .names = names, .required = 2};
  int status;
  if (!command_parse(&export_argp, argc, argv, &arguments, &status)) return status;
  arguments.config.read_only = true;
  store_verify(&arguments);
  return tool_do(&arguments, export_store, &arguments.operands[1]);
}
