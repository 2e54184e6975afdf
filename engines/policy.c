// SPDX-License-Identifier: MIT
// Sync policies as people write them: "none", "async", "every=64", "interval=10ms", "always".
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "engines/engine.h"

static const char *const policy_names[SYNC_KINDS] = {
    [SYNC_NONE] = "none",         [SYNC_ASYNC] = "async",   [SYNC_EVERY] = "every",
    [SYNC_INTERVAL] = "interval", [SYNC_ALWAYS] = "always",
};

static bool takes_amount(size_t kind) { return kind == SYNC_EVERY || kind == SYNC_INTERVAL; }

static int bad_amount(struct error *error, size_t kind, const char *text) {
  if (kind == SYNC_EVERY)
    return error_set(error, -EINVAL,
                     "bad sync policy \"%s\"; write a number of operations, at least 1, such as \"every=64\"", text);
  return error_set(error, -EINVAL, "bad sync policy \"%s\"; write milliseconds, at least 1, such as \"interval=10ms\"",
                   text);
}

// Reads "64" or "10ms" into *amount.
static int parse_amount(size_t kind, const char *text, uint64_t *amount) {
  char digits[32];
  size_t length = strlen(text);
  if (kind == SYNC_INTERVAL && length > 2 && strcmp(text + length - 2, "ms") == 0) length -= 2;
  if (length >= sizeof digits) return -EINVAL;
  memcpy(digits, text, length);
  digits[length] = '\0';
  int error = parse_count(digits, amount);
  if (error) return error;
  return *amount == 0 ? -ERANGE : 0;
}

// What stands behind the name of the policy that may have been meant: the amount that was given, if it can be one.
static const char *wanted_amount(const char *near, const char *given) {
  uint64_t amount;
  size_t kind = near == policy_names[SYNC_EVERY] ? SYNC_EVERY : SYNC_INTERVAL;
  if (near != policy_names[kind]) return "";
  if (*given && parse_amount(kind, given + 1, &amount) == 0) return given;
  return kind == SYNC_EVERY ? "=N" : "=MS";
}

static int unknown_policy(struct error *error, const char *text, size_t length) {
  char name[32];
  snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
  const char *near = nearest_word(name, policy_names, SYNC_KINDS);
  if (near)
    return error_set(error, -EINVAL, "unknown sync policy \"%s\"; did you mean \"%s%s\"?", text, near,
                     wanted_amount(near, text + length));
  return error_set(error, -EINVAL, "unknown sync policy \"%s\"; choose none, async, every=N, interval=MS or always",
                   text);
}

int sync_policy_parse(const char *text, struct sync_policy *policy, struct error *error) {
  size_t length = strcspn(text, "=");
  size_t kind = 0;
  while (kind < SYNC_KINDS && (strlen(policy_names[kind]) != length || memcmp(policy_names[kind], text, length) != 0))
    kind++;
  if (kind == SYNC_KINDS) return unknown_policy(error, text, length);

  uint64_t amount = 0;
  if (takes_amount(kind)) {
    if (text[length] == '\0' || parse_amount(kind, text + length + 1, &amount)) return bad_amount(error, kind, text);
  } else if (text[length] != '\0') {
    return error_set(error, -EINVAL, "bad sync policy \"%s\"; \"%s\" takes no amount", text, policy_names[kind]);
  }
  *policy = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = amount};
  return 0;
}

void sync_policy_format(const struct sync_policy *policy, char *text, size_t room) {
  const char *name = policy_names[policy->kind];
  if (takes_amount(policy->kind))
    snprintf(text, room, "%s=%" PRIu64 "%s", name, policy->amount, policy->kind == SYNC_INTERVAL ? "ms" : "");
  else
    snprintf(text, room, "%s", name);
}
