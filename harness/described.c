// SPDX-License-Identifier: MIT
// Descriptions of engines for those who do not load them.
#include "harness/described.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engines/registry.h"
#include "harness/child.h"
#include "harness/contenders/contenders.h"

// Loading a large library from a slow disk takes seconds; this is a plug-in that hangs.
static const double describe_seconds = 10;

struct described_entry {
  struct described_entry *next;
  char *spec;
  struct described described;
  struct engine engine;  // of a plug-in
  struct engine_option options[ENGINE_OPTIONS_MAX + 1];
  json_t *answer;  // owns the texts
};

static int refuse(struct error *error) {
  return error_set(error, -ENOTSUP, "the engine is only described here; a child process opens its stores");
}

static int refuse_probe(const char *folder, const struct store_config *config, struct error *error) {
  (void)folder, (void)config;
  return refuse(error);
}

static int refuse_open(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  (void)path, (void)config, (void)store;
  return refuse(error);
}

// NULL, with why in `reason`, when no answer came.
static json_t *ask(const char *spec, const char *folder, char *reason) {
  char name[] = "storebench", command[] = "__describe";
  char *arguments[] = {name, command, NULL};
  struct interrupt interrupt;
  json_t *order = json_pack("{s:s, s:s*}", "spec", spec, "folder", folder), *answer = NULL;
  snprintf(reason, CHILD_REASON_MAX, "could not be asked");
  if (order && interrupt_open(&interrupt) == 0) {
    answer = child_ask("/proc/self/exe", arguments, order, describe_seconds, &interrupt, reason);
    bool stopped = interrupt.seen;
    interrupt_close(&interrupt);
    if (stopped) raise(SIGINT);  // it came while the plug-in was asked, and means the whole program
  }
  json_decref(order);
  return answer;
}

static int take_option(const json_t *json, struct engine_option *option) {
  int type;
  json_int_t minimum, maximum;
  int bad = json_unpack((json_t *)json, "{s:s, s:i, s:s, s:I, s:I, s:s}", "name", &option->name, "type", &type,
                        "initial", &option->initial, "minimum", &minimum, "maximum", &maximum, "help", &option->help);
  if (bad) return -EPROTO;
  option->choices = json_string_value(json_object_get(json, "choices"));  // null but for OPTION_CHOICE
  option->type = (enum option_type)type;
  option->minimum = (uint64_t)minimum;
  option->maximum = (uint64_t)maximum;
  return 0;
}

// From the answer's texts, which the entry keeps.
static int take_engine(struct described_entry *entry) {
  struct engine *engine = &entry->engine;
  json_t *options, *durability;
  json_int_t caps;
  int code =
      json_unpack(entry->answer, "{s:s, s:s, s:s, s:I, s:o, s:o}", "name", &engine->name, "label", &engine->label,
                  "summary", &engine->summary, "caps", &caps, "options", &options, "durability", &durability);
  if (code || json_array_size(options) > ENGINE_OPTIONS_MAX || json_array_size(durability) != SYNC_KINDS)
    return -EPROTO;
  engine->api = ENGINE_API;
  engine->caps = (uint32_t)caps;
  engine->options = entry->options;
  engine->probe = refuse_probe;
  engine->open = refuse_open;
  for (size_t i = 0; i < json_array_size(options) && !code; i++)
    code = take_option(json_array_get(options, i), &entry->options[i]);
  for (size_t i = 0; i < SYNC_KINDS && !code; i++) {
    entry->described.durability[i] = json_string_value(json_array_get(durability, i));
    if (!entry->described.durability[i]) code = -EPROTO;
  }
  entry->described.engine = engine;
  return code;
}

// All that can be said of an engine that is not there: its name. Without capabilities no data set is made for it.
static void set_unavailable(struct described_entry *entry, bool failed, const char *why) {
  entry->engine = (struct engine){.api = ENGINE_API,
                                  .name = entry->spec,
                                  .label = entry->spec,
                                  .summary = "not available",
                                  .options = entry->options,
                                  .probe = refuse_probe,
                                  .open = refuse_open};
  memset(entry->options, 0, sizeof entry->options);
  entry->described.engine = &entry->engine;
  for (int kind = 0; kind < SYNC_KINDS; kind++)
    entry->described.durability[kind] = "not known: the engine is not available";
  entry->described.failed = failed;
  snprintf(entry->described.unavailable, sizeof entry->described.unavailable, "%s", why);
}

