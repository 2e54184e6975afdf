// SPDX-License-Identifier: MIT
#include "engines/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "engines/native.h"

static const struct engine *const engines[] = {
    &engine_mmap, &engine_pread, &engine_stdio, &engine_uring, &engine_null,
};

enum { ENGINE_COUNT = sizeof engines / sizeof engines[0], WORD_ROOM = 64, WORDS_MAX = 16 };

// A piece of a spec: not terminated.
struct word {
  const char *text;
  size_t length;
};

static bool word_is(struct word word, const char *text) {
  return strlen(text) == word.length && memcmp(word.text, text, word.length) == 0;
}

// Copies a word, for functions that want a string. -ENAMETOOLONG when it is longer than any valid one.
static int word_copy(struct word word, char text[WORD_ROOM]) {
  if (word.length >= WORD_ROOM) return -ENAMETOOLONG;
  memcpy(text, word.text, word.length);
  text[word.length] = '\0';
  return 0;
}

// How much of a word a message shows.
static int shown(struct word word) { return (int)(word.length < WORD_ROOM ? word.length : WORD_ROOM); }

const struct engine *const *registry_engines(size_t *count) {
  *count = ENGINE_COUNT;
  return engines;
}

const struct engine *registry_find(const char *name, size_t length) {
  for (size_t i = 0; i < ENGINE_COUNT; i++)
    if (word_is((struct word){name, length}, engines[i]->name)) return engines[i];
  return NULL;
}

// Appends "did you mean" or, when nothing is near, all that there is. `what` says what went wrong so far.
static int suggest(struct error *error, const char *what, struct word word, const char *const *words, size_t count) {
  char copy[WORD_ROOM];
  const char *near = word_copy(word, copy) ? NULL : nearest_word(copy, words, count);
  if (near) return error_set(error, -EINVAL, "%s; did you mean \"%s\"?", what, near);
  char list[256] = "";
  for (size_t i = 0, used = 0; i < count && used < sizeof list; i++) {
    const char *comma = i == 0 ? "" : i + 1 == count ? " or " : ", ";
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", comma, words[i]);
  }
  return error_set(error, -EINVAL, "%s; choose %s", what, list);
}

static int unknown_engine(struct error *error, struct word name) {
  const char *names[WORDS_MAX];
  size_t count = 0, peer_count;
  const char *const *peers = engine_group(ENGINE_PEERS, &peer_count);
  for (size_t i = 0; i < ENGINE_COUNT; i++) names[count++] = engines[i]->name;
  for (size_t i = 0; i < peer_count && count < WORDS_MAX; i++) names[count++] = peers[i];
  char what[128];
  snprintf(what, sizeof what, "unknown engine \"%.*s\"", shown(name), name.text);
  return suggest(error, what, name, names, count);
}

static size_t option_count(const struct engine *engine) {
  size_t count = 0;
  while (engine->options && engine->options[count].name) count++;
  return count;
}

// The index of the option, or option_count() when the engine has none of that name.
static size_t option_find(const struct engine *engine, struct word name) {
  size_t i = 0, count = option_count(engine);
  while (i < count && !word_is(name, engine->options[i].name)) i++;
  return i;
}

static int unknown_option(struct error *error, const struct engine *engine, struct word name) {
  size_t count = option_count(engine);
  if (count == 0)
    return error_set(error, -EINVAL, "engine %s has no option \"%.*s\"; it takes none", engine->name, shown(name),
                     name.text);
  const char *names[ENGINE_OPTIONS_MAX];
  for (size_t i = 0; i < count; i++) names[i] = engine->options[i].name;
  char what[192];
  snprintf(what, sizeof what, "engine %s has no option \"%.*s\"", engine->name, shown(name), name.text);
  return suggest(error, what, name, names, count);
}

// The i-th of the words separated by '/'; false when there are fewer.
static bool choice_at(const char *choices, size_t index, struct word *choice) {
  for (;; index--) {
    size_t length = strcspn(choices, "/");
    if (index == 0) {
      *choice = (struct word){choices, length};
      return true;
    }
    if (choices[length] == '\0') return false;
    choices += length + 1;
  }
}

static int parse_choice(const char *choices, struct word word, uint64_t *value) {
  struct word choice;
  for (size_t i = 0; choice_at(choices, i, &choice); i++) {
    if (choice.length == word.length && memcmp(choice.text, word.text, word.length) == 0) {
      *value = i;
      return 0;
    }
  }
  return -EINVAL;
}

