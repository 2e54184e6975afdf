// SPDX-License-Identifier: MIT
// storebench scan STORE: prints the live records, one a line.
#include <errno.h>
#include <string.h>

#include "harness/commands/commands.h"
#include "harness/commands/record_text.h"
#include "harness/commands/store_common.h"

enum { OPTION_LIMIT = STORE_OPTION_OWN };

struct scan_arguments {
  struct store_arguments store;  // first: see store_argument
  uint64_t limit;                // 0: all
};

static const struct argp_option options[] = {
    STORE_OPTIONS, {"limit", OPTION_LIMIT, "COUNT", 0, "Print at most that many", 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct scan_arguments *arguments = state->input;
  if (key == OPTION_LIMIT) return store_count_argument("--limit", text, &arguments->limit);
  return store_argument(key, text, state);
}

const struct argp scan_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE",
    .doc =
        "Prints the live records, one a line: the key, a tab, the value. A backslash begins an escape: \\\\ \\t \\n "
        "\\r, and \\xHH for other bytes that are not text.\vExample:\n\n  storebench scan people.store --limit 10",
};

static const char *const names[] = {"STORE", NULL};

static int print_record(void *user, const struct dump_record *record) {
  (void)user;
  record_text_write(stdout, record->key, record->key_length);
  putchar('\t');
  record_text_write(stdout, record->value, record->value_length);
  putchar('\n');
  return ferror(stdout) ? -EIO : 0;
}

static int scan(const struct tool *tool, void *user) {
  const struct scan_arguments *arguments = user;
  int error = tool_scan(tool, arguments->limit, print_record, NULL);
  int written = finish_output();
  if (error && !written) complain(tool->path, "cannot read all records: %s; run check on the store", strerror(-error));
  return written ? written : error;
}

int command_scan(int argc, char **argv) {
  struct scan_arguments arguments = {.store = {.command = argv[0], .names = names, .required = 1}};
  int status;
  if (!command_parse(&scan_argp, argc, argv, &arguments, &status)) return status;
  arguments.store.config.read_only = true;
  return tool_do(&arguments.store, scan, &arguments);
}
