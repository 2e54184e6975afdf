// SPDX-License-Identifier: MIT
// The commands of the program: each is a function that main() finds by name. argv[0] is the command's name; the return
// value is the exit code of the process. They are called once, from the main thread.
#ifndef STOREBENCH_COMMANDS_H
#define STOREBENCH_COMMANDS_H

enum exit_code {
  EXIT_DONE = 0,
  EXIT_CELL_FAILED = 1,  // or, for tools: the command failed
  EXIT_USAGE = 2,
  EXIT_NOTHING_RAN = 77,
  EXIT_INTERRUPTED = 130,
};

int command_run(int argc, char **argv);
int command_list(int argc, char **argv);
int command_report(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_limits(int argc, char **argv);
int command_ab(int argc, char **argv);
int command_demo(int argc, char **argv);

int command_create(int argc, char **argv);
int command_put(int argc, char **argv);
int command_get(int argc, char **argv);
int command_del(int argc, char **argv);
int command_scan(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_check(int argc, char **argv);
int command_dump(int argc, char **argv);
int command_load(int argc, char **argv);
int command_import(int argc, char **argv);
int command_export(int argc, char **argv);

#endif
