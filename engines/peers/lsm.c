// SPDX-License-Identifier: MIT
// What the two LSM trees have in common.
#include "engines/peers/lsm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Both begin with the kind of error; the system's own error, if there is one, ends the text.
static int code_of(const char *text) {
  static const struct {
    const char *words;
    int code;
  } known[] = {{"No space left on device", -ENOSPC}, {"lock", -EWOULDBLOCK},
               {"Permission denied", -EACCES},       {"No such file", -ENOENT},
               {"does not exist", -ENOENT},          {"Corruption", -EBADMSG},
               {"Invalid argument", -EINVAL},        {"Not implemented", -EOPNOTSUPP}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strstr(text, known[i].words)) return known[i].code;
  return -EIO;
}

int lsm_status(char *text) {
  int code = text ? code_of(text) : 0;
  free(text);
  return code;
}

int lsm_open_status(char *text, const char *path, struct error *error) {
  if (!text) return 0;
  for (char *c = text; *c; c++)
    if (*c == '\n') *c = ' ';
  int code = error_set(error, code_of(text), "%s: %.300s", path, text);
  free(text);
  return code;
}

int lsm_earlier(struct op *const *ops, size_t index) {
  const struct op *op = ops[index];
  for (size_t i = index; i-- > 0;) {
    bool same = ops[i]->key_length == op->key_length && memcmp(ops[i]->key, op->key, op->key_length) == 0;
    if (same) return ops[i]->kind == OP_PUT;
  }
  return -1;
}
