// SPDX-License-Identifier: MIT
// Engines that are not built in: shared objects, found by name or by path.
#ifndef STOREBENCH_PLUGIN_H
#define STOREBENCH_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "engines/engine.h"

enum { PLUGIN_PATH_MAX = 512 };

// Folders to search first, with colons between: how a program hands --engine-path on to its children.
#define PLUGIN_PATH_VARIABLE "STOREBENCH_ENGINE_PATH"

// Whether the first `length` bytes of a spec name a file ("./my.so") rather than an engine.
bool plugin_is_path(const char *word, size_t length);

// Finds NAME.so in the folders of PLUGIN_PATH_VARIABLE, in engines/ beside the program, and where plug-ins are
// installed. Fills in `path` (PLUGIN_PATH_MAX bytes). 0, or -ENOENT with why it was not built where the build has left
// word of it.
int plugin_find(const char *name, size_t length, char *path, struct error *error);

// Loads the plug-in and checks its engine. It stays loaded until the process ends; loading it again gives the same
// engine. 0, or -errno with what is wrong with it: not there, no shared object, no engine in it, another interface,
// an engine that is not whole. Any thread.
int plugin_load(const char *path, const struct engine **engine, struct error *error);

#endif