static int describe_plugin(struct described_entry *entry, const struct engine_place *place, struct error *error) {
  char reason[CHILD_REASON_MAX], why[DESCRIBED_REASON_MAX];
  // By its path alone: options are checked here, by the table.
  entry->answer = ask(place->path, NULL, reason);
  const char *said = json_string_value(json_object_get(entry->answer, "reason"));
  bool answered = entry->answer && !said && take_engine(entry) == 0;
  if (answered) return 0;
  if (said)
    snprintf(why, sizeof why, "%s", said);
  else
    snprintf(why, sizeof why, "%.200s: the plug-in cannot be described: %.250s", place->path,
             entry->answer ? "its answer makes no sense" : reason);
  if (plugin_is_path(entry->spec, strcspn(entry->spec, ":"))) return error_set(error, -ENOEXEC, "%s", why);
  set_unavailable(entry, true, why);
  return 0;
}

// The words depend on the options, so they are asked for again where there are some.
static int ask_durability(struct described_entry *entry, struct error *error) {
  char reason[CHILD_REASON_MAX];
  if (!strchr(entry->spec, ':')) return 0;
  json_t *answer = ask(entry->spec, NULL, reason), *before = entry->answer;
  const char *said = json_string_value(json_object_get(answer, "reason"));
  if (!answer || said) {
    int code = error_set(error, -ENOEXEC, "%.200s: %.250s", entry->spec, said ? said : reason);
    json_decref(answer);
    return code;
  }
  entry->answer = answer;
  int code = take_engine(entry);
  json_decref(before);
  return code ? error_set(error, code, "%.200s: the plug-in's answer makes no sense", entry->spec) : 0;
}

static int describe_native(struct described_entry *entry, const struct engine *engine, struct error *error) {
  struct store_config config = {0};
  entry->described.engine = engine;
  int code = registry_parse_options(entry->spec, engine, &config, error);
  entry->described.options = config.options;
  for (int kind = 0; kind < SYNC_KINDS && !code; kind++) {
    config.sync = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = 1};
    entry->described.durability[kind] = engine->durability(&config);
  }
  return code;
}

static int describe(struct described_entry *entry, struct error *error) {
  struct engine_place place;
  struct error why;
  const struct contender *contender = contender_find(entry->spec);
  if (contender) return describe_native(entry, contender_engine(contender), error);
  int code = registry_locate(entry->spec, &place, &why);
  if (code == -ENOENT) {
    set_unavailable(entry, false, why.text);
    return 0;
  }
  if (code) return error_set(error, code, "%s", why.text);
  if (place.engine) return describe_native(entry, place.engine, error);
  code = describe_plugin(entry, &place, error);
  if (code || *entry->described.unavailable) return code;
  struct store_config config = {0};
  code = registry_parse_options(entry->spec, &entry->engine, &config, error);
  if (!code) code = ask_durability(entry, error);
  entry->described.options = config.options;
  return code;
}

static void entry_free(struct described_entry *entry) {
  if (!entry) return;
  json_decref(entry->answer);
  free(entry->spec);
  free(entry);
}

void described_free(struct described_list *list) {
  while (list->first) {
    struct described_entry *entry = list->first;
    list->first = entry->next;
    entry_free(entry);
  }
}

int described_find(struct described_list *list, const char *spec, const struct described **described,
                   struct error *error) {
  struct described_entry *entry = list->first;
  while (entry && strcmp(entry->spec, spec) != 0) entry = entry->next;
  if (!entry) {
    entry = calloc(1, sizeof *entry);
    if (!entry) return error_set(error, -ENOMEM, "memory is short");
    entry->spec = strdup(spec);
    int code = entry->spec ? describe(entry, error) : error_set(error, -ENOMEM, "memory is short");
    if (code) {
      entry_free(entry);
      return code;
    }
    entry->next = list->first;
    list->first = entry;
  }
  *described = &entry->described;
  return 0;
}

int described_probe(const char *spec, const char *folder, struct error *error) {
  char reason[CHILD_REASON_MAX];
  json_t *answer = ask(spec, folder, reason);
  const char *said = json_string_value(json_object_get(answer, "reason"));
  int code = answer && !said ? 0 : error_set(error, -ENOTSUP, "%.500s", said ? said : reason);
  json_decref(answer);
  return code;
}
