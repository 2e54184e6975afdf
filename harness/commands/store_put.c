// SPDX-License-Identifier: MIT
// storebench put STORE KEY VALUE: stores a value under a key.
#include <string.h>

#include "harness/commands/commands.h"
#include "harness/commands/store_common.h"

static const struct argp_option options[] = {STORE_OPTIONS, {0}};

const struct argp put_argp = {
    .options = options,
    .parser = store_argument,
    .args_doc = "STORE KEY VALUE",
    .doc = "Stores VALUE under KEY, in place of the value it had.\vExample:\n\n  storebench put people.store ada 1815",
};

static const char *const names[] = {"STORE", "KEY", "VALUE", NULL};

static int put(const struct tool *tool, void *user) { return tool_run(tool, user); }

int command_put(int argc, char **argv) {
  struct store_arguments arguments = {.command = argv[0], .names = names, .required = 3};
  int status;
  if (!command_parse(&put_argp, argc, argv, &arguments, &status)) return status;

  struct op op = {.kind = OP_PUT};
  if (tool_key(arguments.operands[0], arguments.operands[1], &op)) return EXIT_CELL_FAILED;
  op.value = (char *)arguments.operands[2];
  op.value_length = (uint32_t)strlen(arguments.operands[2]);
  return tool_do(&arguments, put, &op);
}
