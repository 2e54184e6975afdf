// SPDX-License-Identifier: MIT
// How a program is started in a systemd scope of its own.
#ifndef STOREBENCH_MEMORY_SYSTEMD_H
#define STOREBENCH_MEMORY_SYSTEMD_H

#include <stddef.h>

enum { MEMORY_SYSTEMD_ARGUMENTS = 16 };

// Puts "systemd-run ..." into `arguments` and returns how many words that are; the program and its own follow. The
// scope has no limit yet and is removed by systemd when the program ends; systemd-run turns into the program, which so
// keeps its process id and descriptors.
size_t memory_systemd_prefix(char *arguments[MEMORY_SYSTEMD_ARGUMENTS]);

#endif
