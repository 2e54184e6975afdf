// SPDX-License-Identifier: MIT
// Command lines through glibc's argp. argp's own complaints take two lines and name no nearest option, so options are
// looked over first and argp is told to keep quiet.
#include "harness/commands/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/words.h"
#include "engines/plugin.h"
#include "harness/commands/commands.h"
#include "harness/commands/record_text.h"

enum { HELP_KEY = 0x7000, OPTIONS_MAX = 32, REPETITIONS_MAX = 1000 };

static const struct argp_option help_options[] = {
    {"help", HELP_KEY, NULL, 0, "Show this text", -1},
    {0},
};

void command_complain(const char *path, const char *text) {
  fputs("storebench: ", stderr);
  if (path) {
    message_text_write(stderr, path);
    fputs(": ", stderr);
  }
  message_text_write(stderr, text);
  fputc('\n', stderr);
}

int usage_error(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  command_complain(NULL, text);
  return EINVAL;
}

int engine_path_add(const char *command, const char *folder) {
  const char *before = getenv(PLUGIN_PATH_VARIABLE);
  struct stat status;
  char *folders;
  if (strchr(folder, ':'))
    return usage_error("%s: --engine-path \"%s\": name one folder, without ':'", command, folder);
  if (stat(folder, &status) || !S_ISDIR(status.st_mode))
    return usage_error("%s: --engine-path %s: no such folder; name the one with the plug-ins", command, folder);
  if (asprintf(&folders, "%s%s%s", folder, before ? ":" : "", before ? before : "") < 0) return ENOMEM;
  int code = setenv(PLUGIN_PATH_VARIABLE, folders, 1) ? errno : 0;
  free(folders);
  return code;
}

static const struct argp_option *find_option(const struct argp_option *options, const char *name, size_t length) {
  for (; options && (options->name || options->doc); options++)
    if (options->name && strlen(options->name) == length && memcmp(options->name, name, length) == 0) return options;
  return NULL;
}

static int unknown_option(const struct argp *argp, const char *command, const char *given, size_t length) {
  const char *words[OPTIONS_MAX];
  char name[64];
  size_t count = 0;
  words[count++] = help_options[0].name;
  for (const struct argp_option *o = argp->options; o && (o->name || o->doc) && count < OPTIONS_MAX; o++)
    if (o->name) words[count++] = o->name;
  snprintf(name, sizeof name, "%.*s", (int)length, given);
  const char *nearest = nearest_word(name, words, count);
  if (nearest) return usage_error("%s: unknown option --%s; did you mean --%s?", command, name, nearest);
  return usage_error("%s: unknown option --%s; `storebench %s --help` lists them", command, name, command);
}

// One argument that begins with a dash. Sets *skip when the next argument is its value.
static int check_option(const struct argp *argp, const char *command, const char *argument, bool last, bool *skip) {
  if (argument[1] != '-')
    return usage_error("%s: unknown option %s; options have long names, see `storebench %s --help`", command, argument,
                       command);
  const char *name = argument + 2;
  size_t length = strcspn(name, "=");
  const struct argp_option *option = find_option(argp->options, name, length);
  if (!option) option = find_option(help_options, name, length);
  if (!option) return unknown_option(argp, command, name, length);
  if (name[length] && !option->arg) return usage_error("%s: --%s takes no value", command, option->name);
  if (option->arg && !name[length]) {
    if (last) return usage_error("%s: --%s needs a value: --%s %s", command, option->name, option->name, option->arg);
    *skip = true;
  }
  return 0;
}

static int check_options(const struct argp *argp, int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    bool skip = false;
    if (argv[i][0] != '-' || !argv[i][1]) continue;
    int error = check_option(argp, argv[0], argv[i], i + 1 == argc, &skip);
    if (error) return error;
    i += skip;
  }
  return 0;
}

struct root {
  void *input;
  bool help;
};

static error_t parse_root(int key, char *argument, struct argp_state *state) {
  (void)argument;
  struct root *root = state->input;
  if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = root->input;
    return 0;
  }
  if (key != HELP_KEY) return ARGP_ERR_UNKNOWN;
  root->help = true;
  state->next = state->argc;  // what follows --help is not looked at
  return ECANCELED;
}

bool command_parse(const struct argp *argp, int argc, char **argv, void *input, int *exit_code) {
  const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
  const struct argp whole = {.options = help_options, .parser = parse_root, .children = children};
  struct root root = {.input = input};
  char name[64];
  snprintf(name, sizeof name, "storebench %s", argv[0]);
  *exit_code = EXIT_USAGE;
  if (check_options(argp, argc, argv)) return false;
  error_t error = argp_parse(&whole, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, &root);
  if (root.help) {
    argp_help(&whole, stdout, ARGP_HELP_USAGE | ARGP_HELP_DOC | ARGP_HELP_LONG, name);
    *exit_code = EXIT_DONE;
    return false;
  }
  return error == 0;
}

int parse_repetitions(const char *command, const char *text, unsigned *count) {
  uint64_t number;
  if (parse_count(text, &number) || number == 0 || number > REPETITIONS_MAX)
    return usage_error("%s: bad --repetitions \"%s\"; a count from 1 to %d", command, text, REPETITIONS_MAX);
  *count = (unsigned)number;
  return 0;
}

int parse_seed(const char *command, const char *text, uint64_t *seed) {
  if (parse_count(text, seed) || *seed > INT64_MAX)
    return usage_error("%s: bad --seed \"%s\"; a whole number from 0", command, text);
  return 0;
}
