// SPDX-License-Identifier: MIT
#include "tests/unit/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
  const json_t *root;
  char *why;
  size_t room;
  char path[1024];
};

static bool check_value(struct check *check, const json_t *schema, const json_t *value);

__attribute__((format(printf, 2, 3))) static bool wrong(struct check *check, const char *format, ...) {
  va_list arguments;
  int length = snprintf(check->why, check->room, "%s: ", *check->path ? check->path : "/");
  va_start(arguments, format);
  if (length > 0 && (size_t)length < check->room)
    vsnprintf(check->why + length, check->room - (size_t)length, format, arguments);
  va_end(arguments);
  return false;
}

static bool is_type(const char *type, const json_t *value) {
  switch (json_typeof(value)) {
    case JSON_OBJECT:
      return strcmp(type, "object") == 0;
    case JSON_ARRAY:
      return strcmp(type, "array") == 0;
    case JSON_STRING:
      return strcmp(type, "string") == 0;
    case JSON_INTEGER:
      return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_REAL:
      return strcmp(type, "number") == 0;
    case JSON_NULL:
      return strcmp(type, "null") == 0;
    default:
      return strcmp(type, "boolean") == 0;
  }
}

static bool check_type(struct check *check, const json_t *type, const json_t *value) {
  const json_t *one;
  size_t i;
  if (json_is_string(type))
    return is_type(json_string_value(type), value) || wrong(check, "not %s", json_string_value(type));
  json_array_foreach(type, i, one) {
    if (is_type(json_string_value(one), value)) return true;
  }
  return wrong(check, "of none of its types");
}

static bool check_enum(struct check *check, const json_t *words, const json_t *value) {
  const json_t *one;
  size_t i;
  json_array_foreach(words, i, one) {
    if (json_equal(one, value)) return true;
  }
  return wrong(check, "\"%s\" is not one of its words", json_is_string(value) ? json_string_value(value) : "?");
}

static bool check_required(struct check *check, const json_t *names, const json_t *value) {
  const json_t *name;
  size_t i;
  if (!json_is_object(value)) return true;
  json_array_foreach(names, i, name) {
    if (!json_object_get(value, json_string_value(name))) return wrong(check, "%s is missing", json_string_value(name));
  }
  return true;
}

static bool check_inside(struct check *check, const char *name, const json_t *schema, const json_t *value) {
  size_t length = strlen(check->path);
  snprintf(check->path + length, sizeof check->path - length, "/%s", name);
  bool well = check_value(check, schema, value);
  check->path[length] = '\0';
  return well;
}

static bool check_members(struct check *check, const json_t *schema, const json_t *value) {
  const json_t *properties = json_object_get(schema, "properties");
  const json_t *others = json_object_get(schema, "additionalProperties");
  const char *name;
  json_t *member;
  json_object_foreach((json_t *)value, name, member) {
    const json_t *property = json_object_get(properties, name);
    if (!property && json_is_false(others)) return wrong(check, "%s is not in the schema", name);
    if (!property) property = others;
    if (property && !check_inside(check, name, property, member)) return false;
  }
  return true;
}

static bool check_items(struct check *check, const json_t *items, const json_t *value) {
  const json_t *item;
  size_t i;
  json_array_foreach(value, i, item) {
    char name[24];
    snprintf(name, sizeof name, "%zu", i);
    if (!check_inside(check, name, items, item)) return false;
  }
  return true;
}

static bool check_reference(struct check *check, const char *reference, const json_t *value) {
  static const char prefix[] = "#/$defs/";
  const json_t *schema = NULL;
  if (strncmp(reference, prefix, strlen(prefix)) == 0)
    schema = json_object_get(json_object_get(check->root, "$defs"), reference + strlen(prefix));
  return schema ? check_value(check, schema, value) : wrong(check, "no such definition: %s", reference);
}

static bool check_keyword(struct check *check, const char *keyword, const json_t *schema, const json_t *value) {
  static const char *const others[] = {"properties", "additionalProperties", "$defs", "$schema", "$comment", "title"};
  const json_t *what = json_object_get(schema, keyword);
  if (strcmp(keyword, "type") == 0) return check_type(check, what, value);
  if (strcmp(keyword, "enum") == 0) return check_enum(check, what, value);
  if (strcmp(keyword, "const") == 0) return json_equal(what, value) || wrong(check, "not the constant");
  if (strcmp(keyword, "required") == 0) return check_required(check, what, value);
  if (strcmp(keyword, "items") == 0) return check_items(check, what, value);
  if (strcmp(keyword, "$ref") == 0) return check_reference(check, json_string_value(what), value);
  if (strcmp(keyword, "minimum") == 0)
    return !json_is_number(value) || json_number_value(value) >= json_number_value(what) ||
           wrong(check, "below its minimum");
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strcmp(keyword, others[i]) == 0) return true;  // check_members, or of no weight
  return wrong(check, "the validator does not know \"%s\"", keyword);
}

static bool check_value(struct check *check, const json_t *schema, const json_t *value) {
  const char *keyword;
  json_t *what;
  json_object_foreach((json_t *)schema, keyword, what) {
    if (!check_keyword(check, keyword, schema, value)) return false;
  }
  return check_members(check, schema, value);
}

bool schema_check(const json_t *schema, const json_t *value, char *why, size_t room) {
  struct check check = {.root = schema, .why = why, .room = room};
  return check_value(&check, schema, value);
}
