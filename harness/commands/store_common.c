// SPDX-License-Identifier: MIT
// What the store commands have in common: their arguments, an open store with one session, and its errors in words.
#include "harness/commands/store_common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words.h"
#include "engines/registry.h"
#include "engines/slots/format.h"
#include "harness/commands/commands.h"
#include "harness/commands/record_text.h"

void complain(const char *path, const char *format, ...) {
  struct error error;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error.text, sizeof error.text, format, arguments);
  va_end(arguments);
  command_complain(path, error.text);
}

static error_t choose_engine(const char *where, const char *spec, struct store_arguments *arguments) {
  struct error error;
  const struct engine *engine;
  if (registry_parse(spec, &engine, &arguments->config, &error)) return usage_error("%s: %s", where, error.text);
  if (!(engine->caps & CAP_PERSISTENT)) {
    return usage_error("%s: engine \"%s\" keeps nothing; choose one that stores records, such as mmap", where,
                       engine->name);
  }
  arguments->engine = engine;
  return 0;
}

static error_t choose_sync(const char *where, const char *policy, struct store_arguments *arguments) {
  struct error error;
  if (!sync_policy_parse(policy, &arguments->config.sync, &error)) return 0;
  return usage_error("%s: %s", where, error.text);
}

static error_t set_defaults(struct store_arguments *arguments) {
  error_t error = choose_engine(arguments->command, "mmap", arguments);
  return error ? error : choose_sync(arguments->command, "always", arguments);
}

static error_t add_operand(char *text, struct store_arguments *arguments) {
  if (!arguments->names[arguments->count]) {
    return usage_error("%s: \"%s\" is one operand too many; quote what belongs together", arguments->command, text);
  }
  arguments->operands[arguments->count++] = text;
  return 0;
}

static error_t check_operands(const struct store_arguments *arguments) {
  if (arguments->count >= arguments->required) return 0;
  return usage_error("%s: %s is missing; `storebench %s --help` shows how it is written", arguments->command,
                     arguments->names[arguments->count], arguments->command);
}

