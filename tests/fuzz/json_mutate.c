// SPDX-License-Identifier: MIT
// Changes to JSON that leave it JSON.
#include "tests/fuzz/json_mutate.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct chance {
  uint64_t state;
};

static uint64_t draw(struct chance *chance, uint64_t below) {
  chance->state = chance->state * 6364136223846793005u + 1442695040888963407u;
  return (chance->state >> 33) % below;
}

static json_t *other_value(struct chance *chance) {
  static const char *const texts[] = {"",       ".",    "/",    "../x",       "ok",     "nan",
                                      "a\tb\n", "%s%n", "mmap", "throughput", "latency"};
  static const json_int_t integers[] = {0, 1, -1, 2, 64, INT64_MAX, INT64_MIN, UINT32_MAX};
  static const double reals[] = {0.0, -0.0, 1e308, -1e308, 5e-324, 0.5, 1e18};
  switch (draw(chance, 8)) {
    case 0:
      return json_null();
    case 1:
      return json_boolean(draw(chance, 2));
    case 2:
      return json_array();
    case 3:
      return json_object();
    case 4:
      return json_string(texts[draw(chance, sizeof texts / sizeof texts[0])]);
    case 5:
      return json_real(reals[draw(chance, sizeof reals / sizeof reals[0])]);
    default:
      return json_integer(integers[draw(chance, sizeof integers / sizeof integers[0])]);
  }
}

static void change_array(struct chance *chance, json_t *array) {
  size_t count = json_array_size(array), at = count ? draw(chance, count) : 0;
  switch (draw(chance, 4)) {
    case 0:
      json_array_append_new(array, other_value(chance));
      break;
    case 1:
      if (count) json_array_append_new(array, json_deep_copy(json_array_get(array, at)));
      break;
    case 2:
      if (count) json_array_remove(array, at);
      break;
    default:
      if (count) json_array_set_new(array, at, other_value(chance));
  }
}

static const char *draw_key(struct chance *chance, json_t *object) {
  size_t count = json_object_size(object), at = count ? draw(chance, count) : 0;
  for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i))
    if (at-- == 0) return json_object_iter_key(i);
  return NULL;
}

static void change_object(struct chance *chance, json_t *object) {
  const char *key = draw_key(chance, object), *other = draw_key(chance, object);
  if (!key) return;
  switch (draw(chance, 4)) {
    case 0:
      json_object_del(object, key);
      break;
    case 1:
      json_object_set_new(object, key, json_deep_copy(json_object_get(object, other)));
      break;
    default:
      json_object_set_new(object, key, other_value(chance));
  }
}

static json_t *draw_child(struct chance *chance, json_t *value) {
  if (json_is_object(value)) {
    const char *key = draw_key(chance, value);
    return key ? json_object_get(value, key) : NULL;
  }
  size_t count = json_array_size(value);
  return count ? json_array_get(value, draw(chance, count)) : NULL;
}

static void change_somewhere(struct chance *chance, json_t *value) {
  for (json_t *child; draw(chance, 5) && (child = draw_child(chance, value));) {
    if (!json_is_object(child) && !json_is_array(child)) break;
    value = child;
  }
  if (json_is_array(value)) change_array(chance, value);
  if (json_is_object(value)) change_object(chance, value);
}

// One line of several, or the whole text.
static void draw_part(struct chance *chance, const uint8_t *data, size_t size, size_t *start, size_t *length) {
  size_t lines = 1;
  *start = 0;
  *length = size;
  for (size_t i = 0; i + 1 < size; i++) lines += data[i] == '\n';
  if (size == 0 || data[0] != '{' || lines == 1 || memchr(data, '\n', size) == data + 1) return;
  for (uint64_t skip = draw(chance, lines); skip; skip--) {
    const uint8_t *end = memchr(data + *start, '\n', size - *start);
    *start = (size_t)(end - data) + 1;
  }
  const uint8_t *end = memchr(data + *start, '\n', size - *start);
  *length = end ? (size_t)(end - data) - *start : size - *start;
}

size_t json_mutate(uint8_t *data, size_t size, size_t room, unsigned seed) {
  struct chance chance = {seed};
  size_t start, length;
  draw_part(&chance, data, size, &start, &length);
  json_t *value = json_loadb((const char *)data + start, length, 0, NULL);
  if (!value) return size;
  change_somewhere(&chance, value);
  char *text = json_dumps(value, JSON_COMPACT);
  size_t made = text ? strlen(text) : 0;
  json_decref(value);
  if (text && size - length + made <= room) {
    memmove(data + start + made, data + start + length, size - start - length);
    for (size_t i = 0; i < made; i++) data[start + i] = (uint8_t)text[i];
    size = size - length + made;
  }
  free(text);
  return size;
}
