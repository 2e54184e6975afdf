// SPDX-License-Identifier: MIT
// The bounds there are: names, units, what each is measured over, and lists of them.
#include "harness/limits/limits.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "workloads/client.h"

static const struct {
  const char *name, *label, *unit;
  bool queued;  // its depth says something
} kinds[LIMIT_KINDS] = {
    [LIMIT_MEMORY_COPY] = {"memory-copy", "memory, copies", "ops/s", false},
    [LIMIT_MEMORY_SUM] = {"memory-sum", "memory, sums", "ops/s", false},
    [LIMIT_MEMORY_READ] = {"memory-read", "memory, read in order", "B/s", false},
    [LIMIT_MEMORY_WRITE] = {"memory-write", "memory, written in order", "B/s", false},
    [LIMIT_SYSTEM_CALL] = {"system-call", "empty system call", "ops/s", false},
    [LIMIT_URING_NOP] = {"uring-nop", "empty io_uring request", "ops/s", true},
    [LIMIT_OPEN] = {"open", "bare open", "ops/s", false},
    [LIMIT_CREATE] = {"create", "bare file, made durable", "ops/s", false},
    [LIMIT_PREAD] = {"pread", "bare pread", "ops/s", false},
    [LIMIT_PWRITE] = {"pwrite", "bare pwrite", "ops/s", false},
    [LIMIT_FDATASYNC] = {"fdatasync", "bare fdatasync", "ops/s", false},
    [LIMIT_MSYNC] = {"msync", "bare msync", "ops/s", false},
    [LIMIT_URING_READ] = {"uring-read", "bare io_uring", "ops/s", true},
    [LIMIT_DEVICE_READ] = {"device-read", "bare device", "ops/s", true},
    [LIMIT_DEVICE_READ_SEQUENTIAL] = {"device-read-sequential", "bare device, in order", "B/s", true},
    [LIMIT_DEVICE_WRITE] = {"device-write", "bare device", "ops/s", true},
    [LIMIT_DEVICE_WRITE_SEQUENTIAL] = {"device-write-sequential", "bare device, in order", "B/s", true},
};

const char *limit_name(enum limit_kind kind) { return kinds[kind].name; }

const char *limit_unit(enum limit_kind kind) { return kinds[kind].unit; }

int limit_by_name(const char *name, enum limit_kind *kind) {
  for (int i = 0; i < LIMIT_KINDS; i++) {
    if (strcmp(kinds[i].name, name) != 0) continue;
    *kind = (enum limit_kind)i;
    return 0;
  }
  return -EINVAL;
}

void limit_label(const struct limit_spec *spec, char *text, size_t room) {
  const char *label = kinds[spec->kind].label;
  if (kinds[spec->kind].queued)
    snprintf(text, room, "%s, depth %u", label, spec->depth);
  else if (spec->every > 1)
    snprintf(text, room, "%s every %u", label, spec->every);
  else
    snprintf(text, room, "%s", label);
}

static void append(char *text, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t room, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, room - length, format, arguments);
  va_end(arguments);
}

void limit_describe(const struct limit_spec *spec, char *text, size_t room) {
  char size[32];
  *text = '\0';
  if (spec->bytes) {
    format_size(spec->bytes, size, sizeof size);
    append(text, room, "%s each", size);
  }
  if (spec->record_size != spec->bytes) {
    format_size(spec->record_size, size, sizeof size);
    append(text, room, ", %s apart", size);
  }
  if (spec->data) {
    format_size(spec->data, size, sizeof size);
    append(text, room, ", %s, %s", size, key_order_name(spec->keys));
  }
  if (spec->theta > 0) append(text, room, " %g", spec->theta);
  if (spec->every > 1) append(text, room, ", %u a sync", spec->every);
  if (kinds[spec->kind].queued) append(text, room, "%sdepth %u", *text ? ", " : "", spec->depth);
  if (spec->threads > 1) append(text, room, "%s%u threads", *text ? ", " : "", spec->threads);
}

bool limit_equal(const struct limit_spec *a, const struct limit_spec *b) {
  return a->kind == b->kind && a->bytes == b->bytes && a->record_size == b->record_size && a->data == b->data &&
         a->keys == b->keys && a->theta == b->theta && a->depth == b->depth && a->every == b->every &&
         a->threads == b->threads;
}

static bool comes_before(const struct limit_spec *a, const struct limit_spec *b) {
  bool file = a->kind >= LIMIT_PREAD && b->kind >= LIMIT_PREAD;
  if (file && a->data != b->data) return a->data < b->data;
  return a->kind != b->kind ? a->kind < b->kind : a->data < b->data;
}

int limit_list_add(struct limit_list *list, const struct limit_spec *spec) {
  for (size_t i = 0; i < list->count; i++)
    if (limit_equal(&list->specs[i], spec)) return 0;
  struct limit_spec *specs = reallocarray(list->specs, list->count + 1, sizeof *specs);
  if (!specs) return -ENOMEM;
  list->specs = specs;
  size_t place = list->count++;
  for (; place > 0 && comes_before(spec, &specs[place - 1]); place--) specs[place] = specs[place - 1];
  specs[place] = *spec;
  return 0;
}

