// SPDX-License-Identifier: MIT
// The commands of the program: each is a function that main() finds by name, and what it takes. argv[0] is the
// command's name; the return value is the exit code of the process. They are called once, from the main thread.
#ifndef STOREBENCH_COMMANDS_H
#define STOREBENCH_COMMANDS_H

#include <argp.h>
#include <stddef.h>

enum exit_code {
  EXIT_DONE = 0,
  EXIT_CELL_FAILED = 1,  // or, for tools: the command failed
  EXIT_USAGE = 2,
  EXIT_NOTHING_RAN = 77,
  EXIT_INTERRUPTED = 130,
};

struct command {
  const char *name;
  const char *summary;
  int (*run)(int argc, char **argv);
  const struct argp *argp;  // its options and arguments, for command_parse, the manual and completions
};

// All commands for people, in the order of the help; sets *count.
const struct command *commands_all(size_t *count);
// The name that `word` may have meant, or NULL.
const char *commands_nearest(const char *word);

int command_run(int argc, char **argv);
int command_list(int argc, char **argv);
int command_report(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_limits(int argc, char **argv);
int command_ab(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_advise(int argc, char **argv);
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

extern const struct argp advise_argp, run_argp, list_argp, report_argp, compare_argp, limits_argp, ab_argp,
    validate_argp, demo_argp, create_argp, put_argp, get_argp, del_argp, scan_argp, stat_argp, check_argp, dump_argp,
    load_argp, import_argp, export_argp;

// The hidden commands __manual and __completions: the manual page (roff, man macros) and the completions for a shell
// (argv[1]: bash, zsh or fish), made from the table of the commands, on standard output.
int command_manual(int argc, char **argv);
int command_completions(int argc, char **argv);

#endif
