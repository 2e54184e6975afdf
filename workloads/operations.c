// SPDX-License-Identifier: MIT
// The names of operations and key orders, in files and results.
#include <errno.h>
#include <string.h>

#include "workloads/client.h"

static const char *const operation_names[OPERATIONS] = {
    [OPERATION_FILL] = "fill",       [OPERATION_UPDATE] = "update", [OPERATION_GET] = "get",
    [OPERATION_PEEK] = "peek",       [OPERATION_DELETE] = "delete", [OPERATION_SCAN] = "scan",
    [OPERATION_MIXED] = "mixed",     [OPERATION_OPEN] = "open",     [OPERATION_CREATE] = "create",
    [OPERATION_COMPACT] = "compact",
};

static const char *const key_order_names[] = {
    [KEYS_SEQUENTIAL] = "sequential",
    [KEYS_UNIFORM] = "uniform",
    [KEYS_ZIPFIAN] = "zipfian",
    [KEYS_LATEST] = "latest",
};

static const char *const kind_names[OPERATION_KINDS] = {
    [KIND_GET] = "get",       [KIND_UPDATE] = "update", [KIND_INSERT] = "insert",
    [KIND_DELETE] = "delete", [KIND_SCAN] = "scan",     [KIND_READ_MODIFY_WRITE] = "rmw",
};

static int find_name(const char *text, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(text, names[i]) == 0) return (int)i;
  return -EINVAL;
}

const char *operation_kind_name(enum operation_kind kind) { return kind_names[kind]; }

const char *operation_name(enum operation operation) { return operation_names[operation]; }

int operation_parse(const char *text, enum operation *operation) {
  int found = find_name(text, operation_names, OPERATIONS);
  if (found < 0) return found;
  *operation = (enum operation)found;
  return 0;
}

const char *key_order_name(enum key_order order) { return key_order_names[order]; }

int key_order_parse(const char *text, enum key_order *order) {
  int found = find_name(text, key_order_names, sizeof key_order_names / sizeof *key_order_names);
  if (found < 0) return found;
  *order = (enum key_order)found;
  return 0;
}