static int parse_value(const struct engine_option *option, struct word word, uint64_t *value) {
  char text[WORD_ROOM];
  int error = word_copy(word, text);
  if (error) return error;
  switch (option->type) {
    case OPTION_BOOL:
      return parse_choice("off/on", word, value);
    case OPTION_CHOICE:
      return parse_choice(option->choices, word, value);
    case OPTION_COUNT:
      error = parse_count(text, value);
      break;
    case OPTION_SIZE:
      error = parse_size(text, value);
      break;
  }
  if (!error && (*value < option->minimum || *value > option->maximum)) error = -ERANGE;
  return error;
}

// What the option takes: "off or on", "a size from 0 B to 1 MiB".
static void describe_values(const struct engine_option *option, char *text, size_t room) {
  char least[32], most[32];
  switch (option->type) {
    case OPTION_BOOL:
      snprintf(text, room, "off or on");
      break;
    case OPTION_CHOICE:
      snprintf(text, room, "%s", option->choices);
      break;
    case OPTION_COUNT:
      snprintf(text, room, "a count from %" PRIu64 " to %" PRIu64, option->minimum, option->maximum);
      break;
    case OPTION_SIZE:
      format_size(option->minimum, least, sizeof least);
      format_size(option->maximum, most, sizeof most);
      snprintf(text, room, "a size from %s to %s", least, most);
      break;
  }
}

static int bad_value(struct error *error, const struct engine *engine, const struct engine_option *option,
                     struct word value) {
  char valid[128];
  describe_values(option, valid, sizeof valid);
  return error_set(error, -EINVAL, "bad value \"%.*s\" for option %s of engine %s; write %s", shown(value), value.text,
                   option->name, engine->name, valid);
}

// One OPTION=VALUE. `seen` has a bit for each option named before.
static int parse_option(const struct engine *engine, struct word part, struct engine_options *options, uint32_t *seen,
                        struct error *error) {
  const char *equals = memchr(part.text, '=', part.length);
  struct word name = {part.text, equals ? (size_t)(equals - part.text) : part.length};
  size_t index = option_find(engine, name);
  if (index == option_count(engine)) return unknown_option(error, engine, name);

  const struct engine_option *option = &engine->options[index];
  if (!equals)
    return error_set(error, -EINVAL, "option %s of engine %s has no value; write %s=VALUE", option->name, engine->name,
                     option->name);
  if (*seen & 1u << index)
    return error_set(error, -EINVAL, "option %s of engine %s stands twice; leave one out", option->name, engine->name);
  *seen |= 1u << index;
  struct word value = {equals + 1, part.length - name.length - 1};
  if (parse_value(option, value, &options->values[index])) return bad_value(error, engine, option, value);
  return 0;
}

static bool is_peer(struct word name) {
  size_t count, i = 0;
  const char *const *peers = engine_group(ENGINE_PEERS, &count);
  while (i < count && !word_is(name, peers[i])) i++;
  return i < count;
}

int registry_locate(const char *spec, struct engine_place *place, struct error *error) {
  struct word name = {spec, strcspn(spec, ":")};
  struct error why;
  *place = (struct engine_place){.engine = NULL};
  if (name.length == 0) return error_set(error, -EINVAL, "no engine in \"%.64s\"; write NAME[:OPTION=VALUE]...", spec);
  if (plugin_is_path(spec, name.length)) {
    if (name.length >= sizeof place->path) return error_set(error, -EINVAL, "%.64s...: the path is too long", spec);
    memcpy(place->path, spec, name.length);
    return 0;
  }
  place->engine = registry_find(spec, name.length);
  if (place->engine || plugin_find(spec, name.length, place->path, &why) == 0) return 0;
  return is_peer(name) ? error_set(error, -ENOENT, "%s", why.text) : unknown_engine(error, name);
}

int registry_parse_options(const char *spec, const struct engine *engine, struct store_config *config,
                           struct error *error) {
  struct engine_options options;
  registry_defaults(engine, &options);
  uint32_t seen = 0;
  size_t length = strcspn(spec, ":");
  while (spec[length] == ':') {
    spec += length + 1;
    length = strcspn(spec, ":");
    int failed = parse_option(engine, (struct word){spec, length}, &options, &seen, error);
    if (failed) return failed;
  }
  config->options = options;
  return 0;
}

