// SPDX-License-Identifier: MIT
// storebench stat STORE: what a store holds and how it keeps it, one `name value` a line or as JSON.
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engines/registry.h"
#include "harness/commands/commands.h"
#include "harness/commands/store_common.h"

enum { OPTION_JSON = STORE_OPTION_OWN, SPEC_ROOM = 512 };

struct stat_arguments {
  struct store_arguments store;  // first: see store_argument
  bool json;
};

static const struct argp_option options[] = {
    STORE_OPTIONS, {"json", OPTION_JSON, NULL, 0, "Print one JSON object", 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct stat_arguments *arguments = state->input;
  if (key != OPTION_JSON) return store_argument(key, text, state);
  arguments->json = true;
  return 0;
}

const struct argp stat_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "STORE",
    .doc =
        "Prints what the store holds, one name and value a line, and which call would keep the sync policy's "
        "promise.\vExample:\n\n  storebench stat people.store --json",
};

static const char *const names[] = {"STORE", NULL};

static json_t *stat_json(const struct store_arguments *arguments, const struct store_stat *stat, const char *spec) {
  char policy[32];
  sync_policy_format(&arguments->config.sync, policy, sizeof policy);
  return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",   //
                   "engine", spec, "sync", policy,                                   //
                   "durability", arguments->engine->durability(&arguments->config),  //
                   "records", (json_int_t)stat->records,                             //
                   "capacity", (json_int_t)stat->capacity,                           //
                   "record_size", (json_int_t)stat->record_size,                     //
                   "bytes_apparent", (json_int_t)stat->bytes_apparent,               //
                   "bytes_allocated", (json_int_t)stat->bytes_allocated,             //
                   "index_bytes", (json_int_t)stat->index_bytes,                     //
                   "tombstones", (json_int_t)stat->tombstones,                       //
                   "recovered", (json_int_t)stat->recovered,                         //
                   "corrupt", (json_int_t)stat->corrupt);
}

static void print_lines(json_t *object) {
  const char *name;
  json_t *value;
  json_object_foreach(object, name, value) {
    if (json_is_string(value)) {
      printf("%s %s\n", name, json_string_value(value));
    } else {
      printf("%s %lld\n", name, (long long)json_integer_value(value));
    }
  }
}

static int print_stat(const struct stat_arguments *arguments, const struct store_stat *stat) {
  char spec[SPEC_ROOM];
  int error = registry_format(arguments->store.engine, &arguments->store.config, spec, sizeof spec);
  json_t *object = error ? NULL : stat_json(&arguments->store, stat, spec);
  if (!object) {
    complain(arguments->store.operands[0], "cannot describe the store: %s; try again",
             strerror(error ? -error : ENOMEM));
    return error ? error : -ENOMEM;
  }
  if (!arguments->json) {
    print_lines(object);
  } else {
    json_dumpf(object, stdout, JSON_INDENT(2));  // an error shows in finish_output
    putchar('\n');
  }
  json_decref(object);
  return finish_output();
}

static int show(const struct tool *tool, void *user) {
  struct store_stat stat = {0};
  int error = tool->engine->stat(tool->store, &stat);
  return error ? no_stat(tool->path, error) : print_stat(user, &stat);
}

int command_stat(int argc, char **argv) {
  struct stat_arguments arguments = {.store = {.command = argv[0], .names = names, .required = 1}};
  int status;
  if (!command_parse(&stat_argp, argc, argv, &arguments, &status)) return status;
  arguments.store.config.read_only = true;
  return tool_do(&arguments.store, show, &arguments);
}