static struct limit_spec base_of(enum limit_kind kind, uint64_t data) {
  struct limit_spec spec = {.kind = kind,
                            .keys = KEYS_UNIFORM,
                            .data = data,
                            .depth = kind == LIMIT_URING_READ || kind == LIMIT_URING_NOP ? 64 : 1,
                            .every = 1,
                            .threads = 1};
  switch (kind) {
    case LIMIT_MEMORY_COPY:
    case LIMIT_MEMORY_SUM:
      spec.bytes = LIMIT_VALUE_SIZE, spec.record_size = LIMIT_RECORD_SIZE;
      break;
    case LIMIT_SYSTEM_CALL:
    case LIMIT_URING_NOP:
    case LIMIT_OPEN:
      spec.data = 0, spec.keys = KEYS_SEQUENTIAL;
      break;
    case LIMIT_CREATE:
      spec.data = 0, spec.keys = KEYS_SEQUENTIAL, spec.bytes = spec.record_size = LIMIT_BLOCK;
      break;
    case LIMIT_FDATASYNC:
    case LIMIT_MSYNC:
      spec.bytes = spec.record_size = LIMIT_RECORD_SIZE, spec.keys = KEYS_SEQUENTIAL;
      break;
    case LIMIT_DEVICE_READ:
    case LIMIT_DEVICE_WRITE:
      spec.bytes = spec.record_size = LIMIT_BLOCK;
      break;
    case LIMIT_MEMORY_READ:
    case LIMIT_MEMORY_WRITE:
    case LIMIT_DEVICE_READ_SEQUENTIAL:
    case LIMIT_DEVICE_WRITE_SEQUENTIAL:
      spec.bytes = spec.record_size = LIMIT_PIECE, spec.keys = KEYS_SEQUENTIAL;
      break;
    default:
      spec.bytes = spec.record_size = LIMIT_RECORD_SIZE;
  }
  return spec;
}

static bool on_demand(enum limit_kind kind) {
  return kind == LIMIT_MEMORY_SUM || kind == LIMIT_URING_NOP || kind == LIMIT_OPEN || kind == LIMIT_CREATE;
}

static int add_kinds(struct limit_list *list, uint64_t data, bool all) {
  int code = 0;
  for (int kind = 0; kind < LIMIT_KINDS && !code; kind++) {
    struct limit_spec spec = base_of((enum limit_kind)kind, data);
    if (on_demand(spec.kind) && !all) continue;
    code = limit_list_add(list, &spec);
    spec.depth = LIMIT_DEPTH;
    if (!code && spec.kind >= LIMIT_DEVICE_READ) code = limit_list_add(list, &spec);
  }
  return code;
}

int limit_list_add_base(struct limit_list *list, uint64_t data) { return add_kinds(list, data, false); }

int limit_list_add_all(struct limit_list *list, uint64_t data) { return add_kinds(list, data, true); }

void limit_list_free(struct limit_list *list) {
  free(list->specs);
  *list = (struct limit_list){0};
}

json_t *limit_spec_to_json(const struct limit_spec *spec) {
  bool ordered = spec->data > 0;
  return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:s}", "name", limit_name(spec->kind), "bytes",
                   (json_int_t)spec->bytes, "record_size", (json_int_t)spec->record_size, "data",
                   (json_int_t)spec->data, "keys", ordered ? json_string(key_order_name(spec->keys)) : json_null(),
                   "theta", spec->theta > 0 ? json_real(spec->theta) : json_null(), "depth", (json_int_t)spec->depth,
                   "every", (json_int_t)spec->every, "threads", (json_int_t)spec->threads, "unit",
                   limit_unit(spec->kind));
}

static bool all_counts(const json_int_t *counts, size_t count, json_int_t least) {
  for (size_t i = 0; i < count; i++)
    if (counts[i] < least || counts[i] > UINT32_MAX) return false;
  return true;
}

int limit_spec_from_json(const json_t *json, struct limit_spec *spec, struct error *error) {
  const char *name, *keys = json_string_value(json_object_get(json, "keys"));
  json_int_t sizes[2], data, counts[3];
  json_error_t where;
  *spec = (struct limit_spec){.keys = KEYS_SEQUENTIAL, .theta = json_number_value(json_object_get(json, "theta"))};
  if (json_unpack_ex((json_t *)json, &where, 0, "{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "name", &name, "bytes",
                     &sizes[0], "record_size", &sizes[1], "data", &data, "depth", &counts[0], "every", &counts[1],
                     "threads", &counts[2]))
    return error_set(error, -EINVAL, "a bound: %s", where.text);
  if (limit_by_name(name, &spec->kind)) return error_set(error, -EINVAL, "unknown bound \"%s\"", name);
  if (keys && key_order_parse(keys, &spec->keys)) return error_set(error, -EINVAL, "%s: bad keys \"%s\"", name, keys);
  if (!all_counts(sizes, 2, 0) || !all_counts(counts, 3, 1) || data < 0)
    return error_set(error, -EINVAL, "%s: a number is out of its range", name);
  spec->bytes = (uint32_t)sizes[0];
  spec->record_size = (uint32_t)sizes[1];
  spec->data = (uint64_t)data;
  spec->depth = (unsigned)counts[0];
  spec->every = (unsigned)counts[1];
  spec->threads = (unsigned)counts[2];
  return 0;
}

// jansson takes UTF-8 only, and reasons may name a path.
static json_t *text_of(const char *from) {
  json_t *json = json_string(from);
  return json ? json : json_string("the reason is not UTF-8");
}

json_t *limit_without_value(const struct limit_spec *spec, const char *status, const char *reason) {
  json_t *json = limit_spec_to_json(spec);
  json_t *rest = json_pack("{s:n, s:n, s:n, s:i, s:s, s:o}", "value", "low", "high", "n", 0, "status", status, "reason",
                           text_of(reason));
  int bad = !json || !rest || json_object_update(json, rest);
  json_decref(rest);
  if (!bad) return json;
  json_decref(json);
  return NULL;
}
