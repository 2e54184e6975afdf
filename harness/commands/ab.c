// SPDX-License-Identifier: MIT
// ab: two builds or two engine specs, paired slice by slice.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/words.h"
#include "engines/registry.h"
#include "harness/ab.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/plan.h"

enum {
  KEY_PROFILE = 0x100,
  KEY_EXPERIMENT,
  KEY_ENGINE,
  KEY_PAIRS,
  KEY_SECONDS,
  KEY_FLOOR,
  KEY_OWN_DATA,
  KEY_DIR,
  KEY_SEED,
  KEY_JSON,
  KEY_ENGINE_PATH,
  KEY_HOLD,  // and those after it: keys of [hold]
};

// Pairs and slices enough for what the profile is to show; docs/ab.md has what they find.
static const struct ab_profile profiles[] = {
    {"quick", 4, 1.6, 0.02}, {"standard", 10, 4, 0.02}, {"full", 20, 16, 0.02}};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

struct request {
  struct ab_options ab;
  struct ab_choice choice;
  const struct ab_profile *profile;
  const char *engines;
  size_t sides;  // given so far
};

static const struct argp_option options[] = {
    {"profile", KEY_PROFILE, "NAME", 0, "quick, standard (the default) or full: how many pairs, for how long", 0},
    {"experiment", KEY_EXPERIMENT, "NAME|FILE", 0, "Measure the cells of this experiment", 1},
    {"operation", KEY_HOLD, "WORD", 0, "get (the default), peek, update, scan or mixed", 2},
    {"batch", KEY_HOLD + 1, "N", 0, "Operations handed in at a time (default: 1)", 2},
    {"depth", KEY_HOLD + 2, "N", 0, "Operations in flight (default: batch)", 2},
    {"cache", KEY_HOLD + 3, "STATE", 0, "mapped (the default), warm or as-is", 2},
    {"sync", KEY_HOLD + 4, "POLICY", 0, "none (the default), async, every=N or always", 2},
    {"data", KEY_HOLD + 5, "SIZE", 0, "Size of all records (default: 128M)", 2},
    {"records", KEY_HOLD + 6, "N", 0, "Or their number", 2},
    {"record-size", KEY_HOLD + 7, "SIZE", 0, "Bytes of a record (default: 128)", 2},
    {"value-size", KEY_HOLD + 8, "SIZE", 0, "Bytes of a value", 2},
    {"keys", KEY_HOLD + 9, "ORDER", 0, "uniform (the default), sequential, zipfian or latest", 2},
    {"theta", KEY_HOLD + 10, "X", 0, "Skew of zipfian keys", 2},
    {"mix", KEY_HOLD + 11, "SHARES", 0, "For operation mixed: get:95/update:5", 2},
    {"threads", KEY_HOLD + 12, "N", 0, "Threads of each side", 2},
    {"engine", KEY_ENGINE, "LIST", 0, "For builds: the engines to measure (default: mmap, pread, stdio and uring)", 3},
    {"engine-path", KEY_ENGINE_PATH, "DIR", 0, "Look for plug-ins in DIR first", 3},
    {"pairs", KEY_PAIRS, "N", 0, "Pairs of processes a cell (default: the profile's)", 4},
    {"seconds", KEY_SECONDS, "S", 0, "Seconds of slices a cell (default: the profile's)", 4},
    {"floor", KEY_FLOOR, NULL, 0, "Measure A against itself too, and believe no effect as small (twice the time)", 4},
    {"own-data", KEY_OWN_DATA, NULL, 0, "For builds: each fills its own data set; needed when their formats differ", 4},
    {"dir", KEY_DIR, "DIR", 0, "Put the data files there, in a folder that is removed (default: the current one)", 4},
    {"seed", KEY_SEED, "N", 0, "Seed of the keys (default: from the clock)", 4},
    {"json", KEY_JSON, NULL, 0, "Print the outcome as JSON", 4},
    {0}};