error_t store_argument(int key, char *text, struct argp_state *state) {
  struct store_arguments *arguments = state->input;
  switch (key) {
    case ARGP_KEY_INIT:
      return set_defaults(arguments);
    case STORE_OPTION_ENGINE:
      return choose_engine("--engine", text, arguments);
    case STORE_OPTION_SYNC:
      return choose_sync("--sync", text, arguments);
    case ARGP_KEY_ARG:
      return add_operand(text, arguments);
    case ARGP_KEY_END:
      return check_operands(arguments);
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

error_t store_count_argument(const char *option, const char *text, uint64_t *count) {
  int error = parse_count(text, count);
  if (!error && *count > 0) return 0;
  if (error == -ERANGE) return usage_error("%s: \"%s\" is too large; give a smaller count", option, text);
  return usage_error("%s: \"%s\" is not a count above zero; write one as in 1000 or 4M", option, text);
}

error_t store_record_size_argument(const char *option, const char *text, uint32_t *record_size) {
  uint64_t bytes;
  if (parse_size(text, &bytes) || !record_size_allowed(bytes)) {
    return usage_error(
        "%s: \"%s\" is not a record size; give a power of two from 64 to 4096, or a multiple of 4096 to 1M", option,
        text);
  }
  *record_size = (uint32_t)bytes;
  return 0;
}

int tool_try_open(struct tool *tool, const struct store_arguments *arguments, struct error *error) {
  tool->engine = arguments->engine;
  tool->path = arguments->operands[0];
  int code = tool->engine->open(tool->path, &arguments->config, &tool->store, error);
  if (code) return code;
  code = tool->engine->session_open(tool->store, &tool->session, error);
  if (code) tool->engine->close(tool->store, NULL);
  return code;
}

int tool_open(struct tool *tool, const struct store_arguments *arguments) {
  struct error error = {0};
  int code = tool_try_open(tool, arguments, &error);
  if (code) complain(arguments->operands[0], "%s", error.text);
  return code;
}

int tool_close(struct tool *tool) {
  int flushed = tool->engine->session_close(tool->session);
  struct error error = {0};
  int closed = tool->engine->close(tool->store, &error);
  if (closed) {
    complain(tool->path, "%s", error.text);
  } else if (flushed) {
    complain(tool->path, "cannot write: %s; see what the kernel log says of the device", strerror(-flushed));
  }
  return closed ? closed : flushed;
}

int tool_do(const struct store_arguments *arguments, tool_fn body, void *user) {
  struct tool tool;
  if (tool_open(&tool, arguments)) return EXIT_CELL_FAILED;
  int error = body(&tool, user);
  int closed = tool_close(&tool);
  return error || closed ? EXIT_CELL_FAILED : EXIT_DONE;
}

int tool_run(const struct tool *tool, struct op *op) {
  int error = session_run(tool->engine, tool->session, op, 1);
  if (error) op->status = error;
  if (op->status) tool_complain(tool, op);
  return op->status;
}

// The text of a key for a message; the caller's to free.
static char *key_text(const void *key, size_t key_length) {
  char *text = NULL;
  size_t length;
  FILE *stream = open_memstream(&text, &length);
  if (!stream) return NULL;
  record_text_write(stream, key, key_length);
  if (fclose(stream)) {
    free(text);
    return NULL;
  }
  return text;
}

static void complain_too_long(const struct tool *tool, const struct op *op, const char *key) {
  struct store_stat stat = {0};
  if (tool->engine->stat(tool->store, &stat) || stat.record_size <= RECORD_OVERHEAD) {
    complain(tool->path, "the value of \"%s\" has %u bytes, too many for this store; shorten it", key,
             op->value_length);
    return;
  }
  complain(tool->path, "the value of \"%s\" has %u bytes, more than the %u of this store; make one with larger records",
           key, op->value_length, stat.record_size - RECORD_OVERHEAD);
}

void tool_complain(const struct tool *tool, const struct op *op) {
  char *text = key_text(op->key, op->key_length);
  const char *key = text ? text : "?";
  switch (op->status) {
    case -ENOENT:
      complain(tool->path, "no key \"%s\"; scan lists those there are", key);
      break;
    case -EMSGSIZE:
      complain_too_long(tool, op, key);
      break;
    case -ENOSPC:
      complain(tool->path, "no space left for \"%s\"; free some on this file system", key);
      break;
    case -EFBIG:
      complain(tool->path, "no room for \"%s\": this process may write no larger file; raise its limit (ulimit -f)",
               key);
      break;
    case -EBADMSG:
      complain(tool->path, "the record of \"%s\" is damaged; run check on the store", key);
      break;
    default:
      complain(tool->path, "key \"%s\": %s; run check on the store", key, strerror(-op->status));
  }
  free(text);
}

void tool_complain_key(const struct tool *tool, const void *key, size_t length, const char *wrong, const char *remedy) {
  char *text = key_text(key, length);
  complain(tool->path, "key \"%s\": %s; %s", text ? text : "?", wrong, remedy);
  free(text);
}

int tool_key(const char *path, const char *text, struct op *op) {
  size_t length = strlen(text);
  if (length == 0) {
    complain(path, "the key is empty; give 1 to %u bytes", KEY_LENGTH_MAX);
    return -EINVAL;
  }
  if (length > KEY_LENGTH_MAX) {
    complain(path, "the key has %zu bytes; give 1 to %u", length, KEY_LENGTH_MAX);
    return -EINVAL;
  }
  op->key = text;
  op->key_length = (uint32_t)length;
  return 0;
}

void store_remove(const char *path) {
  char *index;
  if (asprintf(&index, "%s.index", path) >= 0) {
    unlink(index);
    free(index);
  }
  unlink(path);
}

int no_memory(const char *path) {
  complain(path, "not enough memory; free some");
  return -ENOMEM;
}

int no_stat(const char *path, int error) {
  complain(path, "cannot be examined: %s; run check on the store", strerror(-error));
  return error;
}

struct copying_scan {
  tool_record_fn fn;
  void *user;
  char *key, *value;
};

static int copy_record(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct copying_scan *scan = user;
  if (key_length > KEY_LENGTH_MAX || value_length > RECORD_SIZE_MAX) return -EMSGSIZE;
  memcpy(scan->key, key, key_length);
  memcpy(scan->value, value, value_length);
  return scan->fn(scan->user, &(struct dump_record){scan->key, scan->value, key_length, value_length});
}

int tool_scan(const struct tool *tool, uint64_t limit, tool_record_fn fn, void *user) {
  char key[KEY_LENGTH_MAX];
  struct copying_scan scan = {fn, user, key, malloc(RECORD_SIZE_MAX)};
  if (!scan.value) return -ENOMEM;
  int result = tool->engine->scan(tool->session, NULL, 0, limit, copy_record, &scan);
  free(scan.value);
  return result;
}

void store_verify(struct store_arguments *arguments) {
  const struct engine_option *options = arguments->engine->options;
  for (size_t i = 0; options[i].name; i++) {
    if (!strcmp(options[i].name, "verify")) arguments->config.options.values[i] = 1;
  }
}

int finish_output(void) {
  // A write may fail only here, when the last of the buffer goes out: to a full disk, say.
  if (!fflush(stdout) && !ferror(stdout)) return 0;
  int error = errno ? -errno : -EIO;
  complain("standard output", "%s; not all of it was written", strerror(-error));
  return error;
}
