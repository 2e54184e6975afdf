// SPDX-License-Identifier: MIT
// storebench create STORE: makes an empty store.
#include "harness/commands/commands.h"
#include "harness/commands/store_common.h"

enum { OPTION_RECORD_SIZE = STORE_OPTION_OWN, OPTION_CAPACITY };

static const struct argp_option options[] = {
    STORE_OPTIONS,
    {"record-size", OPTION_RECORD_SIZE, "SIZE", 0,
     "Bytes of a record; values hold 40 less (default: 128; a power of two from 64 to 4096, or a multiple of 4096 up "
     "to 1M)",
     0},
    {"capacity", OPTION_CAPACITY, "COUNT", 0, "Records to make room for at once", 0},
    {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct store_arguments *arguments = state->input;
  switch (key) {
    case OPTION_RECORD_SIZE:
      return store_record_size_argument("--record-size", text, &arguments->config.record_size);
    case OPTION_CAPACITY:
      return store_count_argument("--capacity", text, &arguments->config.capacity_hint);
    default:
      return store_argument(key, text, state);
  }
}

static const char *const names[] = {"STORE", NULL};

const struct argp create_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE",
    .doc =
        "Makes an empty store. An existing file is an error.\vExample:\n\n  storebench create people.store "
        "--record-size 256",
};

int command_create(int argc, char **argv) {
  struct store_arguments arguments = {.command = argv[0], .names = names, .required = 1};
  int status;
  if (!command_parse(&create_argp, argc, argv, &arguments, &status)) return status;
  arguments.config.create = true;
  arguments.config.exclusive = true;

  struct tool tool;
  if (tool_open(&tool, &arguments)) return EXIT_CELL_FAILED;
  return tool_close(&tool) ? EXIT_CELL_FAILED : EXIT_DONE;
}