int registry_parse(const char *spec, const struct engine **engine, struct store_config *config, struct error *error) {
  struct engine_place place;
  int code = registry_locate(spec, &place, error);
  if (!code && *place.path) code = plugin_load(place.path, &place.engine, error);
  if (code) return code;
  if (!place.engine) {  // never: either of the two found one, or said why not
    error_set(error, -ENOEXEC, "%s: names no engine", spec);
    return -ENOEXEC;
  }
  code = registry_parse_options(spec, place.engine, config, error);
  if (!code) *engine = place.engine;
  return code;
}

// Writes a size so that parse_size reads the same one back, with the largest unit that divides it.
static void format_bytes(uint64_t number, char *text, size_t room) {
  static const char units[] = "KMGT";
  size_t unit = 0;
  for (; unit < sizeof units - 1 && number && number % 1024 == 0; unit++) number /= 1024;
  snprintf(text, room, "%" PRIu64 "%.*s", number, unit ? 1 : 0, unit ? &units[unit - 1] : "");
}

static void format_value(const struct engine_option *option, uint64_t value, char *text, size_t room) {
  struct word choice;
  switch (option->type) {
    case OPTION_BOOL:
      snprintf(text, room, "%s", value ? "on" : "off");
      break;
    case OPTION_CHOICE:
      if (!choice_at(option->choices, value, &choice)) abort();  // the options of another engine
      snprintf(text, room, "%.*s", (int)choice.length, choice.text);
      break;
    case OPTION_COUNT:
      snprintf(text, room, "%" PRIu64, value);
      break;
    case OPTION_SIZE:
      format_bytes(value, text, room);
      break;
  }
}

int registry_format(const struct engine *engine, const struct store_config *config, char *text, size_t room) {
  struct engine_options initial;
  registry_defaults(engine, &initial);
  size_t used = (size_t)snprintf(text, room, "%s", engine->name);
  for (size_t i = 0, count = option_count(engine); i < count && used < room; i++) {
    uint64_t value = config->options.values[i];
    if (value == initial.values[i]) continue;
    char written[WORD_ROOM];
    format_value(&engine->options[i], value, written, sizeof written);
    used += (size_t)snprintf(text + used, room - used, ":%s=%s", engine->options[i].name, written);
  }
  return used < room ? 0 : -ENAMETOOLONG;
}

// A mistake in an engine's table or in a call is found at the first use, in release builds as well.
static void require(bool condition, const struct engine *engine, const char *option, const char *what) {
  if (condition) return;
  fprintf(stderr, "storebench: engine %s, option %s: %s\n", engine->name, option, what);
  abort();
}

uint64_t registry_option(const struct engine *engine, const struct engine_options *options, const char *name) {
  size_t index = option_find(engine, (struct word){name, strlen(name)});
  require(index < option_count(engine), engine, name, "no such option");
  return options->values[index];
}

static bool is_whole(const struct engine_option *option) {
  if (!option->initial || !option->help) return false;
  return option->type <= OPTION_CHOICE && (option->type != OPTION_CHOICE || option->choices);
}

int registry_check_options(const struct engine *engine, struct error *error) {
  size_t count = 0;
  uint64_t value;
  for (; engine->options && engine->options[count].name; count++) {
    const struct engine_option *option = &engine->options[count];
    if (count == ENGINE_OPTIONS_MAX)
      return error_set(error, -EINVAL, "it has more than %d options", ENGINE_OPTIONS_MAX);
    if (!is_whole(option) || parse_value(option, (struct word){option->initial, strlen(option->initial)}, &value))
      return error_set(error, -EINVAL, "its option %.64s has no valid type, default or help", option->name);
  }
  return 0;
}

void registry_defaults(const struct engine *engine, struct engine_options *options) {
  *options = (struct engine_options){{0}};
  size_t count = option_count(engine);
  require(count <= ENGINE_OPTIONS_MAX, engine, "table", "more than ENGINE_OPTIONS_MAX options");
  for (size_t i = 0; i < count; i++) {
    const struct engine_option *option = &engine->options[i];
    struct word initial = {option->initial, strlen(option->initial)};
    require(!parse_value(option, initial, &options->values[i]), engine, option->name, "the default is no valid value");
  }
}
