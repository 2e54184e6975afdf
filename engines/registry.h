// SPDX-License-Identifier: MIT
// Names to engines, and specs such as "uring:depth=64:direct=on" to engines with options.
#ifndef STOREBENCH_REGISTRY_H
#define STOREBENCH_REGISTRY_H

#include <stddef.h>

#include "engines/engine.h"
#include "engines/plugin.h"

// What a spec names, found without loading anything.
struct engine_place {
  const struct engine *engine;  // built in, else NULL
  char path[PLUGIN_PATH_MAX];   // of the plug-in, else ""
};

// All engines built in, in the order of charts. Sets *count. The array is constant.
const struct engine *const *registry_engines(size_t *count);

// The engine built in of that name, or NULL.
const struct engine *registry_find(const char *name, size_t length);

// Finds the engine of NAME[:OPTION=VALUE]..., where NAME may be the path of a plug-in. 0, -EINVAL with a message that
// names the nearest valid word, or -ENOENT with why a plug-in that is known by name was not built.
int registry_locate(const char *spec, struct engine_place *place, struct error *error);

// Parses the options of a spec (defaults where not named) for its engine. Sets config->options only on success. -EINVAL
// with a message that names the nearest valid word.
int registry_parse_options(const char *spec, const struct engine *engine, struct store_config *config,
                           struct error *error);

// Both of the above, with a plug-in loaded into this process: for those who will open the store. Sets *engine and
// config->options only on success. -errno as above and of plugin_load.
int registry_parse(const char *spec, const struct engine **engine, struct store_config *config, struct error *error);

// Writes the options in effect that differ from the defaults as a canonical spec ("uring:depth=64"). `room` bytes
// at `text`. 0 or -ENAMETOOLONG.
int registry_format(const struct engine *engine, const struct store_config *config, char *text, size_t room);

// The value of option `name` in these options. The engine must have it (checked by assertion).
uint64_t registry_option(const struct engine *engine, const struct engine_options *options, const char *name);

// Whether a table of options is one that the functions here can use. 0, or -EINVAL with what is wrong in it.
int registry_check_options(const struct engine *engine, struct error *error);

// Fills in the defaults of all options.
void registry_defaults(const struct engine *engine, struct engine_options *options);

#endif
