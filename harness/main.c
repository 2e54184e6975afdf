// SPDX-License-Identifier: MIT
// The command line: finds the command by name and hands it the rest.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "build_info.h"
#include "harness/cell.h"
#include "harness/commands/commands.h"
#include "harness/limits/loop.h"
#include "harness/slices.h"

struct command {
  const char *name;
  const char *summary;
  int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "measure: run experiments, draw and report", command_run},
    {"list", "list engines, experiments, policies and charts", command_list},
    {"report", "draw and write a run's report again", command_report},
    {"limits", "measure what this machine cannot beat: memory, system calls, device", command_limits},
    {"ab", "compare two builds or engine specs, slice by slice", command_ab},
    {"compare", "compare two runs cell by cell", command_compare},
    {"demo", "play a key-value store's life step by step on each engine", command_demo},
    {"create", "make an empty store", command_create},
    {"put", "store a value", command_put},
    {"get", "print a value", command_get},
    {"del", "delete a key", command_del},
    {"scan", "print all records", command_scan},
    {"stat", "print what a store holds", command_stat},
    {"check", "verify every record", command_check},
    {"dump", "write all records as text", command_dump},
    {"load", "read records that dump wrote", command_load},
    {"import", "read records from a file in the lecture's format", command_import},
    {"export", "write all records to a file in the lecture's format", command_export},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int print_help(void) {
  printf(
      "Usage: storebench COMMAND [ARGUMENT]...\n"
      "Measures which way of moving bytes a store should use, and what each durability promise costs.\n\n");
  for (size_t i = 0; i < COMMANDS; i++) printf("  %-8s %s\n", commands[i].name, commands[i].summary);
  printf("\n`storebench COMMAND --help` says more. Example:\n\n  storebench run --profile quick\n");
  return EXIT_DONE;
}

static int unknown_command(const char *given) {
  const char *words[COMMANDS];
  for (size_t i = 0; i < COMMANDS; i++) words[i] = commands[i].name;
  const char *nearest = nearest_word(given, words, COMMANDS);
  const char *kind = given[0] == '-' ? "option" : "command";
  if (nearest && given[0] != '-')
    fprintf(stderr, "storebench: unknown command \"%s\"; did you mean \"%s\"?\n", given, nearest);
  else
    fprintf(stderr, "storebench: unknown %s \"%s\"; `storebench --help` lists the commands\n", kind, given);
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
  if (strcmp(argv[1], "__sample") == 0) return sample_command();  // the child of one sample; not for people
  if (strcmp(argv[1], "__limit") == 0) return limit_command();    // likewise, of one bound
  if (strcmp(argv[1], "__slices") == 0) return slices_command();  // nor is a child of a pair
  for (size_t i = 0; i < COMMANDS; i++)
    if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
  return unknown_command(argv[1]);
}
