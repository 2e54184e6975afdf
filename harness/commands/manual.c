// SPDX-License-Identifier: MIT
// The manual page, in the man macros of groff_man(7), made from the tables that the program itself goes by: commands
// and their options, engines and theirs.
#include <stdio.h>
#include <string.h>

#include "build_info.h"
#include "engines/registry.h"
#include "harness/commands/commands.h"

// Text that is not a request, whatever it begins with, and whose hyphens can be copied into a shell.
static void put_text(const char *text, size_t length) {
  bool line_start = true;
  for (size_t i = 0; i < length; i++) {
    if (line_start && (text[i] == '.' || text[i] == '\'')) fputs("\\&", stdout);
    if (text[i] == '\\')
      fputs("\\e", stdout);
    else if (text[i] == '-')
      fputs("\\-", stdout);
    else
      putchar(text[i]);
    line_start = text[i] == '\n';
  }
}

static void put(const char *text) { put_text(text, strlen(text)); }

// Paragraphs as argp's texts have them: an empty line between two, and what is indented is an example.
static void put_paragraphs(const char *text, size_t length) {
  bool example = false;
  for (const char *end = text + length; text < end;) {
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    if (!stop) stop = end;
    bool indented = *text == ' ';
    if (indented != example) fputs(indented ? ".PP\n.EX\n" : ".EE\n", stdout);
    example = indented;
    if (stop == text && !example)
      fputs(".PP\n", stdout);
    else
      put_text(text, (size_t)(stop - text)), putchar('\n');
    text = stop + (stop < end);
  }
  if (example) puts(".EE");
}

static void put_options(const struct argp_option *option) {
  for (; option && (option->name || option->doc); option++) {
    if (!option->name) continue;
    fputs(".TP\n.BR \\-\\-", stdout);
    put(option->name);
    if (option->arg) {
      fputs(" \\ \\fI", stdout);
      put(option->arg);
      fputs("\\fR", stdout);
    }
    putchar('\n');
    put(option->doc);
    putchar('\n');
  }
}

static void put_command(const struct command *command) {
  const struct argp *argp = command->argp;
  const char *tail = argp->doc ? strchr(argp->doc, '\v') : NULL;
  printf(".SS storebench %s", command->name);
  if (argp->args_doc) putchar(' '), put(argp->args_doc);
  putchar('\n');
  if (argp->doc) put_paragraphs(argp->doc, tail ? (size_t)(tail - argp->doc) : strlen(argp->doc));
  put_options(argp->options);
  if (tail) puts(".PP"), put_paragraphs(tail + 1, strlen(tail + 1));
}

static void put_engine(const struct engine *engine) {
  printf(".SS %s\n", engine->name);
  put(engine->summary);
  puts(".");
  for (const struct engine_option *option = engine->options; option && option->name; option++) {
    printf(".TP\n.B %s=%s\n", option->name, option->initial);
    put(option->help);
    if (option->choices) printf(" (%s)", option->choices);
    putchar('\n');
  }
}

static const char head[] =
    ".SH NAME\nstorebench \\- which way of moving bytes a store should use, and what durability costs\n"
    ".SH SYNOPSIS\n.B storebench\n.I COMMAND\n.RI [ ARGUMENT ]...\n"
    ".SH DESCRIPTION\nMeasures a key\\-value store built over mmap, pread and pwrite, buffered stdio and io_uring on "
    "one "
    "file format, draws the charts, and says in words who won, by how much, and how sure it is.\n";

static const char tail[] =
    ".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nSome cell, or the command, failed; of compare, something is worse.\n"
    ".TP\n.B 2\nWrong usage.\n.TP\n.B 77\nNothing could run here.\n.TP\n.B 130\nInterrupted; what was measured is "
    "kept, "
    "and no data file.\n"
    ".SH ENVIRONMENT\n.TP\n.B STOREBENCH_DATA\nThe folder that holds the experiments and the plots, in place of the "
    "one "
    "that came with the program.\n.TP\n.B NO_COLOR\nSet, and not empty: no colour on a terminal; nor is there where "
    "TERM is dumb.\n"
    ".SH FILES\n.TP\n.I results/latest\nThe newest run: run.json, samples.jsonl, samples.csv, gbench.json, data, "
    "charts, "
    "report.md and report.html.\n";

int command_manual(int argc, char **argv) {
  (void)argc, (void)argv;
  size_t count;
  const struct command *commands = commands_all(&count);
  printf(".TH STOREBENCH 1 \"\" \"storebench %s\" \"User Commands\"\n%s.SH COMMANDS\n", STOREBENCH_VERSION, head);
  for (size_t i = 0; i < count; i++) put_command(&commands[i]);
  puts(".SH ENGINES\nAn engine is named by a spec: NAME[:OPTION=VALUE]..., such as uring:depth=64:direct=on.");
  const struct engine *const *engines = registry_engines(&count);
  for (size_t i = 0; i < count; i++) put_engine(engines[i]);
  fputs(tail, stdout);
  return fflush(stdout) || ferror(stdout) ? EXIT_CELL_FAILED : EXIT_DONE;
}
