// SPDX-License-Identifier: MIT
// Which process loaded the object: Go's threads are in that one, and in none that was forked off it.
#include <sys/types.h>
#include <unistd.h>

static pid_t loader;  // written once, before any function of the object can be called

__attribute__((constructor)) static void note_loader(void) { loader = getpid(); }

__attribute__((visibility("default"))) pid_t bbolt_process(void);
pid_t bbolt_process(void) { return loader; }