// Same order as the options from KEY_HOLD on.
static const char *const hold_keys[] = {"operation",   "batch",      "depth", "cache", "sync", "data",   "records",
                                        "record_size", "value_size", "keys",  "theta", "mix",  "threads"};
enum { HOLD_KEYS = sizeof hold_keys / sizeof hold_keys[0] };

static int set_profile(struct request *request, const char *text) {
  const char *words[PROFILES];
  for (size_t i = 0; i < PROFILES; i++) {
    words[i] = profiles[i].name;
    if (strcmp(text, words[i]) == 0) {
      request->profile = &profiles[i];
      return 0;
    }
  }
  const char *nearest = nearest_word(text, words, PROFILES);
  return nearest ? usage_error("ab: unknown profile \"%s\"; did you mean \"%s\"?", text, nearest)
                 : usage_error("ab: unknown profile \"%s\"; one of quick, standard, full", text);
}

static int set_pairs(struct request *request, const char *text) {
  uint64_t count;
  if (parse_count(text, &count) || count < DUEL_PAIRS_MIN || count > DUEL_PAIRS_MAX)
    return usage_error("ab: bad --pairs \"%s\"; a count from %d to %d", text, DUEL_PAIRS_MIN, DUEL_PAIRS_MAX);
  request->ab.pairs = (unsigned)count;
  return 0;
}

static int set_seconds(struct request *request, const char *text) {
  char *end;
  double seconds = strtod(text, &end);
  if (end == text || *end || !(seconds > 0 && seconds <= 3600))
    return usage_error("ab: bad --seconds \"%s\"; a number above 0, at most 3600", text);
  request->ab.seconds = seconds;
  return 0;
}

static int set_hold(struct request *request, const char *key, const char *text) {
  struct ab_choice *choice = &request->choice;
  if (strpbrk(text, "\n;#") || !*text)
    return usage_error("ab: bad %s \"%s\"", key, *text ? "(special characters)" : "");
  for (size_t i = 0; i < choice->option_count; i++)
    if (strcmp(choice->options[i].key, key) == 0) return usage_error("ab: %s is given twice", key);
  choice->options[choice->option_count++] = (struct ab_option){key, text};
  return 0;
}

static int set_side(struct request *request, const char *text) {
  if (request->sides == 2) return usage_error("ab: \"%s\" is one too many; two builds or two engine specs", text);
  if (!*text) return usage_error("ab: an empty name; two builds or two engine specs");
  request->ab.names[request->sides++] = text;
  return 0;
}

