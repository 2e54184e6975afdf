#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every experiment that ships can be planned in every profile by its name, with a metric that is known and engines that are.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

names=$("$STOREBENCH" list experiments | awk '/^[a-z0-9]/ { print $1 }')
[[ $(wc -l <<<"$names") -ge 20 ]] || fail "only these: $names"
for name in $names; do
  for profile in quick standard full; do
    "$STOREBENCH" run "$name" --profile $profile --dry-run >plan 2>err || fail "$name, $profile: $(cat err)"
    grep -q "^$name  *[1-9][0-9]* cells" plan || fail "$name, $profile: $(cat plan)"
  done
done
