// SPDX-License-Identifier: MIT
// Plug-ins: where they are found, and what is asked of one before it is used.
#include "engines/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_info.h"
#include "engines/registry.h"

enum { REASON_MAX = 256 };

bool plugin_is_path(const char *word, size_t length) { return memchr(word, '/', length) != NULL; }

// The first line of NAME.missing: what the build says of a plug-in that it left out.
static bool read_reason(const char *folder, int folder_length, const char *name, size_t length, char *reason) {
  char path[PLUGIN_PATH_MAX];
  int need = snprintf(path, sizeof path, "%.*s/%.*s.missing", folder_length, folder, (int)length, name);
  FILE *file = need < (int)sizeof path ? fopen(path, "re") : NULL;
  if (!file) return false;
  bool read = fgets(reason, REASON_MAX, file) != NULL;
  fclose(file);
  if (read) reason[strcspn(reason, "\n")] = '\0';
  return read;
}

// Looks into one folder. True when the plug-in is there; a reason why it is not is kept for the end of the search.
static bool look(const char *folder, size_t folder_length, const char *name, size_t length, char *path, char *reason) {
  int need = snprintf(path, PLUGIN_PATH_MAX, "%.*s/%.*s.so", (int)folder_length, folder, (int)length, name);
  if (folder_length && need < PLUGIN_PATH_MAX && access(path, F_OK) == 0) return true;
  if (!*reason) read_reason(folder, (int)folder_length, name, length, reason);
  return false;
}

// In a folder named from where the program stands, so that both may be moved together.
static bool look_near_program(const char *folder, const char *name, size_t length, char *path, char *reason) {
  char near[PLUGIN_PATH_MAX];
  ssize_t got = readlink("/proc/self/exe", near, sizeof near - 1);
  if (got <= 0) return false;
  near[got] = '\0';
  size_t program = (size_t)(strrchr(near, '/') - near) + 1;
  int need = snprintf(near + program, sizeof near - program, "%s", folder);
  return need < (int)(sizeof near - program) && look(near, strlen(near), name, length, path, reason);
}

int plugin_find(const char *name, size_t length, char *path, struct error *error) {
  char reason[REASON_MAX] = "";
  const char *folders = getenv(PLUGIN_PATH_VARIABLE);
  for (; folders && *folders; folders += strspn(folders, ":")) {
    size_t folder_length = strcspn(folders, ":");
    if (look(folders, folder_length, name, length, path, reason)) return 0;
    folders += folder_length;
  }
  if (look_near_program("engines", name, length, path, reason)) return 0;
  if (look_near_program("../" STOREBENCH_ENGINES_DIR, name, length, path, reason)) return 0;
  *path = '\0';
  if (!*reason)
    snprintf(reason, sizeof reason,
             "no plug-in of that name; build with PEERS=on, or name its folder with --engine-path");
  return error_set(error, -ENOENT, "%.*s was not built: %s", (int)length, name, reason);
}

static bool is_name(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  return name && *name && strlen(name) < 32 && strspn(name, letters) == strlen(name);
}

// What is missing in an engine, or NULL.
static const char *find_gap(const struct engine *engine) {
  if (!is_name(engine->name)) return "its name (letters, digits, '-')";
  if (!engine->label || !*engine->label) return "its label";
  if (!engine->summary || strchr(engine->summary, '\n')) return "its summary of one line";
  if (!engine->durability) return "durability()";
  if (!engine->probe) return "probe()";
  if (!engine->open || !engine->close) return "open() or close()";
  if (!engine->session_open || !engine->session_close) return "session_open() or session_close()";
  if (!engine->submit || !engine->reap) return "submit() or reap()";
  if (!engine->scan || !engine->stat) return "scan() or stat()";
  if (!engine->sync || !engine->forget || !engine->compact) return "sync(), forget() or compact()";
  return NULL;
}

// dlerror begins with the path, which the message has already.
static const char *why_not_loaded(const char *path) {
  const char *why = dlerror();
  size_t length = strlen(path);
  if (!why) return "no reason given";
  return strncmp(why, path, length) == 0 && strncmp(why + length, ": ", 2) == 0 ? why + length + 2 : why;
}

int plugin_load(const char *path, const struct engine **engine, struct error *error) {
  struct stat status;
  if (stat(path, &status)) return error_set(error, -errno, "%s: %s; name a plug-in", path, strerror(errno));
  // dlopen would wait for the writer of a FIFO.
  if (!S_ISREG(status.st_mode)) return error_set(error, -ENOEXEC, "%s: not a file; name a plug-in", path);
  // dlopen would take a path without a slash for the name of a library.
  void *object = strchr(path, '/') ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!object) return error_set(error, -ENOEXEC, "%s: cannot be loaded: %s", path, why_not_loaded(path));
  storebench_engine_function *give;
  void *symbol = dlsym(object, STOREBENCH_PLUGIN_FUNCTION);
  if (!symbol)
    return error_set(error, -ENOEXEC, "%s: no plug-in: it has no function %s; see examples/engine", path,
                     STOREBENCH_PLUGIN_FUNCTION);
  memcpy(&give, &symbol, sizeof give);  // ISO C has no cast from an object's pointer to a function's
  const struct engine *given = give(ENGINE_API);
  if (!given || given->api != ENGINE_API)
    return error_set(error, -EPROTO,
                     "%s: built for another interface than %u of this storebench; build it again with its engine.h",
                     path, ENGINE_API);
  const char *gap = find_gap(given);
  if (gap) return error_set(error, -EPROTO, "%s: the engine lacks %s; see engines/engine.h", path, gap);
  struct error why;
  if (registry_check_options(given, &why))
    return error_set(error, -EPROTO, "%s: %s; see engines/engine.h", path, why.text);
  *engine = given;
  return 0;
}