static error_t parse_ab(int key, char *argument, struct argp_state *state) {
  struct request *request = state->input;
  if (key >= KEY_HOLD && key < KEY_HOLD + HOLD_KEYS) return set_hold(request, hold_keys[key - KEY_HOLD], argument);
  switch (key) {
    case KEY_PROFILE:
      return set_profile(request, argument);
    case KEY_EXPERIMENT:
      request->choice.experiment = argument;
      return *argument ? 0 : usage_error("ab: --experiment is empty; name one, or a file");
    case KEY_ENGINE:
      request->engines = argument;
      return *argument ? 0 : usage_error("ab: --engine is empty; name engines with commas between");
    case KEY_PAIRS:
      return set_pairs(request, argument);
    case KEY_SECONDS:
      return set_seconds(request, argument);
    case KEY_FLOOR:
      request->ab.measure_floor = true;
      return 0;
    case KEY_OWN_DATA:
      request->ab.own_data = true;
      return 0;
    case KEY_DIR:
      request->ab.dir = argument;
      return *argument ? 0 : usage_error("ab: --dir is empty; name a folder");
    case KEY_SEED:
      return parse_seed("ab", argument, &request->ab.seed);
    case KEY_ENGINE_PATH:
      return engine_path_add("ab", argument);
    case KEY_JSON:
      request->ab.json = true;
      return 0;
    case ARGP_KEY_ARG:
      return set_side(request, argument);
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

const struct argp ab_argp = {
    .options = options,
    .parser = parse_ab,
    .args_doc = "X Y",
    .doc =
        "Compares two builds of storebench (paths with a slash) or two engine specs: two processes take turns in short "
        "slices, so that the drift of the machine cancels. Says for each cell whether Y (B) is faster or slower than X "
        "(A). Exit code 1 when it is slower anywhere. Options of cells take several values with commas between.\v"
        "Examples:\n\n  storebench ab old/storebench ./build/storebench\n"
        "  storebench ab pread uring:depth=32 --operation get --batch 1,64\n"
        "  storebench ab old/storebench ./build/storebench --experiment update-random"};

// A plug-in is a path, too, that ends in .so.
static bool is_plugin(const char *name) {
  size_t length = strcspn(name, ":");
  return plugin_is_path(name, length) && length > 3 && memcmp(name + length - 3, ".so", 3) == 0;
}

// A build is a path: it has a slash. 1 for a build, 0 for a spec, -1 after a complaint.
static int is_build(const char *name) {
  struct stat status;
  struct engine_place place;
  struct error why;
  if (strchr(name, '/') && !is_plugin(name)) {
    bool there = stat(name, &status) == 0;
    if (there && S_ISREG(status.st_mode) && access(name, X_OK) == 0) return 1;
    if (there)
      command_complain(name, "not a program; name a build of storebench");
    else
      usage_error("ab: %s: %s; name a build of storebench", name, strerror(errno));
    return -1;
  }
  if (registry_locate(name, &place, &why) == 0) return 0;
  if (stat(name, &status) == 0 && S_ISREG(status.st_mode))
    usage_error("ab: %s: a build is named with a slash: ./%s", name, name);
  else
    usage_error("ab: %s", why.text);
  return -1;
}

static int take_sides(struct request *request) {
  if (request->sides < 2) return usage_error("ab: name two builds or two engine specs");
  int a = is_build(request->ab.names[0]), b = a < 0 ? -1 : is_build(request->ab.names[1]);
  if (a < 0 || b < 0) return EINVAL;
  if (a != b)
    return usage_error("ab: %s is a build and %s an engine spec; two of one kind, and --engine for builds",
                       request->ab.names[a ? 0 : 1], request->ab.names[a ? 1 : 0]);
  request->ab.builds = a;
  if (!a && request->engines) return usage_error("ab: --engine is for two builds; the two specs are the engines");
  if (!a && request->ab.own_data) return usage_error("ab: --own-data is for two builds");
  for (unsigned side = 0; side < 2; side++) {
    request->ab.programs[side] = a ? request->ab.names[side] : "/proc/self/exe";
    request->choice.engines[side] = a ? request->engines : request->ab.names[side];
  }
  return 0;
}

static int run(struct request *request) {
  struct ab_cells cells;
  struct error error = {0};
  int exit_code = EXIT_USAGE;
  if (take_sides(request)) return EXIT_USAGE;
  if (request->choice.experiment && request->choice.option_count) {
    usage_error("ab: --experiment and --%s both say what is measured; leave one out", request->choice.options[0].key);
    return EXIT_USAGE;
  }
  request->choice.profile = request->profile->name;
  if (!request->ab.pairs) request->ab.pairs = request->profile->pairs;
  if (!(request->ab.seconds > 0)) request->ab.seconds = request->profile->seconds;
  request->ab.warmup = request->profile->warmup;
  if (ab_cells_make(&request->choice, &cells, &error))
    usage_error("ab: %s", error.text);
  else
    exit_code = ab_run(&request->ab, &cells);
  ab_cells_free(&cells);
  return exit_code;
}

int command_ab(int argc, char **argv) {
  struct request request = {.ab = {.dir = ".", .seed = clock_ns() % 1000000007}, .profile = &profiles[1]};
  int exit_code;
  return command_parse(&ab_argp, argc, argv, &request, &exit_code) ? run(&request) : exit_code;
}
