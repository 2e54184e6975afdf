// SPDX-License-Identifier: MIT
// The table of the commands.
#include "base/words.h"
#include "harness/commands/commands.h"

static const struct command commands[] = {
    {"run", "measure: run experiments, draw and report", command_run, &run_argp},
    {"list", "list engines, experiments, policies and charts", command_list, &list_argp},
    {"report", "draw and write a run's report again", command_report, &report_argp},
    {"limits", "measure what this machine cannot beat: memory, system calls, device", command_limits, &limits_argp},
    {"ab", "compare two builds or engine specs, slice by slice", command_ab, &ab_argp},
    {"compare", "compare runs cell by cell, and draw them side by side", command_compare, &compare_argp},
    {"validate", "measure known results again and say which were reproduced", command_validate, &validate_argp},
    {"advise", "say which engine a planned load should use, by what a run measured", command_advise, &advise_argp},
    {"demo", "play a key-value store's life step by step on each engine", command_demo, &demo_argp},
    {"create", "make an empty store", command_create, &create_argp},
    {"put", "store a value", command_put, &put_argp},
    {"get", "print a value", command_get, &get_argp},
    {"del", "delete a key", command_del, &del_argp},
    {"scan", "print all records", command_scan, &scan_argp},
    {"stat", "print what a store holds", command_stat, &stat_argp},
    {"check", "verify every record", command_check, &check_argp},
    {"dump", "write all records as text", command_dump, &dump_argp},
    {"load", "read records that dump wrote", command_load, &load_argp},
    {"import", "read records from a file in the lecture's format", command_import, &import_argp},
    {"export", "write all records to a file in the lecture's format", command_export, &export_argp},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

const struct command *commands_all(size_t *count) {
  *count = COMMANDS;
  return commands;
}

const char *commands_nearest(const char *word) {
  const char *words[COMMANDS];
  for (size_t i = 0; i < COMMANDS; i++) words[i] = commands[i].name;
  return nearest_word(word, words, COMMANDS);
}
