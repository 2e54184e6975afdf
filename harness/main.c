// SPDX-License-Identifier: MIT
// The command line: finds the command by name and hands it the rest.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "build_info.h"
#include "harness/cell.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/described.h"
#include "harness/limits/loop.h"
#include "harness/slices.h"

static int print_help(void) {
  printf(
      "Usage: storebench COMMAND [ARGUMENT]...\n"
      "Measures which way of moving bytes a store should use, and what each durability promise costs.\n\n");
  size_t count;
  const struct command *commands = commands_all(&count);
  for (size_t i = 0; i < count; i++) printf("  %-9s %s\n", commands[i].name, commands[i].summary);
  printf(
      "\n`storebench COMMAND --help` says more; `storebench --version` says which build this is.\n\n"
      "Examples:\n\n  storebench run --profile quick\n  storebench report results/latest\n"
      "  storebench compare results/before results/latest --out compared\n");
  return EXIT_DONE;
}

// "-h", "help" and "version" are how other programs call these.
static const char *nearest_option(const char *given) {
  static const char *const options[] = {"help", "version"}, *const others[] = {"-h", "help", "-V", "-v", "version"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strcmp(given, others[i]) == 0) return i < 2 ? "--help" : "--version";
  const char *nearest = strncmp(given, "--", 2) == 0 ? nearest_word(given + 2, options, 2) : NULL;
  return !nearest ? NULL : nearest == options[0] ? "--help" : "--version";
}

static int unknown_command(const char *given) {
  const char *kind = given[0] == '-' ? "option" : "command", *nearest = nearest_option(given);
  if (!nearest && given[0] != '-') nearest = commands_nearest(given);
  if (nearest)
    usage_error("unknown %s \"%s\"; did you mean \"%s\"?", kind, given, nearest);
  else
    usage_error("unknown %s \"%s\"; `storebench --help` lists the commands", kind, given);
  return EXIT_USAGE;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "storebench: no command given; `storebench --help` lists them\n");
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0) return print_help();
  if (strcmp(argv[1], "--version") == 0) {
    printf("storebench %s (%s)\n", STOREBENCH_VERSION, STOREBENCH_COMMIT);
    return EXIT_DONE;
  }
  // A file past its size limit (ulimit -f) is an error of that write, for this process and its children.
  signal(SIGXFSZ, SIG_IGN);
  if (strcmp(argv[1], "__sample") == 0) return sample_command();       // the child of one sample; not for people
  if (strcmp(argv[1], "__limit") == 0) return limit_command();         // likewise, of one bound
  if (strcmp(argv[1], "__slices") == 0) return slices_command();       // nor is a child of a pair
  if (strcmp(argv[1], "__describe") == 0) return described_command();  // nor one that describes a plug-in
  if (strcmp(argv[1], "__manual") == 0) return command_manual(argc - 1, argv + 1);  // these two are for the build
  if (strcmp(argv[1], "__completions") == 0) return command_completions(argc - 1, argv + 1);
  size_t count;
  const struct command *commands = commands_all(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
  return unknown_command(argv[1]);
}
