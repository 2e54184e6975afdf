// SPDX-License-Identifier: MIT
// Where the files that the program reads stand.
#include "harness/data_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"

// Written so that a folder counts only when the experiments are in it: a folder of that name may be anyone's.
#define PROOF "workloads/experiments"

static bool holds_data(const char *folder) {
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/" PROOF, folder);
  return length < (int)sizeof path && access(path, R_OK | X_OK) == 0;
}

// The folder of the running program. False when /proc does not tell.
static bool program_folder(char *folder, size_t room) {
  ssize_t length = readlink("/proc/self/exe", folder, room - 1);
  if (length <= 0 || (size_t)length >= room - 1) return false;
  folder[length] = '\0';
  char *slash = strrchr(folder, '/');
  if (!slash) return false;
  *slash = '\0';
  return true;
}

static bool find_beside_program(char *folder, size_t room) {
  char program[PATH_MAX];
  if (!program_folder(program, sizeof program)) return false;
  if (snprintf(folder, room, "%s/../share/storebench", program) < (int)room && holds_data(folder)) return true;
  return snprintf(folder, room, "%s", program) < (int)room && holds_data(folder);
}

int data_path(const char *name, char *path, size_t room, struct error *error) {
  char beside[PATH_MAX];
  const char *folder = getenv("STOREBENCH_DATA");
  if (!folder || !*folder) folder = find_beside_program(beside, sizeof beside) ? beside : STOREBENCH_DATA_DIR;
  if (snprintf(path, room, "%s/%s", folder, name) < (int)room) return 0;
  return error_set(error, -ENAMETOOLONG, "%.200s...: the path is too long; move the program's files", folder);
}
