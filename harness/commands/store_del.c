// SPDX-License-Identifier: MIT
// storebench del STORE KEY: deletes a key.
#include <errno.h>

#include "harness/commands/commands.h"
#include "harness/commands/store_common.h"

static const struct argp_option options[] = {STORE_OPTIONS, {0}};

const struct argp del_argp = {
    .options = options,
    .parser = store_argument,
    .args_doc = "STORE KEY",
    .doc = "Deletes KEY. An absent key is an error.\vExample:\n\n  storebench del people.store ada",
};

static const char *const names[] = {"STORE", "KEY", NULL};

// A store gives up its clean header before it looks for what it deletes, and a command that fails must change nothing:
// so the key is looked up first. With no room for the value, -EMSGSIZE says that the key is there.
static int delete (const struct tool *tool, void *user) {
  struct op *op = user;
  struct op probe = {.kind = OP_GET, .key = op->key, .key_length = op->key_length};
  int error = session_run(tool->engine, tool->session, &probe, 1);
  if (error) probe.status = error;
  if (probe.status && probe.status != -EMSGSIZE) {
    tool_complain(tool, &probe);
    return probe.status;
  }
  return tool_run(tool, op);
}

int command_del(int argc, char **argv) {
  struct store_arguments arguments = {.command = argv[0], .names = names, .required = 2};
  int status;
  if (!command_parse(&del_argp, argc, argv, &arguments, &status)) return status;

  struct op op = {.kind = OP_DELETE};
  if (tool_key(arguments.operands[0], arguments.operands[1], &op)) return EXIT_CELL_FAILED;
  return tool_do(&arguments, delete, &op);
}
