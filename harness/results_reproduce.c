// SPDX-License-Identifier: MIT
// reproduce.sh: the run again, with its arguments and its seed, by a program of the same commit.
#include <stdbool.h>
#include <string.h>

#include "harness/results_file.h"

// In single quotes nothing acts but the quote itself.
static void put_quoted(FILE *out, const char *text) {
  fputc('\'', out);
  for (; *text; text++) {
    if (*text == '\'')
      fputs("'\\''", out);
    else
      fputc(*text, out);
  }
  fputc('\'', out);
}

// The rest of a comment's line.
static void put_comment(FILE *out, const char *text) {
  for (; *text; text++) fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
}

static const char *word_at(const json_t *arguments, size_t i) {
  const char *word = json_string_value(json_array_get(arguments, i));
  return word ? word : "";
}

// Whether `word` is the option, alone or with its value.
static bool is_option(const char *word, const char *option) {
  size_t length = strlen(option);
  return strncmp(word, option, length) == 0 && (word[length] == '\0' || word[length] == '=');
}

// The folder of the results exists by now; and of a path in somebody's home the record has only a part.
static bool is_left_out(const json_t *arguments, size_t i) {
  const char *word = word_at(arguments, i), *before = i ? word_at(arguments, i - 1) : "";
  if (is_option(word, "--out") || strcmp(before, "--out") == 0) return true;
  if (!is_option(word, "--dir") && strcmp(before, "--dir") != 0) return false;
  return strchr(strcmp(word, "--dir") == 0 ? word_at(arguments, i + 1) : word, '~') != NULL;
}

int results_reproduce(FILE *out, const void *run) {
  const json_t *arguments = json_object_get(run, "arguments");
  const char *commit = json_text(json_object_get(run, "environment"), "commit");
  fputs("#!/bin/sh\n# Repeats the storebench run of ", out);
  put_comment(out, json_text(run, "started"));
  fputs(" on ", out);
  put_comment(out, json_text(run, "host"));
  fputs(
      ": the same experiments, seed and order of samples.\n"
      "# STOREBENCH names the program; arguments are added, such as --out FOLDER or --dir FOLDER.\n"
      "set -eu\nprogram=${STOREBENCH:-storebench}\ncommit=",
      out);
  put_quoted(out, commit);
  fputs(
      "\nbuilt=$(\"$program\" --version)\ncase $built in\n  *\"($commit)\") ;;\n"
      "  *) printf 'reproduce.sh: the run was made by commit %s, and this is %s\\n' \"$commit\" \"$built\" >&2 ;;\n"
      "esac\nexec \"$program\"",
      out);
  if (!json_array_size(arguments)) fputs(" run", out);
  for (size_t i = 0; i < json_array_size(arguments); i++) {
    if (is_left_out(arguments, i)) continue;
    fputc(' ', out);
    put_quoted(out, word_at(arguments, i));
  }
  fprintf(out, " --seed %" JSON_INTEGER_FORMAT " \"$@\"\n", json_integer_value(json_object_get(run, "seed")));
  return 0;
}
