// SPDX-License-Identifier: MIT
// Names to engines, and specs such as "uring:depth=64:direct=on" to engines with options.
#ifndef STOREBENCH_REGISTRY_H
#define STOREBENCH_REGISTRY_H

#include <stddef.h>

#include "engines/engine.h"

// All engines built in, in the order of charts. Sets *count. The array is constant.
const struct engine *const *registry_engines(size_t *count);

// The engine of that name, or NULL.
const struct engine *registry_find(const char *name, size_t length);

// Parses NAME[:OPTION=VALUE]... into the engine and its options (defaults where not named). Sets *engine and
// config->options only on success. -EINVAL with a message that names the nearest valid word.
int registry_parse(const char *spec, const struct engine **engine, struct store_config *config, struct error *error);

// Writes the options in effect that differ from the defaults as a canonical spec ("uring:depth=64"). `room` bytes
// at `text`. 0 or -ENAMETOOLONG.
int registry_format(const struct engine *engine, const struct store_config *config, char *text, size_t room);

// The value of option `name` in these options. The engine must have it (checked by assertion).
uint64_t registry_option(const struct engine *engine, const struct engine_options *options, const char *name);

// Fills in the defaults of all options.
void registry_defaults(const struct engine *engine, struct engine_options *options);

#endif
