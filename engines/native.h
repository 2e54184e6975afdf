// SPDX-License-Identifier: MIT
// The engines built in. Each is defined at the foot of its own file; engines/registry.c lists them.
#ifndef STOREBENCH_NATIVE_H
#define STOREBENCH_NATIVE_H

#include "engines/engine.h"

extern const struct engine engine_mmap, engine_pread, engine_stdio, engine_uring, engine_null;

#endif
