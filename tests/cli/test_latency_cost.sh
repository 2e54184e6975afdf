#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/latency-cost speaks the samples' language: it runs, says what it found, and leaves nothing behind.
set -euo pipefail

out=$("$STOREBENCH_SOURCE/scripts/latency-cost" 1 "$TEST_DIR")
[[ $out =~ ^a\ get\ takes\ [0-9.]+\ times\ as\ long\ \([0-9.]+\ to\ [0-9.]+,\ 1\ pairs\)\;\ [0-9]+\ ns\ without$ ]] || {
  printf 'it says: %s\n' "$out" >&2
  exit 1
}
[ -z "$(ls "$TEST_DIR")" ] || {
  printf 'it left behind: %s\n' "$(ls "$TEST_DIR")" >&2
  exit 1
}
if STOREBENCH=/bin/false "$STOREBENCH_SOURCE/scripts/latency-cost" 1 "$TEST_DIR" 2>/dev/null; then
  echo "a program that fails is not noticed" >&2
  exit 1
fi
