// SPDX-License-Identifier: MIT
// storebench get STORE KEY: prints the value of a key.
#include <errno.h>
#include <stdlib.h>

#include "harness/commands/commands.h"
#include "harness/commands/store_common.h"

static const struct argp_option options[] = {STORE_OPTIONS, {0}};

const struct argp get_argp = {
    .options = options,
    .parser = store_argument,
    .args_doc = "STORE KEY",
    .doc =
        "Prints the value of KEY and a newline, nothing else. An absent key is an error.\vExample:\n\n  storebench get "
        "people.store ada",
};

static const char *const names[] = {"STORE", "KEY", NULL};

static int get(const struct tool *tool, void *user) {
  struct op *op = user;
  op->value_length = RECORD_SIZE_MAX;
  op->value = malloc(op->value_length);
  if (!op->value) return no_memory(tool->path);
  int error = tool_run(tool, op);
  if (!error) {
    fwrite(op->value, 1, op->value_length, stdout);
    putchar('\n');
    error = finish_output();
  }
  free(op->value);
  return error;
}

int command_get(int argc, char **argv) {
  struct store_arguments arguments = {.command = argv[0], .names = names, .required = 2};
  int status;
  if (!command_parse(&get_argp, argc, argv, &arguments, &status)) return status;

  struct op op = {.kind = OP_GET};
  if (tool_key(arguments.operands[0], arguments.operands[1], &op)) return EXIT_CELL_FAILED;
  arguments.config.read_only = true;
  return tool_do(&arguments, get, &op);
}
