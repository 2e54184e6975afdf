#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each engine's stores through each engine's tools, under every sync policy: the same answers.
source "$(dirname "$0")/helpers.bash"
golden

for writer in $(engines); do
  for policy in none async every=3 interval=5ms always; do
    "$STOREBENCH" create a.store --engine "$writer" --sync $policy || exit 1
    for i in {1..7}; do "$STOREBENCH" put a.store "key$i" "value $i" --engine "$writer" --sync $policy || exit 1; done
    "$STOREBENCH" put a.store key3 'another value' --engine "$writer" --sync $policy || exit 1
    "$STOREBENCH" del a.store key5 --engine "$writer" --sync $policy || exit 1
    for reader in $(engines); do
      "$STOREBENCH" scan a.store --engine "$reader" | sort >"$reader.txt"
      [[ $("$STOREBENCH" get a.store key3 --engine "$reader") == 'another value' ]] || exit 1
      if "$STOREBENCH" get a.store key5 --engine "$reader" 2>/dev/null; then exit 1; fi
      cmp mmap.txt "$reader.txt" || { echo "$writer $policy: $reader sees something else"; exit 1; }
    done
    "$STOREBENCH" check a.store >/dev/null || exit 1
    rm a.store a.store.index
  done
done
cat mmap.txt
