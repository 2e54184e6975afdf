// SPDX-License-Identifier: MIT
// Several stores of one sample (OPERATION_OPEN with settings.stores): where they are, opening and closing those that
// come after the first, and what all of them hold.
#include "harness/herd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cache.h"
#include "harness/counters.h"
#include "harness/dataset.h"

void herd_path(const struct sample *sample, unsigned number, char *path) {
  dataset_sibling(sample->order->path, number, path);
}

int herd_each(const struct sample *sample, int (*fn)(const char *path, void *user), void *user) {
  char path[DATASET_PATH_MAX];
  int code = 0;
  for (unsigned i = 0; i < cell_stores(&sample->order->settings) && !code; i++) {
    herd_path(sample, i, path);
    code = fn(path, user);
  }
  return code;
}

int herd_open(struct sample *sample, struct error *error) {
  unsigned count = cell_stores(&sample->order->settings);
  char path[DATASET_PATH_MAX];
  sample->others = count > 1 ? calloc(count - 1, sizeof *sample->others) : NULL;
  if (count > 1 && !sample->others) return error_set(error, -ENOMEM, "no memory for %u stores", count);
  int code = 0;
  for (unsigned i = 1; i < count && !code; i++) {
    herd_path(sample, i, path);
    code = sample->engine->open(path, &sample->config, &sample->others[i - 1], error);
  }
  return code;
}

int herd_close(struct sample *sample, struct error *error) {
  int first = 0;
  for (unsigned i = 1; sample->others && i < cell_stores(&sample->order->settings); i++) {
    struct error why = {0};
    int code = sample->others[i - 1] ? sample->engine->close(sample->others[i - 1], &why) : 0;
    if (code && !first)
      first = error_set(error, code, "closing store %u: %s", i + 1, why.text[0] ? why.text : strerror(-code));
  }
  free(sample->others);
  sample->others = NULL;
  return first;
}

static int add_cached(const char *path, void *user) {
  uint64_t bytes, *sum = user;
  int code = cache_bytes(path, &bytes);
  if (!code) *sum += bytes;
  return code;
}

void herd_memory(struct sample *sample) {
  char folder[DATASET_PATH_MAX];
  if (!(sample->engine->caps & CAP_PERSISTENT)) return;
  if (counters_memory(&sample->rss, &sample->pss) != 0) sample->rss = sample->pss = 0;
  sample->cached = 0;
  if (herd_each(sample, add_cached, &sample->cached) != 0) sample->cached = 0;
  // All stores are in folders beside each other, and this process maps no other file there.
  snprintf(folder, sizeof folder, "%s", sample->order->path);
  for (int up = 0; up < (sample->others ? 2 : 0); up++) {
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
  }
  sample->mappings_known = mappings_read(folder, &sample->mappings) == 0;
}
