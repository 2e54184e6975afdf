// SPDX-License-Identifier: MIT
// The child that loads a plug-in to say what it is. The order: {"spec", "folder" (to try it in; null: it is not
// tried)}.
#include <jansson.h>
#include <stdio.h>

#include "engines/registry.h"
#include "harness/described.h"

static json_t *option_to_json(const struct engine_option *option) {
  return json_pack("{s:s, s:i, s:s?, s:s, s:I, s:I, s:s}", "name", option->name, "type", (int)option->type, "choices",
                   option->choices, "initial", option->initial, "minimum", (json_int_t)option->minimum, "maximum",
                   (json_int_t)option->maximum, "help", option->help);
}

static json_t *options_to_json(const struct engine *engine) {
  json_t *options = json_array();
  for (const struct engine_option *option = engine->options; option && option->name; option++)
    if (json_array_append_new(options, option_to_json(option))) return json_decref(options), NULL;
  return options;
}

static json_t *durability_to_json(const struct engine *engine, struct store_config *config) {
  json_t *words = json_array();
  for (int kind = 0; kind < SYNC_KINDS; kind++) {
    config->sync = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = 1};
    if (json_array_append_new(words, json_string(engine->durability(config)))) return json_decref(words), NULL;
  }
  config->sync = (struct sync_policy){.kind = SYNC_NONE};
  return words;
}

static json_t *describe(const char *spec, const char *folder) {
  const struct engine *engine;
  struct store_config config = {0};
  struct error error = {0};
  if (registry_parse(spec, &engine, &config, &error))
    return json_pack("{s:s, s:s}", "status", "failed", "reason", error.text);
  json_t *durability = durability_to_json(engine, &config);
  if (folder && engine->probe(folder, &config, &error)) {
    json_decref(durability);
    return json_pack("{s:s, s:s}", "status", "skipped", "reason", error.text);
  }
  return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "status", "ok", "name", engine->name, "label", engine->label,
                   "summary", engine->summary, "caps", (json_int_t)engine->caps, "options", options_to_json(engine),
                   "durability", durability);
}

int described_command(void) {
  json_error_t where;
  const char *spec, *folder = NULL;
  json_t *order = json_loadf(stdin, 0, &where), *answer = NULL;
  if (!order || json_unpack(order, "{s:s, s?:s}", "spec", &spec, "folder", &folder)) {
    fprintf(stderr, "storebench: no order; __describe is run by storebench itself\n");
  } else {
    answer = describe(spec, folder);
  }
  bool printed = answer && json_dumpf(answer, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
  json_decref(answer);
  json_decref(order);
  return printed ? 0 : 1;
}
